/** *Job*: the upload that is under way. It belongs to the page as a whole: it goes on while one looks elsewhere. */
import { signal } from "@preact/signals";
import type { QuireError, SubmitBatch } from "quire-client";
import { tell } from "../acts.js";
import { asQuireError, isPassing } from "../live.js";
import { quire, session } from "../session.js";
import type { Gathered } from "./gather.js";
import { begunWith, forget, memoryOf, remember } from "./memory.js";
import { type Plan, type Refused, planOf } from "./plan.js";

export interface Job {
  phase: "making" | "sending" | "waiting" | "sealing" | "done" | "failed" | "stopped";
  name: string;
  batch?: string;
  total: number;
  totalBytes: number;
  sent: number;
  skipped: number;
  bytes: number;
  failed: readonly Refused[];
  startedAt: number;
  error?: QuireError;
}

export interface Drop {
  plan: Plan;
  /** An upload that was broken off, and that these files belong to. */
  begun?: { batch: string; name: string };
}

/** What was dropped and waits for a word. */
export const drop = signal<Drop | undefined>(undefined);
/** Files found so far, while a folder is read. */
export const gathering = signal<number | undefined>(undefined);
export const job = signal<Job | undefined>(undefined);

const AGAIN_MS = 3000;
let stopping = new AbortController();

export const isBusy = (): boolean => ["making", "sending", "waiting", "sealing"].includes(job.value?.phase ?? "");

export async function take(gather: Promise<Gathered[]>): Promise<void> {
  gathering.value = 0;
  try {
    const plan = planOf(await gather, session.value!.limits);
    const begun = await begunWith(plan.files).catch(() => undefined);
    drop.value = { plan, begun };
  } catch (error) {
    tell(`The files could not be read: ${error}`, true);
  } finally {
    gathering.value = undefined;
  }
}

export const stop = (): void => stopping.abort();

const change = (more: Partial<Job>): void => void (job.value = { ...job.value!, ...more });

/** Makes an open batch, or goes on with the one that was begun; sends what is missing; seals. */
export async function send({ plan, begun }: Drop, options: SubmitBatch): Promise<void> {
  stopping = new AbortController();
  const { signal } = stopping;
  drop.value = undefined;
  job.value = {
    phase: "making",
    name: begun?.name ?? options.name ?? "",
    batch: begun?.batch,
    total: plan.files.length,
    totalBytes: plan.bytes,
    sent: 0,
    skipped: 0,
    bytes: 0,
    failed: [],
    startedAt: Date.now(),
  };
  addEventListener("beforeunload", warn);
  try {
    const batch = begun?.batch ?? (await quire().submit({ ...options, sealed: false })).id;
    if (!begun)
      await remember({ batch, name: job.value.name, files: plan.files.length, at: Date.now() }).catch(() => undefined);
    change({ batch });
    await sendAll(batch, plan, signal);
    change({ phase: "sealing" });
    await quire().batch(batch).seal();
    await forget(batch).catch(() => undefined);
    change({ phase: "done" });
  } catch (error) {
    change(signal.aborted ? { phase: "stopped" } : { phase: "failed", error: asQuireError(error) });
  } finally {
    removeEventListener("beforeunload", warn);
  }
}

/** While nobody answers it waits and begins again with what is missing. */
async function sendAll(batch: string, plan: Plan, signal: AbortSignal): Promise<void> {
  const memory = await memoryOf(batch).catch(() => new Map<string, string>());
  const limits = session.value!.limits;
  for (;;) {
    try {
      change({ phase: "sending" });
      for await (const state of quire().upload(plan.files, { batch, memory, signal, ...limits })) {
        change({ sent: state.sent, skipped: state.skipped, bytes: state.bytes, failed: state.failed });
      }
      signal.throwIfAborted();
      return;
    } catch (error) {
      if (signal.aborted || !isPassing(asQuireError(error))) throw error;
      change({ phase: "waiting" });
      await new Promise((again) => setTimeout(again, AGAIN_MS));
      signal.throwIfAborted();
    }
  }
}

const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
