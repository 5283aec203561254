import { expect } from "vitest";
import type { backoff } from "../../src/backoff.js";

/** A thousand clients lose their server at the same moment: their fourth tries do not meet. */
export function triesAreSpread(make: typeof backoff): void {
  const times = Array.from({ length: 1000 }, () => {
    const pause = make();
    return pause() + pause() + pause() + pause();
  });
  const perTenth = new Map<number, number>();
  for (const time of times) {
    const tenth = Math.floor(time / 100);
    perTenth.set(tenth, (perTenth.get(tenth) ?? 0) + 1);
  }
  expect(Math.max(...perTenth.values())).toBeLessThan(150);
}
