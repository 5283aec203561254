/** Waits for what is to become so; the tests share few processors with whatever else runs. */
export async function eventually<T>(look: () => T | Promise<T>, seconds = 30): Promise<NonNullable<T>> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await Promise.resolve(look()).catch(() => undefined);
    if (seen) return seen;
    if (Date.now() > until) throw new Error(`never became so: ${look}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** Mulberry32: the same numbers for the same seed. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pick = <T>(next: () => number, from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
