/** *State*: what something is, as a shape and a word; colour only repeats it. */
import type { BatchStatus, ItemState } from "quire-client";
import { title, words } from "../format.js";
import { Icon, type IconName } from "./icon.js";

type AnyState = ItemState | BatchStatus;

const SHAPES: Record<AnyState, IconName> = {
  queued: "queued",
  running: "running",
  retry_wait: "retry_wait",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
  expired: "expired",
  skipped: "skipped",
  open: "open",
  scheduled: "scheduled",
  pausing: "paused",
  paused: "paused",
  cancelling: "cancelled",
  finalizing: "running",
  partial: "partial",
};

export const stateClass = (state: string): string => `is-${state}`;

export const State = ({ state }: { state: AnyState }) => (
  <span class={`state ${stateClass(state)}`}>
    <Icon name={SHAPES[state] ?? "queued"} />
    <span>{words(state)}</span>
  </span>
);

export const stateTitle = (state: string): string => (state === "retry_wait" ? "Waiting for a retry" : title(state));
