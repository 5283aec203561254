/** Files in, ids out; what cannot be taken is refused by name before a byte is sent. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { type BatchClient, connect } from "../../src/index.js";
import type { UploadOptions, UploadState } from "../../src/upload.js";
import { QUICK } from "../harness/follower.js";
import { Quire } from "../harness/quire.js";
import { Relay } from "../harness/relay.js";

let quire: Quire;
let relay: Relay;
let q: BatchClient;
const asked: string[] = [];
beforeAll(async () => {
  quire = await Quire.start();
  relay = await Relay.to(quire.url);
  const counting: typeof fetch = (url, init) => {
    asked.push(`${init?.method} ${new URL(`${url}`).pathname}`);
    return fetch(url, init);
  };
  q = connect({ server: relay.url, owner: "upload", WebSocket, timing: QUICK, fetch: counting });
});
afterAll(async () => {
  q.end();
  relay.close();
  await quire.stop();
});

const file = (name: string, text = `%PDF-1.4 ${name}`) => ({ name, bytes: new Blob([text]) });
const many = (count: number) => Array.from({ length: count }, (_, nth) => file(`${nth}.pdf`));

async function all(files: Iterable<ReturnType<typeof file>>, options?: UploadOptions): Promise<UploadState[]> {
  asked.length = 0;
  const states: UploadState[] = [];
  for await (const state of q.upload(files, options)) states.push(state);
  return states;
}

test("120 files go 25 to a request into a batch of their own, which is sealed at the end", async () => {
  const states = await all(many(120), { batch: { operations: ["text"], name: "july" } });
  const last = states.at(-1)!;
  expect(last).toMatchObject({ total: 120, sent: 120, skipped: 0, failed: [] });
  expect(last.bytes).toBe(many(120).reduce((sum, { bytes }) => sum + bytes.size, 0));
  expect(asked.filter((one) => one === "POST /api/v1/files").length).toBe(5);
  expect(states.map(({ sent }) => sent)).toEqual([...states.map(({ sent }) => sent)].sort((a, b) => a - b));
  const batch = await quire.batch(last.batch!);
  expect(batch).toMatchObject({ name: "july", sealed: true, counts: { total: 120 } });
});

test("empty, too large, too many: refused by name, and nothing of them is sent", async () => {
  const files = [file("good.pdf"), file("empty.pdf", ""), { name: "large.pdf", bytes: new Blob([new Uint8Array((1 << 20) + 1)]) }, file("second.pdf")];
  const last = (await all(files, { max_file_mib: 1, max_batch_items: 1 })).at(-1)!;
  expect(last.failed.map(({ name, code }) => `${name} ${code}`)).toEqual([
    "empty.pdf empty_file",
    "large.pdf file_too_large",
    "second.pdf too_many_items",
  ]);
  expect(last.files.map(({ name }) => name)).toEqual(["good.pdf"]);
  asked.length = 0;
  expect((await all([file("empty.pdf", "")])).at(-1)!.failed.length).toBe(1);
  expect(asked).toEqual([]);
});

test("what was sent before is not sent again, and is in the batch all the same", async () => {
  const memory = new Map<string, string>();
  await all(many(30), { memory });
  expect(memory.size).toBe(30);
  const last = (await all(many(40), { memory, batch: { operations: ["text"] } })).at(-1)!;
  expect(last).toMatchObject({ total: 40, sent: 10, skipped: 30 });
  expect(asked.filter((one) => one === "POST /api/v1/files").length).toBe(1);
  expect((await quire.batch(last.batch!)).counts.total).toBe(40);
});

test("a line that breaks costs a request, not the upload", async () => {
  const { id } = await quire.submit({ operations: ["text"], sealed: false });
  const cutting = setInterval(() => relay.cut(), 30);
  const sending = all(many(200), { batch: id });
  setTimeout(() => clearInterval(cutting), 400);
  const last = (await sending).at(-1)!;
  expect(last).toMatchObject({ total: 200, sent: 200, failed: [] });
  expect((await quire.batch(id)).counts.total).toBe(200);
});

test("what the server refuses is named, and the rest goes on", async () => {
  const { id } = await quire.submit({ operations: ["text"], sealed: false });
  await quire.ask("PUT", `/api/v1/batches/${id}/seal`);
  const last = (await all([file("late.pdf")], { batch: id })).at(-1)!;
  expect(last.failed).toMatchObject([{ name: "late.pdf", code: "state_forbids" }]);
});

test("of a request that is refused for one file, the others are taken", async () => {
  const strict = await Quire.start({ "http.max_file_mib": 1 });
  const own = connect({ server: strict.url, owner: "strict", WebSocket, timing: QUICK });
  const { id } = await strict.submit({ operations: ["text"], sealed: false });
  const files = many(25).map((one, nth) => (nth === 9 ? { name: "large.pdf", bytes: new Blob([new Uint8Array(3 << 19)]) } : one));
  const states: UploadState[] = [];
  // The server takes less than this side was told.
  for await (const state of own.upload(files, { batch: id })) states.push(state);
  expect(states.at(-1)!.failed).toMatchObject([{ name: "large.pdf", code: "payload_too_large" }]);
  expect(states.at(-1)).toMatchObject({ total: 25, sent: 24 });
  expect((await strict.batch(id)).counts.total).toBe(24);
  own.end();
  await strict.stop();
});

/** A page's database, of which the page is gone before it hears that what it asked for was done. */
class Broken extends Map<string, string> {
  isGone = true;
  override set(key: string, value: string): this {
    if (this.isGone && key) throw new Error("the page is gone");
    return super.set(key, value);
  }
}

test("what was added before the page was gone is not added twice", async () => {
  const { id } = await quire.submit({ operations: ["text"], sealed: false });
  const memory = new Broken();
  await expect(all(many(25), { batch: id, memory })).rejects.toThrow("gone");
  expect((await quire.batch(id)).counts.total).toBe(25);
  memory.isGone = false;
  // Also of files that are not given again.
  const last = (await all(many(40).slice(10), { batch: id, memory })).at(-1)!;
  expect(last).toMatchObject({ total: 30, sent: 15, skipped: 15, failed: [] });
  expect((await quire.batch(id)).counts.total).toBe(40);
});

test("an answer that is lost is asked for again by whoever goes on, and nothing is there twice", async () => {
  const { id } = await quire.submit({ operations: ["text"], sealed: false });
  const memory = new Map<string, string>();
  let isLost = true;
  const losing: typeof fetch = async (url, init) => {
    const answer = await fetch(url, init);
    if (isLost && `${url}`.endsWith("/items")) throw new TypeError("the line broke");
    return answer;
  };
  const own = connect({ server: quire.url, owner: "losing", WebSocket, timing: QUICK, fetch: losing });
  const go = async () => {
    for await (const _ of own.upload(many(10), { batch: id, memory }));
  };
  await expect(go()).rejects.toMatchObject({ code: "unreachable" });
  isLost = false;
  await go();
  expect((await quire.batch(id)).counts.total).toBe(10);
  own.end();
});

test("who begins again does not meet requests of before", async () => {
  const { id } = await quire.submit({ operations: ["text"], sealed: false });
  let release = () => {};
  const gate = new Promise<void>((done) => (release = done));
  const calls: Promise<Response>[] = [];
  let [sent, isBroken] = [0, true];
  const uneven = async (url: string, init: RequestInit) => {
    if (url.endsWith("/files") && isBroken) {
      if (sent++) throw new TypeError("the line broke");
      await Promise.race([gate, new Promise((done) => init.signal!.addEventListener("abort", done))]);
    }
    return fetch(url, init);
  };
  const noting = (url: unknown, init: unknown) => {
    const call = uneven(`${url}`, init as RequestInit);
    calls.push(call);
    return call;
  };
  const own = connect({ server: quire.url, owner: "uneven", WebSocket, timing: QUICK, fetch: noting as typeof fetch });
  const memory = new Map<string, string>();
  const go = async () => {
    for await (const _ of own.upload(many(50), { batch: id, memory }));
  };
  await expect(go()).rejects.toMatchObject({ code: "unreachable" });
  isBroken = false;
  await go();
  release();
  for (let known = 0; known < calls.length; ) {
    known = calls.length;
    await Promise.allSettled(calls);
    await new Promise((done) => setTimeout(done));
  }
  expect((await quire.batch(id)).counts.total).toBe(50);
  own.end();
});

/** Bytes that no two pieces have in common. */
const large = (bytes: number) => new Blob([Uint8Array.from({ length: bytes }, (_, nth) => (nth >> 12) ^ nth)]);

test("a large file goes in pieces, and a line that breaks costs one of them", async () => {
  const bytes = large(21 << 20);
  const file = { name: "large.pdf", bytes };
  const cutting = setInterval(() => relay.cut(), 150);
  setTimeout(() => clearInterval(cutting), 1200);
  const last = (await all([file], { batch: { operations: ["info"] } })).at(-1)!;
  expect(last).toMatchObject({ sent: 1, bytes: bytes.size, failed: [] });
  const pieces = asked.filter((one) => one.startsWith("PATCH /api/v1/uploads/"));
  expect(pieces.length).toBeGreaterThanOrEqual(6);
  const stored = await fetch(`${quire.url}/api/v1/batches/${last.batch}/items/1/document`).then((answer) => answer.arrayBuffer());
  expect(Buffer.compare(Buffer.from(stored), Buffer.from(await bytes.arrayBuffer()))).toBe(0);
});

test("an answer that is lost is asked for again, and the piece is not sent twice", async () => {
  const bytes = large(9 << 20);
  let [taken, breaks] = [0, 0];
  const offsets: number[] = [];
  const server = createServer((request, answer) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const say = (status: number, json?: object) => {
        answer.writeHead(status, { "content-type": "application/json", "upload-offset": `${taken}` });
        answer.end(json && JSON.stringify(json));
      };
      if (!request.url?.startsWith("/api/v1/uploads")) return say(503);
      if (request.method === "POST") return say(201, { id: "u", offset: 0, piece_max_bytes: 4 << 20 });
      if (request.method === "HEAD") return say(204);
      const offset = Number(request.headers["upload-offset"]);
      offsets.push(offset);
      if (breaks++ === 1) {
        // Taken, and the answer is lost.
        taken = offset + body.length;
        return request.socket.destroy();
      }
      if (offset !== taken) return say(409, { code: "conflict", detail: "" });
      taken += body.length;
      return taken === bytes.size ? say(201, { id: "f", name: "large.pdf" }) : say(204);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const own = connect({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, owner: "pieces", WebSocket });
  const states: UploadState[] = [];
  for await (const state of own.upload([{ name: "large.pdf", bytes }])) states.push(state);
  expect(states.at(-1)).toMatchObject({ sent: 1, files: [{ name: "large.pdf", id: "f" }], failed: [] });
  expect(offsets).toEqual([0, 4 << 20, 8 << 20]);
  own.end();
  server.close();
  server.closeAllConnections();
});
