/** *Rows*: the items of a batch that were looked at, read a window at a time and forgotten when too many. */
import type { Item } from "quire-client";

export const WINDOW = 100;
const MOST_KEPT = 2000;
/** While the list is scrolled, rows pass by: those that are in sight after this are read. */
const NEXT_MS = 60;
/** A row that has changed is read again at most this often. */
const AGAIN_MS = 500;

export type ReadRows = (positions: readonly number[]) => Promise<readonly Item[]>;

interface Row {
  item: Item;
  isStale: boolean;
}

export class Rows {
  /** In the order of their last use. */
  #rows = new Map<number, Row>();
  /** Those in sight. */
  wanted: readonly number[] = [];
  #isReading = false;
  #timer?: ReturnType<typeof setTimeout>;
  #isOver = false;

  constructor(
    private readonly read: ReadRows,
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  get(position: number): Item | undefined {
    const row = this.#rows.get(position);
    if (!row) return undefined;
    this.#rows.delete(position);
    this.#rows.set(position, row);
    return row.item;
  }

  put(items: readonly Item[]): void {
    for (const item of items) {
      this.#rows.delete(item.position);
      this.#rows.set(item.position, { item, isStale: false });
    }
    for (const position of this.#rows.keys()) {
      if (this.#rows.size <= MOST_KEPT) break;
      this.#rows.delete(position);
    }
  }

  touch(position: number): void {
    const row = this.#rows.get(position);
    if (row) row.isStale = true;
  }

  touchAll(): void {
    for (const row of this.#rows.values()) row.isStale = true;
  }

  /** The positions in sight: those that are not known or have changed are read, one window at a time. */
  want(positions: readonly number[]): void {
    this.wanted = positions;
    if (!this.#isReading && !this.#timer) void this.#fill();
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #fill(): Promise<void> {
    this.#timer = undefined;
    const missing = this.wanted.filter((position) => this.#rows.get(position)?.isStale ?? true).slice(0, WINDOW);
    if (!missing.length || this.#isOver) return;
    this.#isReading = true;
    const isNew = missing.some((position) => !this.#rows.has(position));
    let pauseMs = isNew ? NEXT_MS : AGAIN_MS;
    try {
      for (const position of missing) {
        const row = this.#rows.get(position);
        if (row) row.isStale = false;
      }
      this.put(await this.read(missing));
      // What is not there yet may come, but not at once.
      if (missing.some((position) => !this.#rows.has(position))) pauseMs = 4 * AGAIN_MS;
    } catch (error) {
      missing.forEach((position) => this.touch(position));
      pauseMs = 4 * AGAIN_MS;
      this.failed(error);
    }
    this.#isReading = false;
    if (this.#isOver) return;
    this.changed();
    this.#timer = setTimeout(() => this.#fill(), pauseMs);
  }
}
