import type { BatchResource, BatchState, Event, Progress } from "./types.js";

/** A batch as far as it is known: events alone say less than a read does. */
export type Batch = Pick<BatchResource, "id" | "rev" | "status" | "counts" | "outcome" | "generation"> &
  Partial<BatchResource>;

export type Listener = () => void;

/**
 * *Store*: where batches stand. Reads and events meet by `rev`, so it does not matter which comes first; what it hands
 * out is frozen, and the same object as long as nothing has changed.
 */
export class Store {
  readonly batches = new Map<string, Batch>();
  readonly progress = new Map<string, Progress>();
  /** By batch: the newest `rev` that was heard of, and the `rev` of the last read. */
  #heard = new Map<string, number>();
  #reads = new Map<string, number>();
  #listeners = new Map<string, Set<Listener>>();
  #changed = new Set<string>();

  /** Calls `listener` after each frame, read or reset that changes something under one of the keys: once. */
  subscribe(keys: readonly string[], listener: Listener): () => void {
    for (const key of keys) {
      const set = this.#listeners.get(key) ?? new Set();
      this.#listeners.set(key, set.add(listener));
    }
    return () => {
      for (const key of keys) {
        const set = this.#listeners.get(key);
        if (set?.delete(listener) && !set.size) this.#listeners.delete(key);
      }
    };
  }

  changed(key: string): void {
    this.#changed.add(key);
  }

  /** Tells the listeners of what has changed since. */
  flush(): void {
    if (!this.#changed.size) return;
    const told = new Set<Listener>();
    for (const key of this.#changed) for (const listener of this.#listeners.get(key) ?? []) told.add(listener);
    this.#changed.clear();
    for (const listener of told) {
      try {
        listener();
      } catch (error) {
        // A listener's fault is its own: the others, and the connection, go on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** What a read answered: the truth as of its `rev`. */
  read(resource: BatchResource): void {
    const known = this.batches.get(resource.id);
    if (known && known.rev > resource.rev) return;
    this.#hear(resource.id, resource.rev);
    this.#reads.set(resource.id, resource.rev);
    if (known && JSON.stringify(known) === JSON.stringify(resource)) return;
    this.#put(Object.freeze(resource));
  }

  state({ batch: id, ...state }: BatchState): void {
    this.#hear(id, state.rev);
    this.#patch(id, state.rev, { outcome: null, ...state });
  }

  event({ type, batch: id, data }: Event): void {
    const { rev = 0, status, counts, generation } = data;
    this.#hear(id, rev);
    // The counts of a start are those before the items that started it, which are in the same revision.
    if (!status || !counts || type === "batch.started") return;
    const { outcome = null } = data;
    this.#patch(id, rev, { rev, status, counts, outcome, generation: generation ?? this.batches.get(id)?.generation ?? 1 });
  }

  /** Never stored by the server: a newer frame takes an older one's place. */
  told(progress: Progress): void {
    this.#hear(progress.batch, progress.rev);
    this.progress.set(progress.batch, Object.freeze(progress));
    this.changed(`progress/${progress.batch}`);
  }

  clear(): void {
    for (const id of [...this.batches.keys(), ...this.progress.keys()]) {
      this.changed(`batch/${id}`);
      this.changed(`progress/${id}`);
    }
    this.changed("batches");
    this.batches.clear();
    this.progress.clear();
    this.#heard.clear();
    this.#reads.clear();
  }

  /** Whether something was heard of the batch that no read has confirmed. */
  isStale(id: string): boolean {
    return (this.#heard.get(id) ?? 0) > (this.#reads.get(id) ?? -1);
  }

  #hear(id: string, rev: number): void {
    if (rev > (this.#heard.get(id) ?? -1)) this.#heard.set(id, rev);
  }

  #patch(id: string, rev: number, state: Omit<Batch, "id">): void {
    const known = this.batches.get(id);
    if (known && known.rev >= rev) return;
    this.#put(Object.freeze({ ...known, id, ...state }));
  }

  #put(batch: Batch): void {
    this.batches.set(batch.id, batch);
    if (batch.outcome) this.progress.delete(batch.id);
    this.changed(`batch/${batch.id}`);
    this.changed(`progress/${batch.id}`);
    this.changed("batches");
  }
}
