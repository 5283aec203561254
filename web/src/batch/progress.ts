/** *Progress*: what a batch does now, as the server tells; it is stored nowhere. */
import { useCallback, useSyncExternalStore } from "../react.js";
import type { KnownBatch, Progress } from "quire-client";
import { useClient } from "quire-client/react";

export function useProgress({ id, outcome, rev }: KnownBatch): Progress | undefined {
  const client = useClient();
  const subscribe = useCallback(
    (listener: () => void) => {
      let due = 0;
      const draw = () => {
        due = 0;
        listener();
      };
      const leave = client.store.subscribe([`batch/${id}`], () => void (due ||= requestAnimationFrame(draw)));
      return () => {
        cancelAnimationFrame(due);
        leave();
      };
    },
    [client, id],
  );
  const told = useSyncExternalStore(subscribe, () => client.store.progress.get(id));
  return told && !outcome && told.rev >= rev ? told : undefined;
}
