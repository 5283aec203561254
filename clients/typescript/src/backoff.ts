/** *Backoff*: how long to wait before the next try. Full jitter, so that many clients do not come back at once. */
export class Backoff {
  #tries = 0;

  constructor(
    private readonly firstMs = 250,
    private readonly mostMs = 30_000,
  ) {}

  delay(): number {
    const reach = Math.min(this.mostMs, this.firstMs * 2 ** this.#tries++);
    return Math.random() * reach;
  }

  reset(): void {
    this.#tries = 0;
  }
}

export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
