/** *Waits*: why something does not run, in words. */
import type { Item } from "quire-client";
import { bytes, count, counted, shortMoment, time, words } from "./format.js";

export type WaitingBecause = NonNullable<Item["waiting_because"]>;

export function waitText(because: WaitingBecause): string {
  switch (because.reason) {
    case "slots":
      return `slots (${because.in_use}/${because.total} in use)`;
    case "priority":
      return `its priority ${because.own}; ${because.served} is served first`;
    case "paused":
      return because.mode === "interrupt" ? "paused, and what ran was stopped" : "paused";
    case "backoff":
      return `backoff until ${time(because.until)}`;
    case "not_before":
      return `not before ${shortMoment(because.until)}`;
    case "memory":
      return `memory: ${bytes(because.available_mib * 2 ** 20)} free, ${bytes(because.wanted_mib * 2 ** 20)} wanted`;
    case "disk":
      return because.full ? "the disk is full" : "the disk fails";
    case "admission":
      return `${counted(because.active, "batch", "batches")} of ${count(because.limit)} at once are active`;
    case "workers_unavailable":
      return `no worker process starts; next try ${time(because.until)}`;
    case "actor_down":
      return `${because.actor} is ${words(because.state)}`;
    case "open":
      return "open for more items";
    case "cancelling":
      return "it is being cancelled";
    case "draining":
      return "the server is going down";
    case "starting":
      return "it is about to start";
  }
}
