/** *Ring*: the newest so many of what comes without end. */
export class Ring<T> {
  #kept: (T | undefined)[];
  #next = 0;
  total = 0;

  constructor(readonly most: number) {
    this.#kept = new Array(most);
  }

  get length(): number {
    return Math.min(this.total, this.most);
  }

  push(one: T): void {
    this.#kept[this.#next] = one;
    this.#next = (this.#next + 1) % this.most;
    this.total++;
  }

  /** The newest is 0. */
  at(back: number): T {
    return this.#kept[(this.#next - 1 - back + 2 * this.most) % this.most]!;
  }
}
