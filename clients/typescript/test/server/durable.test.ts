/** The official client of the Durable Streams protocol reads the same log: each event once, in order, over deaths of the server. */
import { type LiveMode, stream } from "@durable-streams/client";
import { afterAll, expect, test } from "vitest";
import { Quire } from "../harness/quire.js";
import { Relay } from "../harness/relay.js";
import { eventually, random } from "../harness/wait.js";
import type { Event } from "../../src/types.js";

const KILLS = Number(process.env.QUIRE_KILLS ?? 8);
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
const QUICK = { initialDelay: 10, maxDelay: 200, multiplier: 1.3 };

const quire = await Quire.start({ "live.heartbeat_ms": 150, "live.max_wait_secs": 1, "live.durable_stream_secs": 2 });
const relay = await Relay.to(quire.url);
afterAll(() => quire.stop());

/** Goes on from the offset that it was told last, whatever becomes of a connection. */
class Reader {
  seen: Event[] = [];
  offset = "-1";
  refused?: { status: number };
  #stop = new AbortController();
  #done: Promise<void>;

  constructor(private readonly path: string, private readonly live: LiveMode) {
    this.#done = this.#read();
  }

  async #read(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const answer = await stream<Event>({
          url: `${relay.url}/api/v1/streams/${this.path}`,
          offset: this.offset,
          live: this.live,
          signal: this.#stop.signal,
          backoffOptions: QUICK,
          sseResilience: { logWarnings: false },
          warnOnHttp: false,
        });
        answer.subscribeJson(({ items, offset }) => {
          this.seen.push(...items);
          this.offset = offset;
        });
        await answer.closed;
      } catch (error) {
        // A connection may break in the middle of an answer.
        const { status } = error as { status?: number };
        if (status === 410) return void (this.refused = { status });
      }
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

test(`over ${KILLS} deaths of the server, by long poll and by stream, of all batches and of one`, async () => {
  const { id } = await quire.submit({ items: 30, sealed: false });
  const all = (["long-poll", "sse"] as const).map((live) => new Reader("events", live));
  const one = (["long-poll", "sse"] as const).map((live) => new Reader(`batches/${id}`, live));
  const next = random(11);
  for (let kill = 0; kill < KILLS; kill++) {
    await quire.submit({ items: 1 + Math.floor(next() * 30) });
    await sleep(next() * 400);
    if (kill % 3 === 0) relay.cut();
    await quire.kill();
    await quire.restart();
    relay.turnTo(quire.url);
  }
  await quire.ask("DELETE", `/api/v1/batches/${id}`);
  const settled = async () => {
    const log = await quire.log();
    const { counts } = await quire.batch(id);
    return counts.running + counts.queued === 0 && all.every(({ seen }) => seen.length >= log.length);
  };
  await eventually(settled, 60);
  const log = await quire.log();
  for (const reader of all) expect(reader.seen).toEqual(log);
  const own = log.filter(({ batch }) => batch === id);
  for (const reader of one) await eventually(() => reader.seen.length >= own.length);
  for (const reader of one) expect(reader.seen).toEqual(own);
  console.log(`${log.length} events, ${own.length} of one batch`);
  await Promise.all([...all, ...one].map((reader) => reader.stop()));
});

test("an offset of another log is gone, and said to be", async () => {
  await quire.submit({ items: 1 });
  const known = new Reader("events", false);
  await eventually(() => known.seen.length > 0);
  const { offset } = known;
  await known.stop();
  await quire.kill();
  quire.forget();
  await quire.restart();
  relay.turnTo(quire.url);
  const answer = await fetch(`${quire.url}/api/v1/streams/events?offset=${offset}`);
  expect(answer.status).toBe(410);
  expect(await answer.json()).toMatchObject({ code: "offset_gone" });
});

test("what is no offset is refused by name", async () => {
  for (const [query, field] of [
    ["offset=7", "offset"],
    ["offset=-2", "offset"],
    ["offset=-1&live=push", "live"],
    ["offset=now&cursor=soon", "cursor"],
  ]) {
    const answer = await fetch(`${quire.url}/api/v1/streams/events?${query}`);
    expect(answer.status, query).toBe(422);
    expect(await answer.json(), query).toMatchObject({ errors: [{ field }] });
  }
});
