import type { Batch, BatchState, Event, Progress } from "./types.js";

/** A batch as far as it is known: events alone say less than a read does. */
export type KnownBatch = Pick<Batch, "id" | "rev" | "status" | "counts" | "outcome" | "generation"> & Partial<Batch>;

export type Listener = () => void;

/**
 * *Store*: where batches stand. Reads and events meet by `rev`, so it does not matter which comes first; what it hands
 * out is frozen, and the same object as long as nothing has changed.
 */
export class Store {
  readonly batches = new Map<string, KnownBatch>();
  readonly progress = new Map<string, Progress>();
  /** By batch: a `rev` that was heard of and that no read has confirmed. */
  #due = new Map<string, number>();
  #listeners = new Map<string, Set<Listener>>();
  #changed = new Set<string>();

  /** Calls `listener` after each frame, read or reset that changes something under one of the keys: once. */
  subscribe(keys: readonly string[], listener: Listener): () => void {
    for (const key of keys) this.#listeners.set(key, (this.#listeners.get(key) ?? new Set()).add(listener));
    return () => {
      for (const key of keys) this.#listeners.get(key)!.delete(listener);
    };
  }

  changed(key: string): void {
    this.#changed.add(key);
  }

  /** Tells the listeners of what has changed since. A listener's fault is its own: the others hear all the same. */
  flush(): void {
    const told = new Set([...this.#changed].flatMap((key) => [...(this.#listeners.get(key) ?? [])]));
    this.#changed.clear();
    told.forEach(queueMicrotask);
  }

  /** Whether something was heard of the batch that no read has confirmed. */
  isStale(id: string): boolean {
    return this.#due.has(id);
  }

  /** What a read answered: the truth as of its `rev`. */
  read(resource: Batch): void {
    const { id, rev } = resource;
    const known = this.batches.get(id);
    if (known && known.rev > rev) return;
    if ((this.#due.get(id) ?? 0) <= rev) this.#due.delete(id);
    if (JSON.stringify(known) !== JSON.stringify(resource)) this.#put(resource);
  }

  state({ batch: id, ...state }: BatchState): void {
    this.#hear(id, state.rev);
    this.#patch(id, state);
  }

  event({ type, batch: id, data }: Event): void {
    const { rev, status, counts, outcome = null, generation } = data;
    this.#hear(id, rev);
    // The counts of a start are those before the items that started it, which are in the same revision.
    if (status && counts && type !== "batch.started") {
      this.#patch(id, { rev, status, counts, outcome, generation: generation ?? 1 });
    }
  }

  /** Never stored by the server: a newer frame takes an older one's place. */
  told(progress: Progress): void {
    const { batch: id, rev } = progress;
    this.#hear(id, rev);
    this.progress.set(id, progress);
    this.changed(`batch/${id}`);
  }

  clear(): void {
    for (const key of this.#listeners.keys()) this.changed(key);
    for (const map of [this.batches, this.progress, this.#due]) map.clear();
  }

  #hear(id: string, rev: number): void {
    if (rev > (this.#due.get(id) ?? this.batches.get(id)?.rev ?? -1)) this.#due.set(id, rev);
  }

  #patch(id: string, state: Omit<KnownBatch, "id">): void {
    const known = this.batches.get(id);
    if (!known || known.rev < state.rev) this.#put({ ...known, id, ...state });
  }

  #put(batch: KnownBatch): void {
    this.batches.set(batch.id, Object.freeze(batch));
    this.changed(`batch/${batch.id}`);
    this.changed("batches");
  }
}
