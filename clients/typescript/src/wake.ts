/** *Wake*: what tells a page that time has passed without it. */

/**
 * A stopwatch; milliseconds. Some browsers stop one clock while the machine sleeps, and people set the other: the one
 * that went on is believed, and time that went backwards is no time.
 */
export function stopwatch(): () => number {
  const [wall, steady] = [Date.now(), performance.now()];
  return () => Math.max(Date.now() - wall, performance.now() - steady);
}

export const isVisible = (): boolean => typeof document === "undefined" || document.visibilityState !== "hidden";

/** Calls `wake` when the page may have been asleep or out of reach, `leave` and `back` around the back/forward cache. */
export function watchPage(wake: () => void, leave: () => void, back: () => void): () => void {
  if (typeof document === "undefined") return () => {};
  const shown = (event: PageTransitionEvent) => (event.persisted ? back() : wake());
  const listened: [EventTarget, string, (event: never) => void][] = [
    [window, "online", wake],
    [document, "visibilitychange", wake],
    [document, "resume", wake],
    [window, "pageshow", shown],
    [window, "pagehide", leave],
  ];
  for (const [target, name, listener] of listened) target.addEventListener(name, listener as EventListener);
  return () => {
    for (const [target, name, listener] of listened) target.removeEventListener(name, listener as EventListener);
  };
}
