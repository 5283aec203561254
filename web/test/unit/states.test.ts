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
  expect([states.length, states.rev]).toEqual([4, 7]);
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

test("what events alone do not tell asks for another read", () => {
  const states = of(3);
  for (const type of ["batch.retried", "batch.extended", "batch.cancelled"] as const) {
    expect(states.apply(event(type, undefined, 2))).toBe("more");
  }
  expect(states.apply(event("item.started", 4, 2))).toBe("more");
  expect(states.apply(event("batch.progress", undefined, 2))).toBe("applied");
});

test("over random histories the array is the fold of the events, and its counts are those of the array", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const next = random(seed);
    const count = 1 + Math.floor(next() * 40);
    const states = of(count);
    const model = new Map<number, [string, string?]>();
    for (let rev = 1; rev < 60; rev++) {
      const item = 1 + Math.floor(next() * count);
      const kind = Math.floor(next() * 3);
      const failure = HEAD.failures[Math.floor(next() * 3)]!;
      if (kind === 0) states.apply(event("item.started", item, rev + 1));
      if (kind === 1) states.apply(event("item.completed", item, rev + 1));
      if (kind === 2) states.apply(event("item.failed", item, rev + 1, failure));
      model.set(item, kind === 0 ? ["running"] : kind === 1 ? ["succeeded"] : ["failed", failure]);
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
  }
});
