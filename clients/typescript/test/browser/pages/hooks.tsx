/** Hooks on show: what they say is left where a test can read it. */
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { connect } from "../../../src/index.js";
import { type BatchShown, type ItemsShown, useBatch, useBatches, useConnection, useItems } from "../../../src/react.js";
import { isSame, steps } from "./steps.js";
import type { BatchClient } from "../../../src/batches.js";
import type { KnownBatch } from "../../../src/store.js";
import type { Connection } from "../../../src/client.js";

export interface Hooks {
  q: BatchClient;
  show: (id: string | undefined) => void;
  redraw: () => void;
  batch?: BatchShown & { link: string };
  items?: ItemsShown;
  batches?: readonly KnownBatch[];
  connection?: Connection;
  renders: number;
  frames: number;
  /** Times that a hook gave another object for the same. */
  restless: number;
  isSame: (id: string) => Promise<true>;
  steps: (seed: number, count: number) => Promise<Record<string, number>>;
  /** Whether the page came back from the back/forward cache. */
  wasCached: boolean;
}

const asked = new URLSearchParams(location.search);
const q = connect({ server: asked.get("server")!, timing: { readMs: 20, backoffMs: 50, backoffMaxMs: 500, ...JSON.parse(asked.get("timing") ?? "{}") } });
const hooks = { q, show: () => {}, redraw: () => {}, renders: 0, frames: 0, restless: 0, wasCached: false } as unknown as Hooks;
const quire = asked.get("quire")!;
hooks.isSame = (id) => isSame(hooks, quire, id);
hooks.steps = (seed, count) => steps(hooks, quire, seed, count);
Object.assign(window, { hooks });
addEventListener("pageshow", ({ persisted }) => (hooks.wasCached = persisted));
const frame = () => {
  hooks.frames++;
  requestAnimationFrame(frame);
};
frame();

/** Notes what changed without a change. */
function settled<T extends object>(was: T | undefined, now: T): T {
  const names = Object.keys(now) as (keyof T)[];
  if (was && was !== now && names.every((name) => was[name] === now[name])) hooks.restless++;
  return now;
}

function Shown({ id }: { id: string }) {
  const batch = useBatch(id);
  hooks.renders++;
  hooks.batch = settled(hooks.batch, batch);
  hooks.items = settled(hooks.items, useItems(id));
  return (
    <p>
      {batch.batch?.status} {batch.batch?.counts.succeeded} {batch.link}
    </p>
  );
}

function App() {
  const [id, show] = useState<string | undefined>(asked.get("id") ?? undefined);
  const [, redraw] = useState(0);
  hooks.show = show;
  hooks.redraw = () => redraw((nth) => nth + 1);
  hooks.batches = settled(hooks.batches as KnownBatch[] | undefined, useBatches({ collection: asked.get("collection") ?? undefined }).batches as KnownBatch[]);
  hooks.connection = useConnection();
  return id ? <Shown key={id} id={id} /> : <p>nothing</p>;
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
