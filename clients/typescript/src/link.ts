import { backoff } from "./backoff.js";
import type { Client } from "./client.js";
import { QuireError, isPassing } from "./problem.js";
import type { Begin, Connection, Ended, Host, Rungs } from "./transport/transport.js";
import type { ServerFrame } from "./types.js";
import { isVisible, stopwatch } from "./wake.js";

/** Where a client hears from: its own connection, or another tab's. */
export interface Source {
  start(): void;
  stop(): void;
  /** The page may have slept, or is looked at no more: looks at the clock at once. */
  wake(): void;
  /** Resolves when nothing of what is wanted now is missed any more. */
  want(): Promise<void>;
  /** All tabs close. */
  bye?(): void;
}

type Timer = "hello" | "again" | "beat" | "caught";

const VERSION = 1;
/** Heartbeats without which a connection is believed dead. */
const SILENT_BEATS = 2.5;
/** From this close code on, coming back would change nothing. */
const FINAL_CLOSE = 4500;
const FINAL: Record<number, string> = {
  4501: "unauthorized",
  4502: "forbidden",
  4503: "too_many_connections",
  4505: "revoked",
};
const REMEDY = "Give `connect` another key or ticket, or close other connections.";
const UPDATE = "Update the client or the server: their versions differ.";

/** *Link*: keeps one connection alive: when to come back, when to believe it dead, when to give up. */
export class Link implements Source {
  #pause = backoff();
  #connection?: Connection;
  #waiting: (() => void)[] = [];
  /** Since the last hello, and since the last sign of life. */
  #hello?: () => number;
  #silence = stopwatch();
  /** Since nobody looks. */
  #unseen?: () => number;
  #beatMs = 0;
  #timers: Partial<Record<Timer, ReturnType<typeof setTimeout>>> = {};
  #isDown = true;

  constructor(
    private readonly client: Client,
    private readonly rungs: Rungs,
    /** Is told of each frame before the client takes it. */
    private readonly overhear?: (frame: ServerFrame, epoch: string) => void,
    private readonly wants = client.wants,
    private readonly isSeen = isVisible,
  ) {
    this.#rested();
  }

  start(): void {
    this.#isDown = false;
    this.#open();
  }

  stop(): void {
    this.#isDown = true;
    this.#close();
  }

  wake(): void {
    if (this.isSeen()) this.#unseen = undefined;
    else this.#unseen ??= stopwatch();
    if (this.#isDown) return;
    if (this.#hello) this.#listen();
    else if (!this.#connection) this.#open();
  }

  want(): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push(done);
      if (this.#hello) this.#connection!.want();
    });
  }

  #open(): void {
    this.#close();
    if (this.#isIdle()) return;
    this.client.connected({ state: "connecting" });
    this.#connection = this.#begin(this.rungs.now, (how) => this.#ended(how));
    this.#after("hello", this.client.timing.helloMs ?? 8000, () => this.#ended({}));
  }

  #begin: Begin = (rung, ended) => {
    const { client } = this;
    let epoch = "";
    const host: Host = {
      http: client.http,
      WebSocket: client.WebSocket,
      timing: client.timing,
      place: () => client.cursor,
      wants: this.wants,
      heard: () => (this.#silence = stopwatch()),
      ended,
      wanted: (all) => this.#waiting.splice(0, all ? Infinity : 1).forEach((done) => done()),
      frame: (frame) => {
        if (frame.type === "hello") {
          if (frame.v !== VERSION) return this.#refuse(new QuireError("unsupported_version", UPDATE));
          epoch = frame.epoch;
          // The rung above may have been tried beside the one that worked, and works again.
          if (connection !== this.#connection) this.#connection?.close();
          this.#connection = connection;
          this.#hello = stopwatch();
          this.#beatMs = frame.heartbeat_ms;
          clearTimeout(this.#timers.hello);
          this.rungs.worked(rung, this.#begin);
          this.#listen();
          client.connected({ state: "catching-up", transport: rung.name });
        }
        this.overhear?.(frame, epoch);
        client.take(frame, epoch);
        if (client.connection.state === "catching-up") this.#catchUp(client.latest);
      },
    };
    const connection = rung.open(host);
    return connection;
  };

  /** Live when all is here that there was, or when no more comes: what is not wanted is not sent. */
  #catchUp(latest: number): void {
    const { epoch, upto } = this.client.cursor;
    const live = () => this.client.connected({ state: "live" });
    if (epoch && upto >= latest) live();
    else this.#after("caught", 1000, live);
  }

  /** By the clock: timers of a hidden page run once a minute, those of one that sleeps not at all. */
  #listen(): void {
    if (this.#isIdle()) return;
    const left = this.#beatMs * SILENT_BEATS - this.#silence();
    if (left < 0) this.#again();
    else this.#after("beat", Math.min(left + 1, this.#beatMs), () => this.#listen());
  }

  /** Where nobody has looked for a while, the connection is given back until somebody does. */
  #isIdle(): boolean {
    if (!this.#unseen || this.#unseen() < (this.client.timing.hiddenMs ?? 300_000)) return false;
    this.#close();
    this.client.connected({ state: "asleep" });
    return true;
  }

  #ended({ code = 0, error }: Ended): void {
    if (code >= FINAL_CLOSE) {
      const own = FINAL[code];
      error = new QuireError(own ?? "bad_protocol", own ? REMEDY : UPDATE, { status: code === 4501 ? 401 : undefined });
    } else if (error) this.rungs.unreachable();
    else if (!this.#hello) this.rungs.silent();
    if (error instanceof QuireError && !isPassing(error as QuireError)) void this.#refused(error);
    else this.#again((error as QuireError)?.retryAfter);
  }

  async #refused(error: QuireError): Promise<void> {
    this.#close();
    const isAnother = error.status === 401 && (await this.client.http.renew());
    if (this.#isDown) return;
    if (isAnother) this.#again();
    else this.#refuse(error);
  }

  #refuse(error: QuireError): void {
    this.stop();
    this.client.connected({ state: "refused", error });
  }

  #again(leastSecs = 0): void {
    if (this.#hello && this.#hello() > (this.client.timing.steadyMs ?? 10_000)) this.#rested();
    this.#close();
    this.client.connected({ state: "offline" });
    this.#after("again", Math.max(this.#pause(), leastSecs * 1000), () => this.#open());
  }

  #rested(): void {
    const { backoffMs, backoffMaxMs } = this.client.timing;
    this.#pause = backoff(backoffMs, backoffMaxMs);
  }

  #close(): void {
    this.#connection?.close();
    this.#connection = this.#hello = undefined;
    this.rungs.rest();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
  }

  #after(name: Timer, ms: number, act: () => void): void {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(act, ms);
  }
}
