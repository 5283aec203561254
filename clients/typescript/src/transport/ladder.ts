import type { Begin, Connection, Rungs, Transport } from "./transport.js";

export interface LadderTiming {
  helloMs?: number;
  climbMs?: number;
}

/**
 * *Ladder*: which transport to try. A rung that stays silent is left for the one below, the uppermost after two tries; a
 * server that answers nobody says nothing about rungs, and the descent begins anew. From below, the upper rungs are
 * tried from time to time beside the one that works.
 */
export class Ladder implements Rungs {
  #at = 0;
  #failures = 0;
  #candidate?: Connection;
  #timer?: ReturnType<typeof setTimeout>;

  constructor(
    private readonly rungs: readonly Transport[],
    private readonly timing: LadderTiming,
  ) {}

  get now(): Transport {
    return this.rungs[this.#at]!;
  }

  silent(): void {
    const borne = this.#at ? 1 : 2;
    if (++this.#failures < borne) return;
    this.#failures = 0;
    // Below the lowest rung there is nobody.
    this.#at = (this.#at + 1) % this.rungs.length;
  }

  unreachable(): void {
    this.#at = this.#failures = 0;
  }

  worked(rung: Transport, begin: Begin): void {
    this.#at = this.rungs.indexOf(rung);
    this.#failures = 0;
    // If it is the candidate that worked, it has the connection's place now.
    this.#candidate = undefined;
    this.#later(begin);
  }

  rest(): void {
    clearTimeout(this.#timer);
    this.#candidate?.close();
    this.#candidate = undefined;
  }

  #later(begin: Begin): void {
    this.rest();
    if (this.#at) this.#timer = setTimeout(() => this.#climb(0, begin), this.timing.climbMs ?? 300_000);
  }

  #climb(to: number, begin: Begin): void {
    if (to >= this.#at) return this.#later(begin);
    const next = () => {
      this.rest();
      this.#climb(to + 1, begin);
    };
    this.#candidate = begin(this.rungs[to]!, next);
    this.#timer = setTimeout(next, this.timing.helloMs ?? 8000);
  }
}
