import { sleep } from "./backoff.js";
import { type Client, resetError } from "./client.js";
import { QuireError, isPassing } from "./problem.js";
import type { Event } from "./types.js";

export interface EventsWanted {
  /** Of one batch; of all without. */
  batch?: string;
  /** The last `seq` that is known, 0 for all there is; from now on without. */
  after?: number;
  /** Of the log that `after` is a place in; the present one's without. */
  epoch?: string;
  signal?: AbortSignal;
}

interface Chunk {
  /** Everything between these was looked at. */
  after: number;
  upto: number;
  events: Event[];
}

/** Events that wait for a reader that is busy; of more, the rest is read from the log when it comes to it. */
const MOST_HELD = 8192;
const PAGE = 1000;

/** *Tap*: what was heard live since its reader last looked. */
export class Tap {
  chunks: Chunk[] = [];
  /** What follows may not begin where the reader is. */
  isTorn = true;
  error?: QuireError;
  #held = 0;
  #wake: () => void = () => {};

  push(chunk: Chunk): void {
    this.#held += chunk.events.length;
    if (this.#held > MOST_HELD) return this.jump();
    this.chunks.push(chunk);
    this.wake();
  }

  shift(): Chunk | undefined {
    const chunk = this.chunks.shift();
    this.#held -= chunk?.events.length ?? 0;
    return chunk;
  }

  jump(): void {
    [this.chunks, this.#held, this.isTorn] = [[], 0, true];
    this.wake();
  }

  fail(error: QuireError): void {
    this.error = error;
    this.wake();
  }

  wake(): void {
    this.#wake();
  }

  more(): Promise<void> {
    return new Promise((done) => (this.#wake = done));
  }
}

/** Reads the log up to what is told live, goes on with that, and reads again wherever the two do not meet. */
export async function* events(client: Client, wanted: EventsWanted): AsyncGenerator<Event, void, void> {
  const { batch, signal } = wanted;
  const tap = client.tap();
  const want = client.want(batch ?? "*");
  let isTold = false;
  void want.ready.then(() => {
    isTold = true;
    tap.wake();
  });
  const abort = () => tap.wake();
  signal?.addEventListener("abort", abort);
  try {
    while (!client.cursor.epoch && !tap.error && !signal?.aborted) await tap.more();
    const { epoch = client.cursor.epoch } = wanted;
    let at = wanted.after ?? client.cursor.upto;
    // Only what comes after this is told without a gap; what came before is read.
    while (!isTold && !tap.error && !signal?.aborted) await tap.more();
    tap.jump();
    while (!signal?.aborted) {
      if (tap.error) throw tap.error;
      if (tap.isTorn) {
        tap.isTorn = false;
        for (;;) {
          const page = await pageOf(client, tap, { epoch, after: at, batch, signal });
          if (!page) break;
          if (page.reset) throw resetError(page.reset);
          for (const event of page.events) yield event;
          at = page.next_after;
          if (at >= page.latest) break;
        }
        continue;
      }
      const chunk = tap.shift();
      if (!chunk) await tap.more();
      else if (chunk.after > at) tap.jump();
      else {
        for (const event of chunk.events) if (event.seq > at && (!batch || event.batch === batch)) yield event;
        at = Math.max(at, chunk.upto);
      }
    }
  } finally {
    signal?.removeEventListener("abort", abort);
    want.free();
    client.untap(tap);
  }
}

/** As often as it takes: whether the server can be reached is told by the connection. */
async function pageOf(client: Client, tap: Tap, { signal, ...query }: EventsWanted & { epoch?: string }) {
  while (!signal?.aborted && !tap.error) {
    try {
      return await client.http.call("GET /api/v1/events", { query: { ...query, limit: PAGE }, signal });
    } catch (error) {
      if (signal?.aborted) return undefined;
      if (!isPassing(error)) throw error;
      await sleep(client.timing.backoffMs, signal);
    }
  }
  return undefined;
}
