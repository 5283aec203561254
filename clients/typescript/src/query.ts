import type { Client } from "./client.js";
import { QuireError, isPassing } from "./problem.js";
import type { Event } from "./types.js";

export interface Touch {
  /** Whether these events, or what came with them, may have changed what the read answers. */
  isTouched: (events: Event[]) => boolean;
  /** What the source must tell for that; see {@link Client.want}. */
  want?: string;
}

/** Whether the server can be reached again is the connection's business. */
const OUT_OF_REACH_MS = 3000;

/**
 * *Query*: a read that is shown, and done anew when events say that it has changed: at once after a pause, at most
 * every `readMs`, one at a time. Nothing is read while nobody is subscribed.
 */
export class Query<T> {
  error?: QuireError;
  /** Whether a first answer has come. */
  isLoaded = false;
  #listeners = 0;
  #isReading = false;
  #isDue = false;
  #readAt = -Infinity;
  #timer?: ReturnType<typeof setTimeout>;
  #free?: () => void;

  constructor(
    private readonly client: Client,
    readonly keys: readonly string[],
    private readonly read: () => Promise<void>,
    readonly value: () => T,
    private readonly touched: Touch,
  ) {}

  subscribe(listener: () => void): () => void {
    const leave = this.client.store.subscribe([...this.keys, "connection"], listener);
    if (!this.#listeners++) this.#begin();
    return () => {
      leave();
      if (!--this.#listeners) this.stop();
    };
  }

  get isIdle(): boolean {
    return !this.#listeners;
  }

  heard(events: Event[]): void {
    if (this.#listeners && this.touched.isTouched(events)) this.touch();
  }

  touch(): void {
    this.#isDue = true;
    if (!this.#listeners || this.#isReading || this.#timer) return;
    const wait = this.#readAt + this.client.timing.readMs - performance.now();
    this.#timer = setTimeout(() => void this.#read(), Math.max(0, wait));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#free?.();
    this.#free = undefined;
  }

  #begin(): void {
    this.touch();
    if (!this.touched.want) return;
    const { ready, free } = this.client.want(this.touched.want);
    this.#free = free;
    // What passed before it was told is in a read that is done afterwards.
    void ready.then(() => this.touch());
  }

  async #read(): Promise<void> {
    [this.#timer, this.#isDue, this.#isReading, this.#readAt] = [undefined, false, true, performance.now()];
    const { client } = this;
    try {
      await this.read();
      [this.error, this.isLoaded] = [undefined, true];
    } catch (error) {
      if (isPassing(error)) [this.#isDue, this.#readAt] = [true, performance.now() + OUT_OF_REACH_MS];
      else this.error = error instanceof QuireError ? error : new QuireError("unreachable", String(error));
    }
    this.#isReading = false;
    for (const key of this.keys) client.store.changed(key);
    client.store.flush();
    if (this.#isDue) this.touch();
  }
}
