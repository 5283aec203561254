/** *Statistics*: what is said of many numbers. */

/** The smallest number that at least `share` of all do not exceed. */
export function quantile(all: readonly number[], share: number): number {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export const median = (all: readonly number[]): number => quantile(all, 0.5);
export const worst = (all: readonly number[]): number => Math.max(...all);
export const number = (n: number, digits = 0): string =>
  n.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
export const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
