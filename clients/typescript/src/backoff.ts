/** *Backoff*: how long to wait before each next try. Full jitter, so that many clients do not come back at once. */
export const backoff = (firstMs = 250, mostMs = 30_000): (() => number) => {
  let tries = 0;
  return () => Math.random() * Math.min(mostMs, firstMs * 2 ** tries++);
};

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export const either = (one: AbortSignal, other?: AbortSignal): AbortSignal =>
  AbortSignal.any(other ? [one, other] : [one]);
