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
/** But for these, if there is another key. */
const OTHER_KEY = [4501, 4505];
const REMEDY = "Give `connect` another key or ticket, close other connections, or update this client.";

/**
 * *Link*: keeps one connection alive: when to come back, when to believe it dead, when to give up. `overhear` is told of
 * each frame before the client takes it.
 */
export function makeLink(
  client: Client,
  rungs: Rungs,
  overhear?: (frame: ServerFrame, epoch: string) => void,
  wants = client.wants,
  isSeen = isVisible,
): Source {
  const { http, cursor, timing } = client;
  const { helloMs = 8000, hiddenMs = 300_000, steadyMs = 10_000, backoffMs, backoffMaxMs } = timing;
  const timers: Partial<Record<Timer, ReturnType<typeof setTimeout>>> = {};
  const waiting: (() => void)[] = [];
  let pause = backoff(backoffMs, backoffMaxMs);
  let connection: Connection | undefined;
  /** Since the last hello, the last sign of life, and the last look of anybody. */
  let hello: (() => number) | undefined;
  let silence = stopwatch();
  let unseen: (() => number) | undefined;
  let beatMs = 0;
  let latest = 0;
  let isDown = true;

  function start(): void {
    isDown = false;
    open();
  }

  function stop(): void {
    isDown = true;
    close();
  }

  function wake(): void {
    if (isSeen()) unseen = undefined;
    else unseen ??= stopwatch();
    if (isDown) return;
    if (hello) listen();
    else if (!connection) open();
  }

  function want(): Promise<void> {
    return new Promise((done) => {
      waiting.push(done);
      if (hello) connection!.want();
    });
  }

  function open(): void {
    close();
    if (isIdle()) return;
    client.connected({ state: "connecting" });
    connection = begin(rungs.now, ended);
    after("hello", helloMs, () => ended({}));
  }

  const begin: Begin = (rung, failed) => {
    let epoch = "";
    const host: Host = {
      http,
      WebSocket: client.WebSocket,
      timing,
      place: () => cursor,
      wants,
      heard: () => (silence = stopwatch()),
      // What began beside another one may have taken its place.
      ended: (how) => (own === connection ? ended : failed)(how),
      wanted: (count) => waiting.splice(0, count).forEach((done) => done()),
      frame: (frame) => {
        if (frame.type === "hello") {
          if (frame.v !== VERSION) return refuse(new QuireError("unsupported_version", "Update this client or the server."));
          // The rung above may have been tried beside the one that worked, and works again.
          if (own !== connection) connection?.close();
          connection = own;
          ({ epoch, latest, heartbeat_ms: beatMs } = frame);
          hello = stopwatch();
          clearTimeout(timers.hello);
          rungs.worked(rung, begin);
          listen();
          client.connected({ state: "catching-up", transport: rung.name });
        }
        overhear?.(frame, epoch);
        client.take(frame, epoch);
        if (client.connection.state === "catching-up") catchUp();
      },
    };
    const own = rung.open(host);
    return own;
  };

  /** Live when all is here that there was, or when no more comes: what is not wanted is not sent. */
  function catchUp(): void {
    const live = () => client.connected({ state: "live" });
    if (cursor.epoch && cursor.upto >= latest) live();
    else after("caught", 1000, live);
  }

  /** By the clock: timers of a hidden page run once a minute, those of one that sleeps not at all. */
  function listen(): void {
    if (isIdle()) return;
    const left = beatMs * SILENT_BEATS - silence();
    if (left < 0) again();
    else after("beat", Math.min(left + 1, beatMs), listen);
  }

  /** Where nobody has looked for a while, the connection is given back until somebody does. */
  function isIdle(): boolean {
    if (!unseen || unseen() < hiddenMs) return false;
    close();
    client.connected({ state: "asleep" });
    return true;
  }

  function ended({ code = 0, reason, error }: Ended): void {
    if (code >= FINAL_CLOSE) {
      // As an answer over HTTP would call it.
      const own = reason!.replace("revoked", "key_revoked").replace(/ /g, "_");
      error = new QuireError(own, REMEDY, { status: OTHER_KEY.includes(code) ? 401 : undefined });
    } else if (error) rungs.unreachable();
    else if (!hello) rungs.silent();
    if (error instanceof QuireError && !isPassing(error)) void refused(error);
    else again((error as QuireError)?.retryAfter);
  }

  async function refused(error: QuireError): Promise<void> {
    close();
    const isAnother = error.status === 401 && (await http.renew());
    if (isDown) return;
    if (isAnother) again();
    else refuse(error);
  }

  function refuse(error: QuireError): void {
    stop();
    client.connected({ state: "refused", error });
  }

  function again(leastSecs = 0): void {
    if (hello && hello() > steadyMs) pause = backoff(backoffMs, backoffMaxMs);
    close();
    client.connected({ state: "offline" });
    after("again", Math.max(pause(), leastSecs * 1000), open);
  }

  function close(): void {
    connection?.close();
    connection = hello = undefined;
    rungs.rest();
    Object.values(timers).forEach(clearTimeout);
  }

  function after(name: Timer, ms: number, act: () => void): void {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(act, ms);
  }

  return { start, stop, wake, want };
}
