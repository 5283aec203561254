/** *History*: what the newest part of the log tells of throughput and failures. Pure. */
import type { Event } from "quire-client";

export interface Bucket {
  at: number;
  succeeded: number;
  failed: number;
}

export interface Told {
  from: number;
  to: number;
  stepMs: number;
  buckets: Bucket[];
  failures: [code: string, count: number][];
  ended: number;
}

const BUCKETS = 48;
const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400].map((s) => s * 1000);

export function tell(events: readonly Event[]): Told | undefined {
  const ends: { at: number; isFailed: boolean }[] = [];
  const failures = new Map<string, number>();
  for (const { type, at, data } of events) {
    const time = Date.parse(at);
    if (type !== "item.completed" && type !== "item.failed") continue;
    ends.push({ at: time, isFailed: type === "item.failed" });
    if (data.failure && type === "item.failed") failures.set(data.failure, (failures.get(data.failure) ?? 0) + 1);
  }
  if (!ends.length) return undefined;
  const [first, last] = [ends[0]!.at, ends.at(-1)!.at];
  const stepMs = STEPS.find((step) => (last - first) / step < BUCKETS) ?? Math.ceil((last - first) / BUCKETS);
  const from = Math.floor(first / stepMs) * stepMs;
  const buckets: Bucket[] = [];
  for (let at = from; at <= last; at += stepMs) buckets.push({ at, succeeded: 0, failed: 0 });
  for (const { at, isFailed } of ends) buckets[Math.floor((at - from) / stepMs)]![isFailed ? "failed" : "succeeded"]++;
  return {
    from: first,
    to: last,
    stepMs,
    buckets,
    failures: [...failures].sort(([, a], [, b]) => b - a),
    ended: ends.length,
  };
}

/** By nearest rank. */
export const quantile = (sorted: readonly number[], part: number): number | undefined =>
  sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
