/** *Item states*: where each item of a batch stands, two bytes an item, as of one revision. Pure. */
import type { Event, FailureCode, ItemState } from "quire-client";

/** Where an event leaves its item, unless it is called like the state. */
const AFTER: Readonly<Record<string, string>> = {
  started: "running",
  completed: "succeeded",
  retry_scheduled: "retry_wait",
  requeued: "queued",
};

export interface StatesHead {
  rev: number;
  states: readonly string[];
  failures: readonly string[];
}

/** Failed items of one code, and the first of them. */
export interface FailureTally {
  code: FailureCode;
  count: number;
  first: number;
}

export class ItemStates {
  readonly counts: number[];
  #bytes: Uint8Array;

  constructor(
    bytes: Uint8Array,
    readonly head: StatesHead,
  ) {
    this.#bytes = bytes;
    this.counts = new Array(head.states.length).fill(0);
    for (let at = 0; at < bytes.length; at += 2) this.counts[bytes[at]!]!++;
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
    return this.counts[this.head.states.indexOf(state)] ?? 0;
  }

  /** Takes an event that is newer than the array; `more` where only another read can tell what has come. */
  apply({ type, item, data }: Event): "applied" | "old" | "more" {
    const { rev, failures, states } = this.head;
    if (data.rev <= rev) return "old";
    if (!item) return type === "batch.extended" ? "more" : "applied";
    const what = type.slice("item.".length);
    const state = states.indexOf(AFTER[what] ?? what);
    if (item > this.length || state < 0) return "more";
    const at = (item - 1) * 2;
    this.counts[this.#bytes[at]!]!--;
    this.counts[state]!++;
    this.#bytes[at] = state;
    // A start says nothing of what failed before. A failure byte is one more than its place in the list.
    if (what !== "started") this.#bytes[at + 1] = failures.indexOf(data.failure!) + 1;
    return "applied";
  }

  /** Positions that a filter keeps, in their order. */
  positions(state?: ItemState | readonly ItemState[], failure?: string): Uint32Array {
    const wanted = new Set((state === undefined ? [] : [state].flat()).map((name) => this.head.states.indexOf(name)));
    const found = new Uint32Array(this.length);
    let n = 0;
    for (let nth = 0; nth < this.length; nth++) {
      if (wanted.size && !wanted.has(this.#bytes[nth * 2]!)) continue;
      if (failure !== undefined && this.failure(nth + 1) !== failure) continue;
      found[n++] = nth + 1;
    }
    return found.subarray(0, n);
  }

  /** What items failed of, the most frequent first. */
  tallies(): FailureTally[] {
    const found = new Map<FailureCode, FailureTally>();
    for (const first of this.positions("failed")) {
      const code = this.failure(first)!;
      const tally = found.get(code) ?? { code, count: 0, first };
      tally.count++;
      found.set(code, tally);
    }
    return [...found.values()].sort((a, b) => b.count - a.count);
  }
}
