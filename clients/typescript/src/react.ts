/** React hooks. Each shows what is known, live, and the same object while nothing has changed. */
import { createContext, useCallback, useContext, useRef, useState, useSyncExternalStore } from "react";
import type { BatchClient, BatchHandle } from "./batches.js";
import { type Connection, current } from "./client.js";
import { type Query, type Reading, type Shown, kept, makeQuery } from "./query.js";
import type { KnownBatch } from "./store.js";
import type { Answered, Asked, FailureCode, Item, ItemState, Progress } from "./types.js";
import type { FilesToUpload, UploadOptions, UploadState } from "./upload.js";
import { isVisible } from "./wake.js";

type Subscribe = (listener: () => void) => () => void;

/** The client of the hooks below it; without, the one that was connected last. */
export const QuireContext = createContext<BatchClient | undefined>(undefined);

export const useClient = (): BatchClient => useContext(QuireContext) ?? (current() as BatchClient);

/** However many frames come, what is shown changes once in a frame of the screen. */
const perFrame =
  (subscribe: Subscribe): Subscribe =>
  (listener) => {
    let isDue = false;
    const run = () => {
      isDue = false;
      listener();
    };
    return subscribe(() => {
      if (isDue) return;
      isDue = true;
      if (typeof requestAnimationFrame === "function" && isVisible()) requestAnimationFrame(run);
      else setTimeout(run);
    });
  };

const useShown = <V>(of: unknown, subscribe: Subscribe, get: () => V): V =>
  useSyncExternalStore(useCallback(perFrame(subscribe), [of]), get, get);

const queries = new WeakMap<BatchClient, Map<string, Query<object>>>();

function useQuery<V extends object>(
  name: unknown[],
  reading: (client: BatchClient, touch: () => void) => Reading<V>,
): V & Shown {
  const client = useClient();
  const known = queries.get(client) ?? new Map<string, Query<object>>();
  queries.set(client, known);
  const key = JSON.stringify(name);
  const make = (): Query<V> => {
    const query: Query<V> = makeQuery(client, reading(client, () => query.touch()));
    return query;
  };
  const query = (known.get(key) as Query<V> | undefined) ?? make();
  known.set(key, query);
  return useShown(query, query.subscribe, query.get);
}

export type BatchShown = Omit<BatchHandle, "id"> & { batch?: KnownBatch; progress?: Progress };

/** One batch, what it does now, and what can be done with it. */
export const useBatch = (id: string): BatchShown & Shown =>
  useQuery([id], (client) => {
    const { store } = client;
    const handle = client.batch(id);
    return {
      key: `batch/${id}`,
      read: async () => (store.isStale(id) || !store.batches.has(id)) && handle.read(),
      isTouched: () => store.isStale(id),
      show: () => {
        const batch = store.batches.get(id);
        const told = store.progress.get(id);
        const progress = told && !batch?.outcome && told.rev >= (batch?.rev ?? 0) ? told : undefined;
        return { ...handle, batch, progress };
      },
    };
  });

const PAGE = 100;

export interface BatchesShown {
  batches: readonly KnownBatch[];
  hasMore: boolean;
  more: () => void;
}

export type BatchFilter = Omit<NonNullable<Asked<"GET /api/v1/batches">["query"]>, "limit" | "cursor">;

/** Batches, newest first. */
export const useBatches = (filter: BatchFilter = {}): BatchesShown & Shown =>
  useQuery(["batches", filter], ({ store, http }, touch) => {
    let ids: string[] = [];
    let batches: readonly KnownBatch[] = [];
    let wanted = PAGE;
    let hasMore = false;
    const more = () => {
      wanted += PAGE;
      touch();
    };
    return {
      key: "batches",
      read: async () => {
        const found: string[] = [];
        for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
          const query = { ...filter, limit: Math.min(1000, wanted - found.length), cursor };
          const page: Answered<"GET /api/v1/batches"> = await http.call("GET /api/v1/batches", { query });
          for (const batch of page.batches) {
            store.read(batch);
            found.push(batch.id);
          }
          hasMore = !!page.next_cursor;
          cursor = found.length < wanted ? (page.next_cursor ?? undefined) : undefined;
        }
        ids = found;
      },
      isTouched: ({ events }) => events.some(({ item }) => !item) || ids.some((id) => store.isStale(id)),
      show: () => {
        batches = kept(batches, ids.map((id) => store.batches.get(id)!).filter(Boolean));
        return { batches, hasMore, more };
      },
    };
  });

export interface ItemWindow {
  /** Position of the first row; 1 without. */
  from?: number;
  /** Rows; 100 without. */
  count?: number;
  filter?: { state?: ItemState; failure?: FailureCode; name?: string };
}

export interface ItemsShown {
  items: readonly Item[];
}

/** A window on the items of a batch. */
export const useItems = (id: string, { from, count = PAGE, filter }: ItemWindow = {}): ItemsShown & Shown =>
  useQuery([id, from, count, filter], ({ http }) => {
    let items: readonly Item[] = [];
    return {
      key: `items/${id}`,
      want: id,
      read: async () => {
        const query = { ...filter, limit: count, from };
        const page = await http.call("GET /api/v1/batches/{id}/items", { path: { id }, query });
        // A row that is as it was stays the same object.
        const known = new Map(items.map((item) => [JSON.stringify(item), item]));
        items = kept(items, page.items.map((item) => known.get(JSON.stringify(item)) ?? item));
      },
      isTouched: ({ events }) => events.some(({ batch }) => batch === id),
      show: () => ({ items }),
    };
  });

/** How the page is connected. `useClient().retry()` tries again what was refused. */
export function useConnection(): Connection {
  const client = useClient();
  return useShown(
    client,
    (listener) => client.subscribe([], listener),
    () => client.connection,
  );
}

export interface UploadShown {
  readonly state?: UploadState;
  readonly error?: unknown;
  readonly start: (files: FilesToUpload, options?: UploadOptions) => Promise<void>;
  readonly cancel: () => void;
}

/** Uploads, one at a time. */
export function useUpload(): UploadShown {
  const client = useClient();
  const stop = useRef<AbortController>(undefined);
  const [shown, show] = useState<{ state?: UploadState; error?: unknown }>({});
  const cancel = () => stop.current?.abort();
  const start = async (files: FilesToUpload, options?: UploadOptions) => {
    cancel();
    const { signal } = (stop.current = new AbortController());
    try {
      for await (const state of client.upload(files, { ...options, signal })) if (!signal.aborted) show({ state });
    } catch (error) {
      if (!signal.aborted) show(({ state }) => ({ state, error }));
    }
  };
  return { ...shown, start, cancel };
}
