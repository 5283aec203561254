/** A tab that follows everything from `after` on. */
import { connect } from "../../../src/index.js";
import type { BatchClient } from "../../../src/batches.js";

export interface Tab {
  q: BatchClient;
  seen: number[];
  failure?: string;
  /** When this tab took the lead. */
  ledAt: number;
  /** Reads the events of one batch to its end. */
  read: (batch: string) => Promise<number[]>;
}

const asked = new URLSearchParams(location.search);
const timing = JSON.parse(asked.get("timing") ?? "{}");
const q = connect({ server: asked.get("server")!, share: asked.get("share") !== "false", timing });
async function read(batch: string): Promise<number[]> {
  const seqs: number[] = [];
  for await (const { seq, type } of q.events({ batch, after: 0 })) {
    seqs.push(seq);
    if (type === "batch.completed") break;
  }
  return seqs;
}

const tab: Tab = { q, seen: [], read, ledAt: 0 };
q.subscribe([], () => {
  if (q.connection.leads) tab.ledAt ||= Date.now();
  else tab.ledAt = 0;
});
Object.assign(window, { tab });
(async () => {
  const after = Number(asked.get("after") ?? 0);
  if (after >= 0) for await (const { seq } of q.events({ after })) tab.seen.push(seq);
})().catch((error: unknown) => (tab.failure = `${error}`));
