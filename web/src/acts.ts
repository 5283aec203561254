/** *Acts*: what a person does, what came of it, and the questions before what cannot be undone. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { type Ask, type Route, call } from "./call.js";
import { asQuireError } from "./live.js";

export interface Toast {
  id: number;
  text: string;
  isFault: boolean;
}

export interface Question {
  title: string;
  /** What will happen, to how many, and whether it can be undone. */
  body: ComponentChildren;
  /** On the button. */
  verb: string;
  isDangerous?: boolean;
  answer: (is: boolean) => void;
}

export const toasts = signal<readonly Toast[]>([]);
export const question = signal<Question | undefined>(undefined);
/** What a screen reader is told. */
export const spoken = signal("");

const SHOWN_MS = 6000;
const SPEAK_MS = 10_000;
let made = 0;
let saidAt = -SPEAK_MS;
let toSay: string | undefined;

export const dismiss = (id: number): void => void (toasts.value = toasts.value.filter((toast) => toast.id !== id));

export function tell(text: string, isFault = false): void {
  const id = ++made;
  toasts.value = [...toasts.value.slice(-3), { id, text, isFault }];
  // A fault stays until it was read.
  if (!isFault) setTimeout(dismiss, SHOWN_MS, id);
}

/** At most once in ten seconds; of more, the last. */
export function say(text: string): void {
  const wait = saidAt + SPEAK_MS - performance.now();
  if (toSay === undefined && wait > 0) setTimeout(speak, wait);
  toSay = text;
  if (wait <= 0) speak();
}

function speak(): void {
  spoken.value = toSay ?? "";
  toSay = undefined;
  saidAt = performance.now();
}

export const ask = (asked: Omit<Question, "answer">): Promise<boolean> =>
  new Promise((answer) => {
    question.value = {
      ...asked,
      answer: (is) => {
        question.value = undefined;
        answer(is);
      },
    };
  });

/** Does it and says so; what went wrong is told in the server's words. */
export async function act<T>(does: () => Promise<T>, done?: string | ((result: T) => string)): Promise<T | undefined> {
  try {
    const result = await does();
    if (done) tell(typeof done === "string" ? done : done(result));
    return result;
  } catch (error) {
    const { code, detail } = asQuireError(error);
    tell(`${detail} (${code})`, true);
    return undefined;
  }
}

/** One request as an act. */
export const actOn = <R extends Route>(route: R, given: Ask<R>, done?: string) => act(() => call(route, given), done);

export const copy = (text: string, what: string): Promise<unknown> =>
  act(() => navigator.clipboard.writeText(text), `${what} copied.`);
