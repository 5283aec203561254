/** What is wanted in the middle of things is told from there on, and what came before is read: no event falls between. */
import { afterAll, expect, test } from "vitest";
import WebSocket from "ws";
import { connect } from "../../src/index.js";
import { QUICK } from "../harness/follower.js";
import { Quire } from "../harness/quire.js";
import { eventually, random } from "../harness/wait.js";

const quire = await Quire.start({ "live.heartbeat_ms": 300 });
afterAll(() => quire.stop());
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

test.each(["ws", "sse"])("readers of one batch's items that begin and leave in the middle of it, by %s", async (by) => {
  const q = connect({ server: quire.url, owner: by, WebSocket: by === "ws" ? WebSocket : (null as never), timing: QUICK });
  await eventually(() => q.connection.state === "live" && q.connection.transport === by);
  const next = random(11);
  const scripts = Object.fromEntries(Array.from({ length: 60 }, (_, nth) => [nth + 1, { sleep: 10 }]));
  const batches = await Promise.all([1, 2, 3].map(() => quire.submit({ items: 60, scripts })));
  const readers = Array.from({ length: 30 }, async (_, nth) => {
    await sleep(next() * 500);
    const { id } = batches[nth % 3]!;
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const event of q.events({ batch: id, after: 0, signal: stop.signal })) {
      seen.push(event.seq);
      // Some leave early, and their subscription with them.
      if (event.type === "batch.completed" || (nth % 5 === 4 && seen.length > 40)) break;
    }
    return { id, seen };
  });
  for (const { id, seen } of await Promise.all(readers)) {
    const log = (await quire.log()).filter(({ batch }) => batch === id).map(({ seq }) => seq);
    expect(seen).toEqual(log.slice(0, seen.length));
  }
  expect(q.connection.error).toBeUndefined();
  q.end();
});

test("more batches than a server lets one subscribe to", async () => {
  const q = connect({ server: quire.url, owner: "many", WebSocket, timing: QUICK });
  const batches = await Promise.all(Array.from({ length: 80 }, () => quire.submit({ items: 2 })));
  const readers = batches.map(async ({ id }) => {
    const seen: string[] = [];
    for await (const { type } of q.events({ batch: id, after: 0 })) {
      seen.push(type);
      if (type === "batch.completed") return seen;
    }
    return [];
  });
  for (const seen of await Promise.all(readers)) expect(seen.filter((type) => type === "item.completed").length).toBe(2);
  expect(q.connection.state).toBe("live");
  q.end();
});
