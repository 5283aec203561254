import { expect } from "vitest";
import type { Store } from "../../src/store.js";
import type { Batch, BatchStatus, Counts, Event } from "../../src/types.js";
import { pick, random } from "../harness/wait.js";
import { event } from "./once.js";

const STATUSES: BatchStatus[] = ["queued", "running", "paused", "succeeded"];
const counts = (rev: number): Counts => ({ total: rev, queued: 0, running: 0, retry_wait: 0, succeeded: rev, failed: 0, cancelled: 0, expired: 0, skipped: 0 });

/** What a server has: each batch at each of its revisions. */
const state = (id: string, rev: number) => ({
  rev,
  status: STATUSES[(rev * 7 + id.length) % STATUSES.length]!,
  counts: counts(rev),
  outcome: null,
  generation: 1,
});

/** The model: by batch the newest revision that a read, a snapshot or a batch's own event has told of. */
class Model {
  known = new Map<string, number>();
  told(id: string, rev: number): void {
    this.known.set(id, Math.max(rev, this.known.get(id) ?? -1));
  }
}

/** Reads, snapshots, events and progress in any order: the newest revision stands, whichever came last. */
export function newestRevisionStands(make: new () => Store): void {
  for (let seed = 0; seed < 400; seed++) {
    const next = random(seed);
    const [store, model] = [new make(), new Model()];
    const ids = ["a", "bb", "ccc"];
    for (let step = 0; step < 60; step++) {
      const [id, rev] = [pick(next, ids), Math.floor(next() * 30)];
      const before = new Map(store.batches);
      const what = pick(next, ["read", "state", "event", "item", "progress", "clear"] as const);
      if (what === "clear") {
        if (next() > 0.1) continue;
        store.clear();
        model.known.clear();
      } else if (what === "read") store.read({ id, ...state(id, rev) } as Batch);
      else if (what === "state") store.state({ batch: id, ...state(id, rev) });
      else if (what === "event") {
        store.event(event(step, { type: "batch.paused", batch: id, data: state(id, rev) as Event["data"] }));
      } else if (what === "item") store.event(event(step, { batch: id, data: { rev } }));
      else store.told({ batch: id, rev, counts: counts(rev), running: [], eta_seconds: null, items_per_second: null, pages_per_second: null });
      if (["read", "state", "event"].includes(what)) model.told(id, rev);
      for (const [known, newest] of model.known) {
        const is = store.batches.get(known);
        // Comparing is dear, and nearly always for nothing.
        if (is?.rev !== newest || is.status !== state(known, newest).status || is.counts.total !== newest) {
          expect(is, `seed ${seed}, step ${step}`).toMatchObject({ id: known, ...state(known, newest) });
        }
      }
      if (store.batches.size !== model.known.size) expect([...store.batches.keys()]).toEqual([...model.known.keys()]);
      // What has not changed is the same object.
      for (const [other, was] of before) {
        const now = store.batches.get(other);
        const isSame = !now || now === was || JSON.stringify(now) !== JSON.stringify(was);
        if (!isSame || (now && !Object.isFrozen(now))) expect(now, `seed ${seed}, step ${step}`).toBe(was);
      }
    }
  }
}
