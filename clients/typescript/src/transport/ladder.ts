/**
 * *Ladder*: which transport to try. A rung that stays silent twice is left for the one below; a server that answers
 * nobody says nothing about the rungs, and the climb begins anew at the top.
 */
export class Ladder {
  /** 0 is the uppermost. */
  at: number;
  #failures = 0;

  constructor(
    private readonly rungs: number,
    private readonly top = 0,
  ) {
    this.at = top;
  }

  get isBelowTop(): boolean {
    return this.at > this.top;
  }

  /** A hello came. */
  worked(): void {
    this.#failures = 0;
  }

  /** The server can be reached, and this rung brought no hello. */
  silent(): void {
    const borne = this.at === 0 ? 2 : 1;
    if (++this.#failures < borne || this.at >= this.rungs - 1) return;
    this.at++;
    this.#failures = 0;
  }

  unreachable(): void {
    this.at = this.top;
  }
}
