import type { Event } from "./types.js";

export interface Place {
  /** Which log; unknown before the first snapshot. */
  readonly epoch?: string;
  /** Everything up to here has been taken. */
  readonly upto: number;
}

/** *Cursor*: how far this client has come in the log. It never goes back, and lets each event through once. */
export class Cursor implements Place {
  epoch?: string;
  upto = 0;

  /** The events that are new, in their order. `seq` may jump where subscriptions filter. */
  take(events: readonly Event[], upto: number): Event[] {
    const fresh: Event[] = [];
    for (const event of events) {
      if (event.seq <= this.upto) continue;
      this.upto = event.seq;
      fresh.push(event);
    }
    if (upto > this.upto) this.upto = upto;
    return fresh;
  }

  /** A snapshot says where things stand. Within one log, an older one changes nothing. */
  to(epoch: string, upto: number): boolean {
    if (epoch === this.epoch && upto < this.upto) return false;
    [this.epoch, this.upto] = [epoch, upto];
    return true;
  }

  forget(): void {
    [this.epoch, this.upto] = [undefined, 0];
  }
}
