import { Backoff } from "./backoff.js";
import type { Client } from "./client.js";
import { QuireError, isPassing } from "./problem.js";
import { Ladder } from "./transport/ladder.js";
import type { Connection, Ended, Host, Transport } from "./transport/transport.js";
import type { ServerFrame } from "./types.js";
import { stopwatch } from "./wake.js";

/** Where a client hears from: its own connection, or another tab's. */
export interface Source {
  start(): void;
  stop(): void;
  /** The page may have slept: looks at the clock at once. */
  wake(): void;
  /** Resolves when nothing of what is wanted now is missed any more. */
  want(): Promise<void>;
  /** Whether somebody looks at the page. */
  attend(isSeen: boolean): void;
  /** All tabs close. */
  bye?(): void;
  /** In place of stop and start, after a refusal. */
  retry?(): void;
}

type Timer = "hello" | "again" | "beat" | "steady" | "climb" | "hidden" | "caught";

const VERSION = 1;
/** Heartbeats without which a connection is believed dead. */
const SILENT_BEATS = 2.5;

/** From this close code on, coming back would change nothing. */
const FINAL_CLOSE = 4500;
const FINAL: Record<number, [code: string, remedy: string]> = {
  4501: ["unauthorized", "The server does not know this key or ticket. Give `connect` another."],
  4502: ["forbidden", "The ticket was made for a page of another origin. Ask for it from this one."],
  4503: ["too_many_connections", "The owner has too many connections. Close some, or raise live.max_connections_per_owner."],
  4505: ["revoked", "The key was revoked. Ask the server's operator for another and give it to `connect`."],
};

/** *Link*: keeps one connection alive: which transport, when to come back, when to believe it dead, when to give up. */
export class Link implements Source {
  #ladder: Ladder;
  #backoff: Backoff;
  #connection?: Connection;
  /** One that may take the other's place, from a higher rung. */
  #candidate?: Connection;
  #waiting: (() => void)[] = [];
  #hasHello = false;
  #silence = stopwatch();
  #beatMs = 0;
  #latest = 0;
  #timers: Partial<Record<Timer, ReturnType<typeof setTimeout>>> = {};
  #isStopped = true;
  #isAsleep = false;

  constructor(
    private readonly client: Client,
    private readonly rungs: readonly Transport[],
    /** Is told of each frame before the client takes it. */
    private readonly overhear: (frame: ServerFrame, epoch: string) => void = () => {},
    private readonly wants: () => string[] = () => client.wants(),
  ) {
    const { timing } = client;
    const top = rungs.findIndex((rung) => rung.works(this.#host(0, () => {})));
    this.#ladder = new Ladder(rungs.length, Math.max(0, top));
    this.#backoff = new Backoff(timing.backoffMs, timing.backoffMaxMs);
    if (top < 0) this.#ladder.at = -1;
  }

  start(): void {
    this.#isStopped = false;
    if (this.#ladder.at < 0) {
      const detail = "This runtime has no WebSocket. Give `connect` one as `WebSocket`, or import the whole client.";
      return this.#refuse(new QuireError("no_transport", detail));
    }
    this.#open();
  }

  stop(): void {
    this.#isStopped = true;
    this.#close();
    for (const name of Object.keys(this.#timers)) this.#cancel(name as Timer);
  }

  wake(): void {
    if (this.#isStopped) return;
    if (this.#isAsleep || this.#timers.again) this.#open();
    else this.#listen();
  }

  want(): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push(done);
      if (this.#hasHello) this.#connection?.want();
    });
  }

  /** Nobody looks: after a while the connection is given back, until somebody does. */
  attend(isSeen: boolean): void {
    this.#cancel("hidden");
    if (isSeen) return this.wake();
    this.#after("hidden", this.client.timing.hiddenMs, () => {
      this.#isAsleep = true;
      this.#close();
      this.#cancel("again");
      this.client.connected({ state: "asleep" });
    });
  }

  #open(): void {
    this.#close();
    this.#cancel("again");
    this.#isAsleep = false;
    this.client.connected({ state: "connecting" });
    const { at } = this.#ladder;
    this.#connection = this.#begin(at, (how) => this.#ended(how));
    if (this.#rung(at).name !== "poll") this.#after("hello", this.client.timing.helloMs, () => this.#silent());
  }

  #rung(at: number): Transport {
    return this.rungs[at] as Transport;
  }

  #begin(at: number, ended: (how: Ended) => void): Connection {
    return this.#rung(at).open(this.#host(at, ended));
  }

  #host(at: number, ended: (how: Ended) => void): Host {
    const { client } = this;
    let epoch = "";
    return {
      http: client.http,
      WebSocket: client.WebSocket,
      waitSecs: client.timing.waitSecs,
      place: () => client.cursor,
      wants: () => this.wants(),
      heard: () => (this.#silence = stopwatch()),
      ended,
      wanted: (all) => this.#waiting.splice(0, all ? Infinity : 1).forEach((done) => done()),
      frame: (frame) => {
        if (frame.type === "hello") {
          if (!this.#welcome(frame, at)) return;
          epoch = frame.epoch;
        }
        this.overhear(frame, epoch);
        client.take(frame, epoch);
        if (frame.type !== "hello") this.#follow(frame);
      },
    };
  }

  /** Whether the server is one to listen to. */
  #welcome(hello: ServerFrame & { type: "hello" }, at: number): boolean {
    if (hello.v !== VERSION) {
      const detail = `The server speaks version ${hello.v}, this client version ${VERSION}. Update the older of the two.`;
      this.#refuse(new QuireError("unsupported_version", detail));
      return false;
    }
    if (this.#candidate) {
      this.#connection?.close();
      [this.#connection, this.#candidate] = [this.#candidate, undefined];
      this.#ladder.at = at;
    }
    const { timing } = this.client;
    this.#hasHello = true;
    this.#beatMs = hello.heartbeat_ms;
    this.#cancel("hello");
    this.#ladder.worked();
    this.client.http.admitted();
    this.#after("steady", timing.steadyMs, () => this.#backoff.reset());
    if (this.#ladder.isBelowTop) this.#after("climb", timing.climbMs, () => this.#climb());
    this.#listen();
    this.client.connected({ state: "catching-up", transport: this.#rung(at).name });
    this.#caughtUp((this.#latest = hello.latest));
    return true;
  }

  /** Live, once everything is here that was there at the hello; what filters leave out is not waited for. */
  #caughtUp(latest: number): void {
    const { upto, epoch } = this.client.cursor;
    if (epoch && upto >= latest) this.client.connected({ state: "live" });
    else this.#after("caught", 1000, () => this.#caughtUp(upto === this.client.cursor.upto ? 0 : latest));
  }

  #follow(frame: ServerFrame): void {
    if (this.client.connection.state !== "catching-up") return;
    if (frame.type === "heartbeat") this.#caughtUp(0);
    else if (frame.type === "events" || frame.type === "snapshot") this.#caughtUp(this.#latest);
  }

  /** By the clock: timers of a hidden page run once a minute, those of one that sleeps not at all. */
  #listen(): void {
    if (!this.#hasHello) return;
    const left = this.#beatMs * SILENT_BEATS - this.#silence();
    if (left <= 0) return this.#again();
    this.#after("beat", Math.min(left + 1, this.#beatMs), () => this.#listen());
  }

  #climb(from = 0): void {
    const { at } = this.#ladder;
    if (from >= at || !this.#hasHello) return this.#after("climb", this.client.timing.climbMs, () => this.#climb());
    const next = () => {
      this.#cancel("hello");
      this.#candidate?.close();
      this.#candidate = undefined;
      this.#climb(from + 1);
    };
    this.#candidate = this.#begin(from, next);
    this.#after("hello", this.client.timing.helloMs, next);
  }

  #silent(): void {
    this.#ladder.silent();
    this.#again();
  }

  #ended({ code, error }: Ended): void {
    const hadHello = this.#hasHello;
    if (error instanceof QuireError && !isPassing(error)) return void this.#refusedBy(error);
    if (code && code >= FINAL_CLOSE) {
      const [own, remedy] = FINAL[code] ?? ["bad_protocol", "Server and client do not understand each other. Update the older of the two."];
      return void this.#refusedBy(new QuireError(own, remedy, code === 4501 ? { status: 401 } : {}));
    }
    if (error) this.#ladder.unreachable();
    else if (!hadHello) this.#ladder.silent();
    this.#again((error as QuireError | undefined)?.retryAfter);
  }

  async #refusedBy(error: QuireError): Promise<void> {
    this.#close();
    const isAnother = error.status === 401 && (await this.client.http.renew().catch(() => false));
    if (this.#isStopped) return;
    if (isAnother) this.#again();
    else this.#refuse(error);
  }

  #refuse(error: QuireError): void {
    this.stop();
    this.client.connected({ state: "refused", error });
  }

  #again(leastSecs = 0): void {
    this.#close();
    this.client.connected({ state: "offline" });
    this.#after("again", Math.max(this.#backoff.delay(), leastSecs * 1000), () => this.#open());
  }

  #close(): void {
    this.#hasHello = false;
    this.#connection?.close();
    this.#candidate?.close();
    this.#connection = this.#candidate = undefined;
    for (const name of ["hello", "beat", "steady", "climb", "caught"] as const) this.#cancel(name);
  }

  #after(name: Timer, ms: number, act: () => void): void {
    this.#cancel(name);
    this.#timers[name] = setTimeout(() => {
      delete this.#timers[name];
      act();
    }, ms);
  }

  #cancel(name: Timer): void {
    clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }
}
