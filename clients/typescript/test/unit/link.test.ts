/** When a connection is opened, believed dead, left for another transport, and given up; on a clock of the test's own. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Client, type Options, connectWith } from "../../src/client.js";
import { QuireError } from "../../src/problem.js";
import { Ladder } from "../../src/transport/ladder.js";
import type { Host, Transport } from "../../src/transport/transport.js";
import type { ServerFrame } from "../../src/types.js";
import { answering } from "../harness/socket.js";
import { event } from "../checks/once.js";

interface Try {
  name: string;
  host: Host;
  isClosed: boolean;
}

let tries: Try[];
let client: Client;

const rung = (name: Transport["name"]): Transport => ({
  name,
  open(host) {
    const one = { name, host, isClosed: false };
    tries.push(one);
    return { close: () => void (one.isClosed = true), want: () => host.wanted(1) };
  },
});

let made = 0;
function start(options: Options = {}): void {
  const rungs = [rung("ws"), rung("sse"), rung("poll")];
  client = connectWith(
    { server: "http://link.test", owner: `${++made}`, fetch: answering(), ...options },
    { rungs: ({ timing }) => new Ladder(rungs, timing) },
  );
}

const last = () => tries.at(-1)!;
const names = () => tries.map(({ name }) => name).join(" ");
const hello = (more: Partial<ServerFrame & { type: "hello" }> = {}, to = last()) => {
  to.host.heard();
  to.host.frame({ type: "hello", v: 1, epoch: "e", session: "1", heartbeat_ms: 1000, latest: 0, ...more });
};
const snapshot = (as_of_seq = 0) => last().host.frame({ type: "snapshot", as_of_seq, batches: [], more: false, complete: true });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  tries = [];
});
afterEach(() => {
  client.end();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a socket that twice brings no hello is left for the stream, and a stream without a byte for the poll", () => {
  start();
  vi.advanceTimersByTime(8000);
  expect(client.connection.state).toBe("offline");
  vi.advanceTimersByTime(125 + 8000 + 250);
  expect(names()).toBe("ws ws sse");
  vi.advanceTimersByTime(8000 + 500);
  expect(names()).toBe("ws ws sse poll");
  // Nor does that answer: so there is nobody.
  vi.advanceTimersByTime(8000 + 1000);
  expect(names()).toBe("ws ws sse poll ws");
  while (last().name !== "poll") vi.advanceTimersByTime(100);
  expect(tries.slice(0, 3).every(({ isClosed }) => isClosed)).toBe(true);
  hello();
  snapshot();
  expect(client.connection).toMatchObject({ state: "live", transport: "poll" });
});

test("a server that cannot be reached says nothing about the transports", () => {
  start();
  for (let nth = 0; nth < 6; nth++) {
    const count = tries.length;
    last().host.ended({ error: new QuireError("unreachable", "") });
    while (tries.length === count) vi.advanceTimersByTime(1);
  }
  expect(names()).toBe("ws ws ws ws ws ws ws");
});

test("from a lower rung the upper ones are tried beside it, and taken when they work", () => {
  start();
  for (const _ of "123") vi.advanceTimersByTime(8500);
  expect(last().name).toBe("poll");
  hello({ heartbeat_ms: 1e6 });
  snapshot();
  const poll = last();
  vi.advanceTimersByTime(300_000);
  expect(last().name).toBe("ws");
  expect(poll.isClosed).toBe(false);
  vi.advanceTimersByTime(8000);
  expect(last().name).toBe("sse");
  expect(client.connection.transport).toBe("poll");
  hello();
  expect(poll.isClosed).toBe(true);
  expect(client.connection.transport).toBe("sse");
  // It is the connection now: its end is an outage.
  snapshot();
  expect(client.connection.state).toBe("live");
  last().host.ended({});
  expect(client.connection.state).toBe("offline");
});

test("pauses between tries double up to half a minute, and begin anew after ten good seconds", () => {
  start();
  const pauses: number[] = [];
  for (let nth = 0; nth < 10; nth++) {
    const [count, from] = [tries.length, Date.now()];
    last().host.ended({ error: new QuireError("unreachable", "") });
    while (tries.length === count) vi.advanceTimersByTime(1);
    pauses.push(Date.now() - from);
  }
  expect(pauses).toEqual([125, 250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  hello();
  snapshot();
  vi.advanceTimersByTime(2000);
  last().host.ended({ code: 1006 });
  vi.advanceTimersByTime(14_000);
  expect(client.connection.state).toBe("offline");
  vi.advanceTimersByTime(1000);
  hello({ heartbeat_ms: 1e6 });
  vi.advanceTimersByTime(10_001);
  const count = tries.length;
  last().host.ended({ code: 1006 });
  vi.advanceTimersByTime(125);
  expect(tries.length).toBe(count + 1);
});

test("what is silent for two and a half heartbeats is dead, by the clock and at once on waking", () => {
  start();
  hello();
  snapshot();
  vi.advanceTimersByTime(2400);
  last().host.heard();
  vi.advanceTimersByTime(2400);
  expect(client.connection.state).toBe("live");
  vi.advanceTimersByTime(101);
  expect(client.connection.state).toBe("offline");
  vi.advanceTimersByTime(125);
  hello();
  // The machine sleeps: no timer runs, one clock goes on.
  vi.setSystemTime(Date.now() + 3_600_000);
  (client as unknown as { source: { wake(): void } }).source.wake();
  expect(client.connection.state).toBe("offline");
});

test("a clock that is put back is no silence, and none that never ends", () => {
  start();
  hello();
  snapshot();
  vi.setSystemTime(Date.now() - 86_400_000);
  vi.advanceTimersByTime(2000);
  expect(client.connection.state).toBe("live");
  vi.advanceTimersByTime(501);
  expect(client.connection.state).toBe("offline");
});

test("an outage is one outage, however many tries it takes", () => {
  start();
  hello();
  snapshot();
  const states: string[] = [];
  client.subscribe([], () => states.push(client.connection.state));
  const { since } = client.connection;
  vi.advanceTimersByTime(1000);
  last().host.ended({ code: 1006 });
  const outage = client.connection.since;
  expect(outage).toBe(since + 1000);
  for (let nth = 0; nth < 5; nth++) {
    vi.advanceTimersByTime(15_000);
    last().host.ended({ error: new QuireError("unreachable", "") });
  }
  expect(client.connection).toMatchObject({ state: "offline", since: outage });
});

test("a close code below 4500 comes back, one from there on is the end, with a reason", async () => {
  start();
  for (const code of [1006, 4000, 4001, 4002, 4003, 4004]) {
    hello();
    last().host.ended({ code, reason: "x" });
    expect(client.connection.state).toBe("offline");
    vi.advanceTimersByTime(30_000);
  }
  const count = tries.length;
  last().host.ended({ code: 4505, reason: "revoked" });
  await vi.advanceTimersByTimeAsync(600_000);
  expect(client.connection).toMatchObject({ state: "refused", error: { code: "key_revoked" } });
  expect(client.connection.error?.detail).toContain("Give `connect` another key");
  expect(tries.length).toBe(count);
  client.retry();
  expect(tries.length).toBe(count + 1);
  hello();
  snapshot();
  expect(client.connection.state).toBe("live");
  expect(client.connection.error).toBeUndefined();
});

test("a key that is refused is asked for again, once: the same one is no other", async () => {
  const key = vi.fn(() => "qk_another");
  start({ auth: { key } });
  last().host.ended({ code: 4501, reason: "unauthorized" });
  await vi.advanceTimersByTimeAsync(1000);
  expect(key).toHaveBeenCalledTimes(1);
  expect(tries.length).toBe(2);
  last().host.ended({ code: 4501, reason: "unauthorized" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(key).toHaveBeenCalledTimes(2);
  expect(tries.length).toBe(2);
  expect(client.connection).toMatchObject({ state: "refused", error: { code: "unauthorized" } });
});

test("a version that is not known is the end, and says so", () => {
  start();
  hello({ v: 2 });
  expect(client.connection).toMatchObject({ state: "refused", error: { code: "unsupported_version" } });
  expect(last().isClosed).toBe(true);
});

test("what a server asks to wait is waited", () => {
  start();
  last().host.ended({ error: new QuireError("busy", "", { status: 429, retryAfter: 5 }) });
  vi.advanceTimersByTime(4999);
  expect(tries.length).toBe(1);
  vi.advanceTimersByTime(2);
  expect(tries.length).toBe(2);
});

test("a reset clears what is known before the snapshot comes; half a snapshot is no place", () => {
  start();
  hello({ latest: 5 });
  last().host.frame({ type: "events", upto: 5, events: [] });
  const batch = { batch: "b", rev: 9, status: "running", generation: 1, counts: {} } as never;
  last().host.frame({ type: "snapshot", as_of_seq: 5, batches: [batch], more: false, complete: true });
  expect(client.store.batches.size).toBe(1);
  hello({ epoch: "f", latest: 3 });
  last().host.frame({ type: "reset", reason: "other_epoch" });
  expect(client.store.batches.size).toBe(0);
  last().host.frame({ type: "snapshot", as_of_seq: 3, batches: [], more: true, complete: false });
  expect(client.cursor.epoch).toBeUndefined();
  last().host.frame({ type: "snapshot", as_of_seq: 3, batches: [batch], more: false, complete: true });
  expect(client.cursor).toMatchObject({ epoch: "f", upto: 3 });
});

test("a snapshot does not say that what came before it was told", () => {
  start();
  hello();
  const pushed: number[][] = [];
  client.observe({ push: ({ after, upto }) => pushed.push([after, upto]), tear: () => pushed.push([]), fail: () => {} });
  snapshot(7);
  last().host.frame({ type: "events", upto: 9, events: [event(8)] });
  expect(pushed).toEqual([[], [7, 7], [7, 9]]);
});

test("who reads events hears of a reset, and why: nothing is passed over in silence", async () => {
  vi.useRealTimers();
  for (const reason of ["too_old", "ahead", "other_epoch"] as const) {
    start();
    hello();
    snapshot();
    const next = client.events().next();
    const heard = expect(next).rejects.toMatchObject({ code: "log_reset", reason, detail: expect.stringContaining("Begin anew") });
    last().host.frame({ type: "reset", reason });
    await heard;
    client.end();
  }
});

test("unknown types and fields of events are kept and passed on", async () => {
  vi.useRealTimers();
  const all = [event(1, { type: "batch.blessed" as never, ...({ by: "whom" } as object) })];
  start({
    fetch: answering((url) => {
      const after = Number(url.searchParams.get("after"));
      return new Response(JSON.stringify({ epoch: "e", events: all.filter(({ seq }) => seq > after), latest: 1, next_after: 1 }));
    }),
  });
  hello();
  snapshot();
  const reading = client.events({ after: 0 });
  expect((await reading.next()).value).toEqual(all[0]);
  const next = reading.next();
  await new Promise((done) => setTimeout(done, 50));
  const live = event(2, { type: "item.praised" as never, data: { stars: 5 } as never });
  last().host.frame({ type: "events", upto: 2, events: [live] });
  last().host.frame({ type: "wonders" } as never);
  expect((await next).value).toEqual(live);
  await reading.return();
});
