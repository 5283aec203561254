/** Long lists: which rows are in sight, which are read, what is kept. */
import type { Item } from "quire-client";
import { expect, test, vi } from "vitest";
import { Rows } from "../../src/batch/rows.js";
import { scrollTo, spanOf } from "../../src/ui/span.js";

test("as many rows are drawn as are in sight and a few more, however long the list", () => {
  for (const count of [10, 1000, 100_000, 1_000_000, 10_000_000]) {
    for (const part of [0, 0.37, 1]) {
      const all = spanOf(count, 36, 0, 600);
      const span = spanOf(count, 36, part * Math.max(0, all.height - 600), 600);
      expect(span.last - span.first).toBeLessThanOrEqual(31);
      expect(span.height).toBeLessThanOrEqual(15_000_000);
    }
    const { height } = spanOf(count, 36, 0, 600);
    expect(spanOf(count, 36, height - 600, 600).last).toBe(count);
  }
});

test("a row that is scrolled to is in sight", () => {
  for (const count of [100, 1_000_000]) {
    for (const index of [0, 1, 50, count - 1]) {
      const top = scrollTo(index, count, 36, 0, 600);
      const span = spanOf(count, 36, top, 600);
      expect(span.first).toBeLessThanOrEqual(index);
      expect(span.last).toBeGreaterThan(index);
    }
  }
});

const item = (position: number) => ({ position }) as Item;

test("rows are read a window at a time, once, and again when touched", async () => {
  vi.useFakeTimers();
  const turn = () => vi.advanceTimersByTimeAsync(100);
  const asked: number[][] = [];
  const rows = new Rows(
    async (positions) => (asked.push([...positions]), positions.map(item)),
    () => {},
    () => {},
  );
  rows.want([1, 2, 3]);
  await turn();
  rows.want([2, 3, 4]);
  await turn();
  expect(asked).toEqual([[1, 2, 3], [4]]);
  rows.touch(3);
  await turn();
  rows.want([2, 3, 4]);
  await turn();
  expect(asked.at(-1)).toEqual([3]);
  rows.end();
  vi.useRealTimers();
});

test("of rows, two thousand are kept, those looked at last", () => {
  const rows = new Rows(
    async () => [],
    () => {},
    () => {},
  );
  rows.put(Array.from({ length: 3000 }, (_, nth) => item(nth + 1)));
  expect(rows.get(1000)).toBeUndefined();
  expect(rows.get(1001)?.position).toBe(1001);
});
