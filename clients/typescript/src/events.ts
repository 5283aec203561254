import { either } from "./backoff.js";
import { type Chunk, type Client, resetError } from "./client.js";
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

/** What waits for a reader that is busy; of more, the rest is read from the log when it comes to it. */
const MOST_HELD = 1000;

/** Reads the log up to what is told live, goes on with that, and reads again wherever the two do not meet. */
export async function* events(
  client: Client,
  { batch, signal, ...from }: EventsWanted,
): AsyncGenerator<Event, void, void> {
  const end = new AbortController();
  const stop = either(end.signal, signal);
  let held: Chunk[] = [];
  let isTorn = false;
  let wake = () => {};
  const tear = () => {
    held = [];
    isTorn = true;
    wake();
  };
  const push = (chunk: Chunk) => {
    if (chunk.upto > chunk.after && held.push(chunk) > MOST_HELD) tear();
    else wake();
  };
  const until = async (ready: () => unknown) => {
    while (!stop.aborted && !ready()) await new Promise<void>((done) => (wake = done));
  };
  stop.addEventListener("abort", () => wake());
  const leave = client.observe({ push, tear, fail: (error) => end.abort(error) });
  const want = client.want(batch ?? "*");
  void want.ready.then(tear);
  try {
    await until(() => client.cursor.epoch);
    let { epoch = client.cursor.epoch, after = client.cursor.upto } = from;
    // Only what comes after the server knows the want is told without a gap; what came before is read.
    await until(() => isTorn);
    while (!stop.aborted) {
      if (isTorn) {
        isTorn = false;
        for (let latest = Infinity; after < latest; ) {
          const query = { epoch, after, batch, limit: 1000 };
          const page = await client.http.call("GET /api/v1/events", { query, signal: stop, repeats: Infinity });
          if (page.reset) {
            // Who begins anew is to find a client that has heard of it, too.
            if (page.reset === "other_epoch") await until(() => client.cursor.epoch !== epoch);
            throw resetError(page.reset);
          }
          yield* page.events;
          after = page.next_after;
          latest = page.latest;
        }
      }
      const chunk = held.shift();
      if (!chunk) await until(() => isTorn || held[0]);
      else if (chunk.after > after) tear();
      else {
        for (const event of chunk.events) if (event.seq > after && (!batch || event.batch === batch)) yield event;
        after = Math.max(after, chunk.upto);
      }
    }
    end.signal.throwIfAborted();
  } catch (error) {
    // To stop listening is no fault, to be refused or closed is one.
    if (!signal?.aborted) throw end.signal.reason ?? error;
  } finally {
    want.free();
    leave();
  }
}
