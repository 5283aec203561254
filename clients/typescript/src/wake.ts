/** *Wake*: what tells a page that time has passed without it. */

/**
 * A stopwatch; milliseconds. Some browsers stop one clock while the machine sleeps, and people set the other: the one
 * that went on is believed, and time that went backwards is no time.
 */
export function stopwatch(): () => number {
  const wall = Date.now();
  const steady = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - steady);
}

const hasPage = typeof document === "object";

export const isVisible = (): boolean => !hasPage || !document.hidden;

/** Calls `wake` when the page may have been asleep, hidden or out of reach. */
export function watchPage(wake: () => void): () => void {
  const stop = new AbortController();
  const on = (target: EventTarget, name: string) => target.addEventListener(name, wake, { signal: stop.signal });
  if (hasPage) {
    on(window, "online");
    on(window, "pageshow");
    on(document, "visibilitychange");
    on(document, "resume");
  }
  return () => stop.abort();
}
