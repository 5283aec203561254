/** *React*: what the hooks of `quire-client` need of it, as Preact has it; all of `preact/compat` would be a kilobyte more. */
import { useLayoutEffect, useReducer, useRef } from "preact/hooks";

export { createContext } from "preact";
export { useCallback, useContext, useRef, useState } from "preact/hooks";

/** What a store outside has now, drawn anew when that is another object. */
export function useSyncExternalStore<T>(
  subscribe: (listener: () => void) => () => void,
  get: () => T,
  _onServer?: () => T,
): T {
  const [, draw] = useReducer((n: number, _: void) => n + 1, 0);
  const value = get();
  const drawn = useRef({ value, get });
  useLayoutEffect(() => {
    drawn.current = { value, get };
  });
  useLayoutEffect(() => {
    const look = () => {
      if (!Object.is(drawn.current.value, drawn.current.get())) draw();
    };
    // Something may have changed between drawing and listening.
    look();
    return subscribe(look);
  }, [subscribe]);
  return value;
}
