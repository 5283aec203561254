import type { Event } from "quire-client";
import { expect, test } from "vitest";
import { ago, bytes, count, duration, eta, percent, visible } from "../../src/format.js";
import { quantile, tell } from "../../src/history.js";

test("numbers are as people read them", () => {
  expect([count(1234567), bytes(0), bytes(1500), bytes(25_000_000)]).toEqual(["1,234,567", "0 B", "1.5 KB", "25 MB"]);
  expect([0, 0.25, 1.5, 900, 4100, 61_000, 3_700_000].map(duration)).toEqual([
    "0 ms",
    "250 µs",
    "1.5 ms",
    "900 ms",
    "4.1 s",
    "1 min 1 s",
    "1 h 1 min",
  ]);
  expect([3, 42, 100, 7200].map(eta)).toEqual(["a few seconds", "about 45 s", "1–2 min", "2–3 h"]);
});

test("nothing is all done, or not begun, that is not", () => {
  expect([0, 0.00001, 0.5, 0.99999, 1].map(percent)).toEqual(["0 %", "0.1 %", "50 %", "99.9 %", "100 %"]);
});

test("a NUL is seen", () => {
  expect(visible("a\u0000b\nc")).toBe("a\u2400b\u240ac");
});

test("ages are rounded down", () => {
  expect([1, 59, 61, 7300].map((s) => ago(0, s * 1000))).toEqual(["just now", "59 s ago", "1 min ago", "2 h ago"]);
});

test("the log tells throughput and failures", () => {
  const at = (s: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, s)).toISOString();
  const event = (type: string, s: number, failure?: string) =>
    ({ type, at: at(s), data: { failure } }) as unknown as Event;
  const told = tell([
    event("item.started", 0),
    event("item.completed", 1),
    event("item.failed", 1, "damaged"),
    event("item.completed", 31),
  ])!;
  expect(told.buckets.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, 0)).toBe(told.ended);
  expect(told.failures).toEqual([["damaged", 1]]);
  expect(tell([])).toBeUndefined();
});

test("quantiles are by nearest rank", () => {
  expect([0.5, 0.99, 1].map((part) => quantile([1, 2, 3, 4], part))).toEqual([2, 4, 4]);
  expect(quantile([], 0.5)).toBeUndefined();
});
