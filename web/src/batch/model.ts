/**
 * *Batch model*: what the page of a batch shows beside the batch itself. Reads the states of all items once, then takes
 * events; draws once a frame, and not at all while nobody looks.
 */
import type { BatchClient, Event } from "quire-client";
import { asQuireError, isPassing } from "../live.js";
import { View } from "./view.js";

/** Events that are kept at least. */
export const LOG_LINES = 200;
/** An array that does not hold all items is read as a whole, at most this often. */
const RELOAD_MS = 500;
const AGAIN_MS = 3000;

export class BatchModel extends View {
  /** The newest events, and how many were heard. */
  log: Event[] = [];
  heard = 0;
  #held: Event[] = [];
  #isLoading = false;
  #isDue = false;
  #frame = 0;
  #timer?: ReturnType<typeof setTimeout>;
  #leave: (() => void)[] = [];

  constructor(client: BatchClient, id: string) {
    super(id);
    const want = client.want(id);
    // What passed before the server knew of the want is in what is read after.
    void want.ready.then(this.#reload);
    this.#leave.push(want.free);
    this.#leave.push(
      client.observe({ push: ({ events }) => this.#take(events), tear: this.#reload, fail: this.#reload }),
    );
    const seen = () => document.hidden || this.#draw();
    document.addEventListener("visibilitychange", seen);
    this.#leave.push(() => document.removeEventListener("visibilitychange", seen));
    this.#reload();
  }

  override end(): void {
    super.end();
    this.#leave.forEach((leave) => leave());
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
  }

  #take(events: readonly Event[]): void {
    let isOurs = false;
    for (const event of events) {
      if (event.batch !== this.id) continue;
      isOurs = true;
      this.heard++;
      if (this.log.push(event) > 2 * LOG_LINES) this.log = this.log.slice(-LOG_LINES);
      // Why items wait may be another matter, too, after what happened to the batch.
      if (event.item) this.rows.touch(event.item);
      else this.rows.touchAll();
      if (this.#isLoading) this.#held.push(event);
      if (this.states?.apply(event) === "more") this.#reload();
    }
    if (isOurs) this.#draw();
  }

  #draw = (): void => {
    if (this.#frame || document.hidden) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.drawn.value++;
    });
  };

  #reload = (): void => {
    this.#isDue = true;
    if (this.#isLoading || this.#timer || this.over.signal.aborted) return;
    this.#timer = setTimeout(this.#load, this.states ? RELOAD_MS : 0);
  };

  #load = async (): Promise<void> => {
    this.#timer = undefined;
    [this.#isDue, this.#isLoading, this.#held] = [false, true, []];
    try {
      const states = await this.readStates();
      for (const event of this.#held) if (states.apply(event) === "more") this.#isDue = true;
      this.states = states;
      this.error.value = undefined;
      this.rows.touchAll();
    } catch (fault) {
      if (this.over.signal.aborted) return;
      const error = asQuireError(fault);
      if (!this.states || !isPassing(error)) this.error.value = error;
      if (isPassing(error)) setTimeout(this.#reload, AGAIN_MS);
    }
    this.#isLoading = false;
    this.#held = [];
    this.#draw();
    if (this.#isDue) this.#reload();
  };
}
