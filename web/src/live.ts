/** *Live reads*: what a page asks for, asked again when events say that it has changed. */
import { useEffect, useReducer, useRef } from "preact/hooks";
import { QuireError } from "quire-client";
import type { Event } from "quire-client";
import { expire, quire } from "./session.js";

export interface Read<T> {
  data?: T;
  error?: QuireError;
  isLoading: boolean;
  again: () => void;
}

export interface Freshness {
  /** Whether what was heard may change the answer. */
  touched?: (events: readonly Event[]) => boolean;
  /** Read again this often while the page is looked at, one at a time. */
  everyMs?: number;
}

/** Nothing is asked more often than this, however much happens. */
const LEAST_MS = 1000;
const AGAIN_MS = 3000;

export const isPassing = ({ code, status = 0 }: QuireError): boolean =>
  code === "unreachable" || [429, 502, 503, 504].includes(status);

export function asQuireError(error: unknown): QuireError {
  const known =
    error instanceof QuireError ? error : new QuireError("page_fault", `This page made a mistake: ${error}`);
  if (known.status === 401) expire(known);
  return known;
}

interface State<T> {
  key?: string;
  data?: T;
  error?: QuireError;
  isLoading: boolean;
}

/** Reads anew for another `key`; what was shown for this one stays until the new answer is there. */
export function useRead<T>(
  key: string,
  read: (signal: AbortSignal) => Promise<T>,
  { touched, everyMs }: Freshness = {},
): Read<T> {
  const [, draw] = useReducer((n: number, _: void) => n + 1, 0);
  const state = useRef<State<T>>({ isLoading: true });
  const again = useRef(() => {});
  const latest = useRef({ read, touched });
  latest.current = { read, touched };
  if (state.current.key !== key) state.current = { key, isLoading: true };

  useEffect(() => {
    const end = new AbortController();
    const client = quire();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isReading = false;
    let isDue = false;
    let notBefore = 0;

    function touch(): void {
      isDue = true;
      if (isReading || timer || end.signal.aborted) return;
      timer = setTimeout(run, Math.max(0, notBefore - Date.now()));
    }
    async function run(): Promise<void> {
      timer = undefined;
      if (document.hidden && state.current.data) return;
      [isDue, isReading] = [false, true];
      let pauseMs = LEAST_MS;
      try {
        const data = await latest.current.read(end.signal);
        if (!end.signal.aborted) state.current = { key, data, isLoading: false };
      } catch (fault) {
        if (end.signal.aborted) return;
        const error = asQuireError(fault);
        const { data } = state.current;
        state.current = { key, data, error: data && isPassing(error) ? undefined : error, isLoading: false };
        if (isPassing(error)) [isDue, pauseMs] = [true, AGAIN_MS];
      }
      isReading = false;
      if (end.signal.aborted) return;
      notBefore = Date.now() + pauseMs;
      draw();
      if (everyMs) setTimeout(touch, everyMs);
      if (isDue) touch();
    }
    const seen = () => !document.hidden && (isDue || everyMs) && touch();
    document.addEventListener("visibilitychange", seen);
    const leave = client.observe({
      push: ({ events }) => events.length && latest.current.touched?.(events) && touch(),
      tear: () => latest.current.touched && touch(),
      fail: () => {},
    });
    again.current = touch;
    touch();
    return () => {
      end.abort();
      clearTimeout(timer);
      leave();
      document.removeEventListener("visibilitychange", seen);
    };
  }, [key]);

  const { data, error, isLoading } = state.current;
  return { data, error, isLoading, again: () => again.current() };
}

/** Drawn anew each second, for what says how long ago something was. */
export function useClock(everyMs = 1000): number {
  const [, tick] = useReducer((n: number, _: void) => n + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || tick(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return Date.now();
}
