import type { BatchClient } from "./batches.js";
import { either, sleep } from "./backoff.js";
import type { Ask } from "./http.js";
import { type QuireError, isPassing } from "./problem.js";
import type { FileList, File as StoredFile, SubmitBatch } from "./types.js";

/** Browsers' `File`s, or bytes with a name. */
export type FilesToUpload = Iterable<File | { name: string; bytes: Blob }>;

export interface UploadOptions {
  /** An open batch that takes the files, or what to make one of, which is sealed at the end. Without: files alone. */
  batch?: string | SubmitBatch;
  /**
   * Ids of what was sent before, by name, size and time: a `Map`, or a page's database. Under the empty key it holds what
   * is being added to a batch, so that what is broken off there is asked for again and not added twice.
   */
  memory?: { get(key: string): unknown; set(key: string, value: string): unknown };
  /** The server's settings; what is over them is refused before a byte is sent. */
  max_file_mib?: number;
  max_batch_items?: number;
  signal?: AbortSignal;
}

export interface RefusedFile {
  name: string;
  /** `empty_file`, `file_too_large`, `too_many_items`, `file_changed`, or the code of the server's answer. */
  code: string;
  detail: string;
}

export interface UploadState {
  /** Files that can be taken, those of them that are there, and the bytes that were sent for them. */
  readonly total: number;
  readonly sent: number;
  readonly bytes: number;
  /** Known from before. */
  readonly skipped: number;
  readonly failed: readonly RefusedFile[];
  /** What is there. */
  readonly files: readonly { name: string; id: string }[];
  readonly batch?: string;
}

interface Document {
  name: string;
  bytes: Blob;
  key: string;
}

/** A request of which it is not known yet whether the server has done it. */
interface Adding {
  batch?: string;
  files: { name: string; key: string; id: string }[];
}

/** As many as a batch takes from the store at once, and as measured: more at a time is no faster. */
const PER_REQUEST = 25;
const IN_FLIGHT = 3;
/** What is larger goes in pieces, so that a broken line costs a piece. */
const WHOLE_BYTES = 8 << 20;
const PIECE_BYTES = 4 << 20;
const AGAIN_MS = 250;
const FOR_EVER_MS = 2 ** 31 - 1;
/** Under this key the memory holds what is being added. */
const ADDING = "";
/** Answers to what was sent, and not to who sent it or where to. */
const OF_FILES = [400, 413, 415, 422];
const CHANGED = { code: "file_changed", detail: "It was changed or removed after it was chosen.", status: 400 };

/** *Upload*: files in, ids out. Refuses by name what cannot be taken; all others go on. */
export async function* upload(
  client: BatchClient,
  given: FilesToUpload,
  { batch, memory = new Map(), max_file_mib = 512, max_batch_items = 1e6, signal: stop }: UploadOptions = {},
): AsyncGenerator<UploadState, void, void> {
  const end = new AbortController();
  const signal = either(end.signal, stop);
  const failed: RefusedFile[] = [];
  const files: { name: string; id: string }[] = [];
  const quires: Document[][] = [];
  let [total, sent, bytes, skipped] = [0, 0, 0, 0];
  let id = typeof batch === "string" ? batch : undefined;
  let adding: Adding[] = JSON.parse(((await memory.get(ADDING)) as string) ?? "[]");
  const refuse = (name: string, code: string, detail: string) => failed.push({ name, code, detail });
  const isOpen = (error: QuireError) => signal.aborted || !error.detail || isPassing(error);
  const add = async (added: { name: string; id: string }[], headers?: Ask["headers"]) =>
    id &&
    added[0] &&
    client.http.call("POST /api/v1/batches/{id}/items", { path: { id }, body: { files: added.map(placed) }, headers, signal });
  const keep = () => id && memory.set(ADDING, JSON.stringify(adding));
  const finish = async (one: Adding) => {
    let refusal: unknown;
    await keep();
    try {
      const { length } = one.files;
      if (one.batch === id) await add(one.files, { "Idempotency-Key": `${one.files[0]?.id}/${length}` });
      for (const { key, id } of one.files) await memory.set(key, id);
    } catch (error) {
      if (isOpen(error as QuireError)) throw error;
      refusal = error;
    }
    adding = adding.filter((other) => other !== one);
    await keep();
    if (refusal) throw refusal;
  };
  // What was refused is sent anew, and refused by name.
  for (const one of adding) await finish(one).catch((error) => isOpen(error) && Promise.reject(error));
  for (const file of given) {
    const bytes = file instanceof Blob ? file : file.bytes;
    const name = (file as File).webkitRelativePath || file.name;
    const key = `${name}/${bytes.size}/${(file as File).lastModified}`;
    const known = (await memory.get(key)) as string | undefined;
    if (!bytes.size) refuse(name, "empty_file", "It has no bytes. Leave it out, or send a whole one.");
    else if (bytes.size > max_file_mib * 2 ** 20) refuse(name, "file_too_large", `At most ${max_file_mib} MiB are taken.`);
    else if (++total > max_batch_items) refuse(name, "too_many_items", `At most ${max_batch_items} are taken. Make several batches.`);
    else if (known) {
      files.push({ name, id: known });
      skipped++;
    } else {
      const last = quires.at(-1);
      const isAlone = [bytes, last?.[0]?.bytes].some((other) => other && other.size > WHOLE_BYTES);
      if (!last || isAlone || last.length >= PER_REQUEST) quires.push([{ name, bytes, key }]);
      else last.push({ name, bytes, key });
    }
  }
  const own = typeof batch === "object" && (await client.submit({ ...batch, sealed: false }));
  if (own) id = own.id;
  const state = () => ({ total, sent, bytes, skipped, failed: [...failed], files: [...files], batch: id });
  const send = async (quire: Document[]): Promise<void> => {
    try {
      for (const document of quire) await assertReadable(document.bytes);
      const made = await sendQuire(client, quire, signal);
      const one = { batch: id, files: made.map(({ id }, nth) => ({ name: quire[nth]!.name, key: quire[nth]!.key, id })) };
      adding.push(one);
      await finish(one);
      for (const [nth, { id }] of made.entries()) {
        const document = quire[nth]!;
        files.push({ name: document.name, id });
        bytes += document.bytes.size;
        sent++;
      }
    } catch (error) {
      const { code, detail, status } = error as QuireError;
      if (isOpen(error as QuireError)) throw error;
      const half = quire.length >> 1;
      // Refused is the whole request; whose fault it is, its halves show.
      if (half && OF_FILES.includes(status!)) await Promise.all([send(quire.slice(0, half)), send(quire.slice(half))]);
      else for (const { name } of quire) refuse(name, code, detail);
    }
  };
  yield state();
  // A batch of its own holds nothing yet of what was sent before.
  if (own) await add(files);
  const flying = new Set<Promise<void>>();
  try {
    for (const quire of quires) {
      const flight: Promise<void> = send(quire).finally(() => flying.delete(flight));
      flying.add(flight);
      while (flying.size >= IN_FLIGHT || (flying.size && quire === quires.at(-1))) {
        await Promise.race(flying);
        yield state();
      }
    }
  } finally {
    // Whoever begins again is not to meet what of this one is still under way.
    end.abort();
    await Promise.allSettled(flying);
  }
  if (own) await client.batch(own.id).seal();
  yield state();
}

/** An uploaded file with the folder that it lay in, if it lay in one. */
const placed = ({ name, id }: { name: string; id: string }) => {
  const folder = name.slice(0, Math.max(0, name.lastIndexOf("/")));
  return folder ? { id, folder } : id;
};

/** To send a file that was changed looks as if the server did not answer, and would do so for ever. */
const assertReadable = (bytes: Blob) => bytes.slice(0, 1).arrayBuffer().catch(() => Promise.reject(CHANGED));

async function sendQuire({ http }: BatchClient, quire: Document[], signal?: AbortSignal): Promise<StoredFile[]> {
  const { name, bytes } = quire[0]!;
  if (bytes.size > WHOLE_BYTES) {
    try {
      return [await sendPieces(http, name, bytes, signal)];
    } catch (error) {
      // An older server takes it whole.
      if ((error as QuireError).code !== "route_not_found") throw error;
    }
  }
  const body = new FormData();
  for (const { name, bytes } of quire) body.append("files", bytes, name);
  const answer = await http.call("POST /api/v1/files", { body, signal, timeoutMs: FOR_EVER_MS });
  return (answer as FileList).files;
}

/** Asks after each break how far the server came, and goes on from there. */
async function sendPieces(http: BatchClient["http"], name: string, bytes: Blob, signal?: AbortSignal): Promise<StoredFile> {
  const begun = await http.send("POST /api/v1/uploads", { body: { name, size_bytes: bytes.size }, signal });
  const { id, piece_max_bytes = PIECE_BYTES } = await begun.json();
  const path = { id };
  const ask = (method: string, more: object) => http.send(`${method} /api/v1/uploads/{id}`, { path, signal, ...more });
  for (let offset = 0; ; ) {
    let answer: Response;
    try {
      const body = bytes.slice(offset, offset + Math.min(PIECE_BYTES, piece_max_bytes));
      answer = await ask("PATCH", { body, headers: { "Upload-Offset": offset }, repeats: 0, timeoutMs: FOR_EVER_MS });
      if (answer.status === 201) return answer.json();
    } catch (error) {
      if ((error as QuireError).status !== 409 && !isPassing(error as QuireError)) throw error;
      // The server may not have noticed yet that the line is broken, and hold the place for who is gone.
      await sleep(AGAIN_MS);
      await assertReadable(bytes);
      answer = await ask("HEAD", {});
    }
    offset = +answer.headers.get("upload-offset")!;
  }
}
