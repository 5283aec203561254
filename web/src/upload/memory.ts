/** *Memory*: which files of which batch have been sent, kept over a reload of the page. */
import type { Gathered } from "./gather.js";
import { keyOf } from "./plan.js";

export interface Unfinished {
  batch: string;
  name: string;
  files: number;
  at: number;
}

const BATCHES = "batches";
const FILES = "files";
/** Of a folder that is dropped again, so many names are looked for. */
const SAMPLE = 200;

let opened: Promise<IDBDatabase> | undefined;

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open("quire-uploads", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(BATCHES, { keyPath: "batch" });
    request.result.createObjectStore(FILES);
  };
  return (opened ??= done(request));
}

async function store(name: string, mode: IDBTransactionMode): Promise<IDBObjectStore> {
  return (await open()).transaction(name, mode).objectStore(name);
}

const ofBatch = (batch: string) => IDBKeyRange.bound([batch], [batch, []]);
/** Without what the client keeps under the empty key. */
const filesOf = (batch: string) => IDBKeyRange.bound([batch, ""], [batch, []], true);

export async function remember(unfinished: Unfinished): Promise<void> {
  await done((await store(BATCHES, "readwrite")).put(unfinished));
}

export async function unfinished(): Promise<Unfinished[]> {
  return done((await store(BATCHES, "readonly")).getAll() as IDBRequest<Unfinished[]>);
}

export async function sentOf(batch: string): Promise<number> {
  return done((await store(FILES, "readonly")).count(filesOf(batch)));
}

export async function forget(batch: string): Promise<void> {
  await done((await store(FILES, "readwrite")).delete(ofBatch(batch)));
  await done((await store(BATCHES, "readwrite")).delete(batch));
}

/** What was sent for a batch: read once, written as it grows. */
export async function memoryOf(batch: string) {
  const files = await store(FILES, "readonly");
  const [keys, ids] = await Promise.all([done(files.getAllKeys(ofBatch(batch))), done(files.getAll(ofBatch(batch)))]);
  const known = new Map(keys.map((key, nth) => [(key as [string, string])[1], ids[nth] as string]));
  return {
    get: (key: string) => known.get(key),
    async set(key: string, value: string): Promise<void> {
      known.set(key, value);
      // A browser that keeps nothing uploads all the same.
      await store(FILES, "readwrite")
        .then((files) => done(files.put(value, [batch, key])))
        .catch(() => undefined);
    },
  };
}

/** The upload that these files were part of. */
export async function begunWith(files: readonly Gathered[]): Promise<Unfinished | undefined> {
  const every = Math.max(1, Math.floor(files.length / SAMPLE));
  const sample = files.filter((_, nth) => nth % every === 0);
  for (const one of (await unfinished()).reverse()) {
    const sent = await store(FILES, "readonly");
    const [adding, ...found] = await Promise.all([
      done(sent.get([one.batch, ""]) as IDBRequest<string | undefined>),
      ...sample.map((file) => done(sent.getKey([one.batch, keyOf(file)]))),
    ]);
    // Broken off at once, none of them is known to be there, and all that is known is what was being added.
    if (found.some(Boolean) || files.some((file) => adding?.includes(JSON.stringify(keyOf(file))))) return one;
  }
  return undefined;
}
