/**
 * *Batch model*: what the page of a batch shows beside the batch itself. Reads the states of all items once, then takes
 * events; draws once a frame, and not at all while nobody looks.
 */
import { signal } from "@preact/signals";
import type { BatchClient, Event, QuireError } from "quire-client";
import { call } from "../call.js";
import { asQuireError, isPassing } from "../live.js";
import { Ring } from "./ring.js";
import { Rows } from "./rows.js";
import { ItemStates } from "./states.js";

const LOG_LINES = 1000;
/** What changed many items at once is read as a whole, at most this often. */
const RELOAD_MS = 500;
const AGAIN_MS = 3000;

export class BatchModel {
  states?: ItemStates;
  readonly log = new Ring<Event>(LOG_LINES);
  readonly rows: Rows;
  /** Counts frames in which states have changed, and those in which rows came; whoever shows them reads it. */
  readonly drawn = signal(0);
  readonly rowsDrawn = signal(0);
  readonly error = signal<QuireError | undefined>(undefined);
  #held: Event[] = [];
  #isLoading = false;
  #isDue = false;
  #frame = 0;
  #timer?: ReturnType<typeof setTimeout>;
  #end = new AbortController();
  #leave: (() => void)[] = [];

  constructor(
    private readonly client: BatchClient,
    readonly id: string,
  ) {
    this.rows = new Rows(
      (positions) => this.#readRows(positions),
      () => this.rowsDrawn.value++,
      asQuireError,
    );
    const want = client.want(id);
    // What passed before the server knew of the want is in what is read after.
    void want.ready.then(this.#reload);
    this.#leave.push(want.free);
    this.#leave.push(
      client.observe({ push: ({ events }) => this.#take(events), tear: this.#reload, fail: this.#reload }),
    );
    this.#leave.push(client.store.subscribe([`batch/${id}`], this.#compare));
    const seen = () => document.hidden || this.#draw();
    document.addEventListener("visibilitychange", seen);
    this.#leave.push(() => document.removeEventListener("visibilitychange", seen));
    this.#reload();
  }

  end(): void {
    this.#end.abort();
    this.#leave.forEach((leave) => leave());
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.rows.end();
  }

  /** Retries and sweeps are told by their counts alone: where those differ, the array is read anew. */
  #compare = (): void => {
    const { states } = this;
    const batch = this.client.store.batches.get(this.id);
    if (!states || !batch || states.rev > batch.rev || this.#isLoading) return;
    const { total, failed, queued } = batch.counts;
    const isSame = states.length === total && failed === states.count("failed") && queued === states.count("queued");
    if (!isSame) this.#reload();
  };

  #take(events: readonly Event[]): void {
    let isOurs = false;
    for (const event of events) {
      if (event.batch !== this.id) continue;
      isOurs = true;
      this.log.push(event);
      if (event.item) this.rows.touch(event.item);
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
    if (this.#isLoading || this.#timer || this.#end.signal.aborted) return;
    this.#timer = setTimeout(this.#load, this.states ? RELOAD_MS : 0);
  };

  #load = async (): Promise<void> => {
    this.#timer = undefined;
    [this.#isDue, this.#isLoading, this.#held] = [false, true, []];
    const { signal } = this.#end;
    try {
      const answer = await this.client.http.send("GET /api/v1/batches/{id}/items/states", {
        path: { id: this.id },
        signal,
      });
      const states = await ItemStates.from(answer);
      for (const event of this.#held) if (states.apply(event) === "more") this.#isDue = true;
      this.states = states;
      this.error.value = undefined;
      this.rows.touchAll();
    } catch (fault) {
      if (signal.aborted) return;
      const error = asQuireError(fault);
      if (!this.states || !isPassing(error)) this.error.value = error;
      if (isPassing(error)) setTimeout(this.#reload, AGAIN_MS);
    }
    this.#isLoading = false;
    this.#held = [];
    this.#draw();
    if (this.#isDue) this.#reload();
  };

  async #readRows(positions: readonly number[]) {
    const [first, last] = [positions[0]!, positions.at(-1)!];
    const isRun = last - first + 1 === positions.length;
    const query = isRun ? { from: first, limit: positions.length } : { positions: positions.join(",") };
    const { items } = await call("GET /api/v1/batches/{id}/items", {
      path: { id: this.id },
      query,
      signal: this.#end.signal,
    });
    return items;
  }
}
