/** A tab that follows everything from `after` on. */
import { connect } from "../../../src/index.js";
import type { BatchClient } from "../../../src/batches.js";

export interface Tab {
  q: BatchClient;
  seen: number[];
  failure?: string;
  transports: string[];
}

const asked = new URLSearchParams(location.search);
const timing = JSON.parse(asked.get("timing") ?? "{}");
const q = connect({ server: asked.get("server")!, share: asked.get("share") !== "false", timing });
const tab: Tab = { q, seen: [], transports: [] };
Object.assign(window, { tab });
(async () => {
  for await (const { seq } of q.events({ after: Number(asked.get("after") ?? 0) })) tab.seen.push(seq);
})().catch((error: unknown) => (tab.failure = `${error}`));
