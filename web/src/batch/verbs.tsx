/** *Verbs*: what can be done to a batch in which status, and what is asked before. */
import type { BatchStatus, KnownBatch } from "quire-client";
import { act, ask } from "../acts.js";
import { call } from "../call.js";
import { count, counted } from "../format.js";
import { quire } from "../session.js";
import { Name } from "../ui/parts.js";

export type Verb = "pause" | "resume" | "cancel" | "retry";

/** Statuses in which a verb changes something. */
export const FITS: Readonly<Record<Verb, readonly BatchStatus[]>> = {
  pause: ["open", "scheduled", "queued", "running"],
  resume: ["pausing", "paused"],
  cancel: ["open", "scheduled", "queued", "running", "pausing", "paused"],
  retry: ["partial", "failed", "expired"],
};

export const fits = (verb: Verb, { status }: Pick<KnownBatch, "status">): boolean => FITS[verb].includes(status);

export const pause = (id: string) =>
  act(() => quire().batch(id).pause(), "Paused: what runs is finished, nothing new begins.");
export const resume = (id: string) => act(() => quire().batch(id).resume(), "Resumed.");
export const seal = (id: string) => act(() => quire().batch(id).seal(), "Sealed: it takes no more documents.");

export async function cancel({ id, name, counts }: KnownBatch): Promise<void> {
  const left = counts.queued + counts.running + counts.retry_wait;
  const isSure = await ask({
    title: `Cancel ${counted(left, "item")}?`,
    body: (
      <p>
        <Name text={name} none="This batch" /> has {counted(left, "item")} that did not end yet. What runs is stopped.
        Cancelled items can be tried again later; what has ended stays.
      </p>
    ),
    verb: `Cancel ${counted(left, "item")}`,
    isDangerous: true,
  });
  if (isSure) await act(() => quire().batch(id).cancel(), "Cancelled.");
}

/** Tries failed items again: all, or those of some codes; just as many as was said, or none. */
export async function retry(id: string, expected: number, codes?: readonly string[]): Promise<boolean> {
  const isSure = await ask({
    title: `Try ${counted(expected, "item")} again?`,
    body: (
      <p>
        {codes ? `All that failed with ${codes.join(", ")} begin` : "All failed, expired and skipped items begin"} a new
        generation. Their attempts so far stay in the record. If it would be another number by now, nothing is done.
      </p>
    ),
    verb: `Retry ${count(expected)}`,
  });
  if (!isSure) return false;
  const body = { expected, ...(codes && { codes }) };
  const done = await act(
    () => call("POST /api/v1/batches/{id}/retry", { path: { id }, body: body as never }),
    `${counted(expected, "item")} will be tried again.`,
  );
  if (done) quire().store.read(done);
  quire().store.flush();
  return !!done;
}

export async function retryOne(id: string, position: number, name: string | null): Promise<boolean> {
  const isSure = await ask({
    title: "Try 1 item again?",
    body: (
      <p>
        <Name text={name} none={`Item ${position}`} /> begins a new generation. Its attempts so far stay in the record.
      </p>
    ),
    verb: "Retry 1",
  });
  if (!isSure) return false;
  const body = { positions: [position], expected: 1 };
  return !!(await act(
    () => call("POST /api/v1/batches/{id}/retry", { path: { id }, body }),
    "It will be tried again.",
  ));
}
