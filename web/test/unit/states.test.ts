/** The array of states is what a plain record of the same events says, whatever their order against the read. */
import type { Event } from "quire-client";
import { expect, test } from "vitest";
import { ItemStates } from "../../src/batch/states.js";

const HEAD = {
  states: ["queued", "running", "retry_wait", "succeeded", "failed", "cancelled", "expired", "skipped"],
  failures: ["not_a_pdf", "damaged", "needs_password"],
};
const of = (count: number, rev = 1) => new ItemStates(new Uint8Array(count * 2), { ...HEAD, rev });

let seq = 0;
const event = (type: Event["type"], item: number | undefined, rev: number, failure?: string) =>
  ({ seq: ++seq, type, item, batch: "b", at: "", correlation_id: "c", data: { rev, failure } }) as unknown as Event;

/** Mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("a read is taken apart: states, failures, counts", () => {
  const states = new ItemStates(Uint8Array.from([3, 0, 4, 2, 0, 0, 4, 3]), { ...HEAD, rev: 7 });
  expect([states.length, states.head.rev]).toEqual([4, 7]);
  expect([1, 2, 3, 4].map((position) => states.state(position))).toEqual(["succeeded", "failed", "queued", "failed"]);
  expect([1, 2, 4].map((position) => states.failure(position))).toEqual([undefined, "damaged", "needs_password"]);
  expect([states.count("failed"), states.count("queued"), states.count("running")]).toEqual([2, 1, 0]);
});

test("what is not newer than the read changes nothing", () => {
  const states = of(3, 10);
  expect(states.apply(event("item.completed", 1, 10))).toBe("old");
  expect(states.state(1)).toBe("queued");
  expect(states.apply(event("item.completed", 1, 11))).toBe("applied");
  expect(states.state(1)).toBe("succeeded");
});

test("only more items, and what this page does not know, ask for another read", () => {
  const states = of(3);
  for (const type of ["batch.retried", "batch.paused", "batch.progress", "batch.cancelled", "batch.completed"] as const) {
    expect(states.apply(event(type, undefined, 2))).toBe("applied");
  }
  expect(states.apply(event("batch.extended", undefined, 2))).toBe("more");
  expect(states.apply(event("item.started", 4, 2))).toBe("more");
  expect(states.apply(event("item.forgotten" as never, 1, 2))).toBe("more");
  expect([states.count("queued"), states.state(1)]).toEqual([3, "queued"]);
});

test("an item keeps what it failed of until an event says otherwise", () => {
  const states = of(1);
  const after = (type: Event["type"], failure?: string) => {
    states.apply(event(type, 1, 2, failure));
    return [states.state(1), states.failure(1)];
  };
  expect(after("item.started")).toEqual(["running", undefined]);
  expect(after("item.retry_scheduled", "damaged")).toEqual(["retry_wait", "damaged"]);
  expect(after("item.requeued", "damaged")).toEqual(["queued", "damaged"]);
  expect(after("item.started")).toEqual(["running", "damaged"]);
  expect(after("item.cancelled", "damaged")).toEqual(["cancelled", "damaged"]);
  expect(after("item.requeued")).toEqual(["queued", undefined]);
});

test("failed items are tallied by their code, and the first of each is named", () => {
  const states = new ItemStates(Uint8Array.from([4, 2, 4, 1, 2, 1, 4, 2, 3, 0]), { ...HEAD, rev: 1 });
  expect(states.tallies()).toEqual([
    { code: "damaged", count: 2, first: 1 },
    { code: "not_a_pdf", count: 1, first: 2 },
  ]);
  expect(of(2).tallies()).toEqual([]);
});

/** Each kind of event, and the state that it leaves. */
const KINDS: readonly [Event["type"], string][] = [
  ["item.started", "running"],
  ["item.completed", "succeeded"],
  ["item.failed", "failed"],
  ["item.retry_scheduled", "retry_wait"],
  ["item.requeued", "queued"],
  ["item.cancelled", "cancelled"],
  ["item.expired", "expired"],
  ["item.skipped", "skipped"],
];

test("over random histories the array is the fold of the events, and its counts are those of the array", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const next = random(seed);
    const count = 1 + Math.floor(next() * 40);
    const states = of(count);
    const model = new Map<number, [string, string?]>();
    for (let rev = 2; rev < 120; rev++) {
      const item = 1 + Math.floor(next() * count);
      const [type, state] = KINDS[Math.floor(next() * KINDS.length)]!;
      const failure = [undefined, ...HEAD.failures][Math.floor(next() * 4)];
      const isStart = type === "item.started";
      states.apply(event(type, item, rev, isStart ? undefined : failure));
      model.set(item, [state, isStart ? model.get(item)?.[1] : failure]);
    }
    const all = Array.from({ length: count }, (_, nth) => nth + 1);
    for (const position of all) {
      const [state, failure] = model.get(position) ?? ["queued"];
      expect([states.state(position), states.failure(position)]).toEqual([state, failure]);
    }
    for (const state of HEAD.states) {
      const kept = all.filter((position) => states.state(position) === state);
      expect(states.count(state as never)).toBe(kept.length);
      expect([...states.positions(state as never)]).toEqual(kept);
    }
    expect([...states.positions(undefined, "damaged")]).toEqual(
      all.filter((position) => states.failure(position) === "damaged"),
    );
    expect([...states.positions("failed", "no such code")]).toEqual([]);
  }
});
