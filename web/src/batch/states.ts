/** *Item states*: where each item of a batch stands, two bytes an item, as of one revision. Pure. */
import type { Event, FailureCode, ItemState } from "quire-client";

/** A failure byte: 0 for none, else one more than its place in the list. */
const NONE = 0;

export interface StatesHead {
  rev: number;
  states: readonly string[];
  failures: readonly string[];
}

export class ItemStates {
  readonly counts: number[];
  readonly failureCounts: number[];
  rev: number;
  #bytes: Uint8Array;
  #ofState = new Map<string, number>();
  #ofFailure = new Map<string, number>();

  constructor(
    bytes: Uint8Array,
    readonly head: StatesHead,
  ) {
    this.#bytes = bytes;
    this.rev = head.rev;
    head.states.forEach((name, nth) => this.#ofState.set(name, nth));
    head.failures.forEach((name, nth) => this.#ofFailure.set(name, nth + 1));
    this.counts = new Array(head.states.length).fill(0);
    this.failureCounts = new Array(head.failures.length + 1).fill(0);
    for (let at = 0; at < bytes.length; at += 2) {
      this.#count(bytes[at]!, bytes[at + 1]!, 1);
    }
  }

  static async from(answer: Response): Promise<ItemStates> {
    const list = (name: string) => answer.headers.get(name)?.split(",") ?? [];
    const head = {
      rev: Number(answer.headers.get("x-quire-rev")),
      states: list("x-quire-states"),
      failures: list("x-quire-failures"),
    };
    return new ItemStates(new Uint8Array(await answer.arrayBuffer()), head);
  }

  get length(): number {
    return this.#bytes.length / 2;
  }

  /** Of a position, counted from 1. */
  state(position: number): ItemState | undefined {
    return this.head.states[this.#bytes[(position - 1) * 2]!] as ItemState | undefined;
  }

  code(nth: number): number {
    return this.#bytes[nth * 2]!;
  }

  failure(position: number): FailureCode | undefined {
    return this.head.failures[this.#bytes[(position - 1) * 2 + 1]! - 1] as FailureCode | undefined;
  }

  count(state: ItemState): number {
    return this.counts[this.#ofState.get(state) ?? -1] ?? 0;
  }

  /** Takes an event that is newer than the array; whether it says all that has changed. */
  apply({ type, item, data }: Event): "applied" | "old" | "more" {
    if (data.rev <= this.rev) return "old";
    if (!item)
      return type === "batch.progress" || type === "batch.started" || type === "batch.sealed" ? "applied" : "more";
    if (item > this.length) return "more";
    if (type === "item.started") this.#set(item, "running", undefined);
    else if (type === "item.completed") this.#set(item, "succeeded", undefined);
    else if (type === "item.failed") this.#set(item, "failed", data.failure ?? undefined);
    else return "more";
    return "applied";
  }

  /** Positions that a filter keeps, in their order. */
  positions(state?: ItemState | readonly ItemState[], failure?: string): Uint32Array {
    const wanted = new Set((state === undefined ? [] : [state].flat()).map((name) => this.#ofState.get(name)));
    const code = failure === undefined ? undefined : this.#ofFailure.get(failure);
    const found = new Uint32Array(this.length);
    let n = 0;
    for (let nth = 0; nth < this.length; nth++) {
      if (wanted.size && !wanted.has(this.#bytes[nth * 2])) continue;
      if (failure !== undefined && this.#bytes[nth * 2 + 1] !== code) continue;
      found[n++] = nth + 1;
    }
    return found.subarray(0, n);
  }

  #set(position: number, state: string, failure: string | undefined): void {
    const at = (position - 1) * 2;
    this.#count(this.#bytes[at]!, this.#bytes[at + 1]!, -1);
    this.#bytes[at] = this.#ofState.get(state)!;
    this.#bytes[at + 1] = failure === undefined ? NONE : (this.#ofFailure.get(failure) ?? NONE);
    this.#count(this.#bytes[at]!, this.#bytes[at + 1]!, 1);
  }

  #count(state: number, failure: number, by: number): void {
    this.counts[state] = (this.counts[state] ?? 0) + by;
    this.failureCounts[failure] = (this.failureCounts[failure] ?? 0) + by;
  }
}
