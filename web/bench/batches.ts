/** *Batches*: work of known size and pace for the pages to show. */
import type { Quire } from "../../clients/typescript/test/harness/quire.js";
import { sleep } from "./statistics.js";

/** Items at work at once. They sleep, so that there may be more of them than processors. */
export const SLOTS = 4;
/** Scripts that one batch may carry. */
const MOST_SCRIPTS = 10_000;

export const SETTINGS = { "engine.slots": SLOTS, "http.max_json_kib": 65_536, "http.max_json_fields": MOST_SCRIPTS };

export async function ended(quire: Quire, id: string): Promise<void> {
  while (!(await quire.batch(id)).outcome) await sleep(200);
}

/** The id of a batch of so many no-op items, all of which have succeeded. */
export async function finished(quire: Quire, items: number): Promise<string> {
  const { id } = await quire.submit({ name: `${items.toLocaleString("en")} items`, items });
  await ended(quire, id);
  return id;
}

export const latest = async (quire: Quire): Promise<number> => (await quire.page()).latest;

/**
 * Batches that tell so many events a second. An item tells two, of its start and of its end; the first item of each run
 * sleeps, which paces the rest. For how long is found by trying, as what else takes time differs between machines.
 */
export class Paced {
  #sleepMs: number;
  #run = 30;

  constructor(
    private readonly quire: Quire,
    private readonly perSecond: number,
  ) {
    this.#sleepMs = (SLOTS * 1000 * 2 * this.#run) / perSecond;
  }

  async calibrate(): Promise<void> {
    const { quire } = this;
    const seconds = 5;
    for (let round = 0; round < 3; round++) {
      const id = await this.submit(seconds * 4);
      await sleep(1000);
      const [since, before] = [performance.now(), await latest(quire)];
      await sleep(seconds * 1000);
      const measured = ((await latest(quire)) - before) / ((performance.now() - since) / 1000);
      await quire.ask("DELETE", `/api/v1/batches/${id}`);
      await ended(quire, id);
      const perRunMs = (SLOTS * 1000 * 2 * this.#run) / measured;
      this.#sleepMs += (SLOTS * 1000 * 2 * this.#run) / this.perSecond - perRunMs;
    }
  }

  /** Enough items for so long. */
  async submit(seconds: number): Promise<string> {
    const items = Math.ceil((seconds * this.perSecond) / 2);
    const run = Math.max(this.#run, Math.ceil(items / MOST_SCRIPTS));
    const sleep = Math.max(1, Math.round((this.#sleepMs * run) / this.#run));
    const scripts: Record<number, object> = {};
    for (let position = 1; position <= items; position += run) scripts[position] = { sleep };
    const { id } = await this.quire.submit({ name: `${this.perSecond} events a second`, items, scripts });
    return id;
  }
}
