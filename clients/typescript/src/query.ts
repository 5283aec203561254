import type { BatchClient } from "./batches.js";
import type { Chunk, Connection } from "./client.js";
import { type QuireError, isPassing } from "./problem.js";

export interface Reading<V> {
  /** What it shows, besides the connection: a key of the store. */
  key: string;
  /** What the source must tell for that; see {@link BatchClient.want}. */
  want?: string;
  read: () => Promise<unknown>;
  /** Whether what was heard may change what the read answers. */
  isTouched: (chunk: Chunk) => boolean;
  show: () => V;
}

export interface Shown {
  readonly link: string;
  /** Why there is nothing to show: no such batch, perhaps. */
  readonly error?: QuireError;
  readonly isLoading: boolean;
}

export interface Query<V> {
  subscribe(listener: () => void): () => void;
  get(): V & Shown;
  touch(): void;
}

/** Whether the server can be reached again is the connection's business. */
const OUT_OF_REACH_MS = 3000;

/** `live`, `catching-up`, `offline since …`, `refused: …` */
export function linkText({ state, since, error }: Connection): string {
  if (state === "offline") return `offline since ${new Date(since).toISOString()}`;
  return error ? `${state}: ${error.code}` : state;
}

/** The old one, if the new one says the same: so nothing is drawn anew that has not changed. */
export function kept<T extends object>(old: T, fresh: T): T {
  const names = Object.keys(fresh) as (keyof T)[];
  const isSame = names.length === Object.keys(old).length && names.every((name) => old[name] === fresh[name]);
  return isSame ? old : Object.freeze(fresh);
}

/**
 * *Query*: a read that is shown, and done anew when events say that it has changed: at most every `readMs`, one at a
 * time, and not while nobody looks at it.
 */
export function makeQuery<V extends object>(client: BatchClient, reading: Reading<V>): Query<V> {
  const { store, timing } = client;
  let error: QuireError | undefined;
  let isLoading = true;
  let shown = {} as V & Shown;
  let lookers = 0;
  let isDue = false;
  let isReading = false;
  let notBefore = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function touch(): void {
    isDue = true;
    if (!lookers || isReading || timer) return;
    timer = setTimeout(read, notBefore - performance.now());
  }

  async function read(): Promise<void> {
    isDue = false;
    isReading = true;
    timer = error = undefined;
    let pauseMs = timing.readMs ?? 500;
    try {
      await reading.read();
      isLoading = false;
    } catch (problem) {
      isDue = isPassing(problem as QuireError);
      if (isDue) pauseMs += OUT_OF_REACH_MS;
      else error = problem as QuireError;
    }
    isReading = false;
    notBefore = performance.now() + pauseMs;
    store.changed(reading.key);
    store.flush();
    if (isDue) touch();
  }

  return {
    touch,
    get: () => (shown = kept(shown, { ...reading.show(), error, isLoading, link: linkText(client.connection) })),
    subscribe(listener) {
      const unobserve = client.observe({ push: (chunk) => reading.isTouched(chunk) && touch(), tear: touch, fail: touch });
      const leave = client.subscribe([reading.key], listener);
      const want = reading.want ? client.want(reading.want) : undefined;
      // What passed before it was told is in a read that is done afterwards.
      void want?.ready.then(touch);
      lookers++;
      touch();
      return () => {
        unobserve();
        leave();
        want?.free();
        if (--lookers) return;
        clearTimeout(timer);
        timer = undefined;
      };
    },
  };
}
