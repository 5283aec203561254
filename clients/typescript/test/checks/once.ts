import { expect } from "vitest";
import type { Cursor } from "../../src/cursor.js";
import type { Event } from "../../src/types.js";
import { random } from "../harness/wait.js";

export const event = (seq: number, more: Partial<Event> = {}): Event => ({
  seq,
  type: "item.completed",
  at: "2026-01-01T00:00:00.000Z",
  batch: "b",
  correlation_id: "c",
  data: { rev: 1 },
  ...more,
});

/** Frames that overlap, come twice and come late, as over changing connections: each event is let through once. */
export function eachEventOnce(make: new () => Cursor): void {
  for (let seed = 0; seed < 300; seed++) {
    const next = random(seed);
    const [cursor, taken] = [new make(), [] as number[]];
    // What subscriptions leave out.
    const log = Array.from({ length: 60 }, (_, nth) => nth + 1).filter(() => next() < 0.8);
    let [sent, upto, wentBack] = [0, 0, false];
    while (sent < 60) {
      const from = Math.max(0, Math.min(sent, cursor.upto) - Math.floor(next() * 8));
      const to = Math.min(60, from + Math.floor(next() * 12));
      const events = log.filter((seq) => seq > from && seq <= to).map((seq) => event(seq));
      taken.push(...cursor.take(events, to).map(({ seq }) => seq));
      wentBack ||= cursor.upto < upto;
      upto = cursor.upto;
      sent = Math.max(sent, to);
    }
    expect(taken, `seed ${seed}`).toEqual(log);
    expect(wentBack, `seed ${seed}`).toBe(false);
  }
}
