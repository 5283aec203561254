/**
 * *Compare*: this client beside partysocket with hand-written glue and socket.io-client, in one run on one server: bytes
 * that a page loads, time from the line's return to a right state, events lost in 100 cuts.
 *
 * partysocket reconnects; what it is to ask for then is the glue's matter: here once the glue that Quire's README shows,
 * with a cursor, and once without one. socket.io speaks to no Quire server: a bridge polls the log and emits each event,
 * with socket.io's own recovery of missed packets switched on.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import PartySocket from "partysocket/ws";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import WebSocket from "ws";
import { connect } from "../src/index.js";
import { Quire } from "../test/harness/quire.js";
import { Relay } from "../test/harness/relay.js";
import { eventually } from "../test/harness/wait.js";

const OUTAGES = 5;
/** After so long of a good connection all of them begin their pauses anew. */
const QUIET_MS = 10_500;
const CUTS = 100;
const OUTAGE_MS = 1000;
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

interface Contender {
  name: string;
  /** As a page would import it. */
  code: string;
  relay: Relay;
  isOpen(): boolean;
  /** Every `seq` that it was told of. */
  seen: Set<number>;
  doubled: number;
  close(): void;
}

type Make = (name: string, quire: Quire, quick: boolean) => Promise<Contender>;

function noting(contender: Pick<Contender, "seen"> & { doubled: number }, seq: number): void {
  if (contender.seen.has(seq)) contender.doubled++;
  contender.seen.add(seq);
}

const own: Make = async (name, quire, quick) => {
  const relay = await Relay.to(quire.url);
  const timing = quick ? { backoffMs: 100, backoffMaxMs: 1000 } : {};
  const q = connect({ server: relay.url, owner: `${name}${quick}`, WebSocket, timing });
  const it = {
    name,
    code: 'export { connect } from "../src/core.ts"',
    relay,
    isOpen: () => q.connection.state === "live",
    seen: new Set<number>(),
    doubled: 0,
    close: () => (q.end(), relay.close()),
  };
  void (async () => {
    for await (const { seq } of q.events({ after: 0 })) noting(it, seq);
  })().catch(() => {});
  return it;
};

/** The frames of the README's example, on a socket that reconnects by itself. */
const party =
  (hasCursor: boolean): Make =>
  async (name, quire, quick) => {
    const relay = await Relay.to(quire.url);
    const options = { WebSocket, ...(quick && { minReconnectionDelay: 50, maxReconnectionDelay: 1000 }) };
    const ws = new PartySocket(`${relay.url.replace("http", "ws")}/api/v1/ws`, "quire.v1", options);
    let [epoch, upto] = ["", 0];
    const it: Contender = {
      name,
      code: 'export { WebSocket } from "partysocket"',
      relay,
      isOpen: () => ws.readyState === 1,
      seen: new Set<number>(),
      doubled: 0,
      close: () => (ws.close(), relay.close()),
    };
    const say = (frame: object) => ws.send(JSON.stringify(frame));
    ws.addEventListener("message", ({ data }: { data: unknown }) => {
      const frame = JSON.parse(`${data}`);
      if (frame.type === "hello") {
        if (hasCursor) say({ type: "resume", epoch: epoch || frame.epoch, after: upto });
        else say({ type: "resume", epoch: frame.epoch, after: epoch ? frame.latest : 0 });
        epoch = frame.epoch;
      }
      upto = frame.upto ?? frame.as_of_seq ?? upto;
      if (frame.type !== "events") return;
      say({ type: "ack", seq: upto });
      for (const { seq } of frame.events) noting(it, seq);
    });
    return it;
  };

const socketIo: Make = async (name, quire, quick) => {
  const http = createServer();
  const server = new Server(http, { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  const relay = await Relay.to(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  let isOver = false;
  const socket = io(relay.url, quick ? { reconnectionDelay: 50, reconnectionDelayMax: 1000 } : {});
  const it: Contender = {
    name,
    code: 'export { io } from "socket.io-client"',
    relay,
    isOpen: () => socket.connected,
    seen: new Set<number>(),
    doubled: 0,
    close: () => {
      isOver = true;
      socket.close();
      void server.close();
      relay.close();
    },
  };
  socket.on("event", ({ seq }: { seq: number }) => noting(it, seq));
  await eventually(it.isOpen);
  void (async () => {
    for (let after = 0; !isOver; ) {
      const page = await quire.page(`after=${after}&limit=1000&wait=1`).catch(() => undefined);
      for (const event of page?.events ?? []) server.emit("event", event);
      after = page?.next_after ?? after;
    }
  })();
  return it;
};

async function bytes(code: string): Promise<number> {
  const stdin = { contents: code, resolveDir: import.meta.dirname, loader: "ts" as const };
  const { outputFiles } = await build({ stdin, bundle: true, minify: true, format: "esm", target: "es2022", platform: "browser", write: false });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

const missing = async (quire: Quire, { seen }: Contender) => (await quire.log()).filter(({ seq }) => !seen.has(seq)).length;

/** Milliseconds from the line's return until everything is there that happened meanwhile; `undefined` for never. */
async function recovery(quire: Quire, it: Contender): Promise<number | undefined> {
  await eventually(it.isOpen);
  await sleep(QUIET_MS);
  it.relay.behave({ isDown: true });
  it.relay.cut();
  const { id } = await quire.submit({ items: 20 });
  await sleep(OUTAGE_MS);
  it.relay.behave({});
  const since = Date.now();
  await eventually(async () => (await quire.batch(id)).outcome);
  const { latest } = await quire.page();
  const isRight = () => Array.from({ length: latest }, (_, nth) => nth + 1).every((seq) => it.seen.has(seq));
  return eventually(isRight, 15).then(
    () => Date.now() - since,
    () => undefined,
  );
}

/** Has heard of something: before its first packet, socket.io has no place to recover from. */
async function warm(quire: Quire, it: Contender): Promise<void> {
  await eventually(it.isOpen);
  await quire.submit({ items: 1 });
  await eventually(() => it.seen.size > 0);
}

async function cuts(quire: Quire, it: Contender): Promise<void> {
  for (let cut = 0; cut < CUTS; cut++) {
    await eventually(it.isOpen);
    await sleep(Math.random() * 100);
    it.relay.cut();
    await eventually(() => !it.isOpen(), 2).catch(() => {});
  }
  await eventually(it.isOpen);
}

const median = (all: number[]) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)];

const makes: [string, Make][] = [
  ["quire-client/core", own],
  ["partysocket + glue with a cursor", party(true)],
  ["partysocket + glue without", party(false)],
  ["socket.io-client + bridge", socketIo],
];

const rows = await Promise.all(
  makes.map(async ([name, make]) => {
    const quire = await Quire.start();
    const usual = await make(name, quire, false);
    await warm(quire, usual);
    const times: number[] = [];
    let never = 0;
    for (let outage = 0; outage < OUTAGES; outage++) {
      const took = await recovery(quire, usual);
      if (took === undefined) {
        never++;
        // What was lost stays lost: the next outage is measured without it.
        for (const { seq } of await quire.log()) usual.seen.add(seq);
      } else times.push(took);
    }
    usual.close();
    const quick = await make(name, quire, true);
    await warm(quire, quick);
    let isWorking = true;
    const work = (async () => {
      while (isWorking) {
        await quire.submit({ items: 3 });
        await sleep(100);
      }
    })();
    await cuts(quire, quick);
    isWorking = false;
    await work;
    await eventually(async () => (await missing(quire, quick)) === 0, 8).catch(() => {});
    const row = {
      "bytes gz": await bytes(quick.code),
      "ms to a right state, median": times.length ? median(times) : "never",
      "of outages never right": `${never} of ${OUTAGES}`,
      [`events lost in ${CUTS} cuts`]: `${await missing(quire, quick)} of ${(await quire.log()).length}`,
      doubled: quick.doubled,
    };
    quick.close();
    await quire.stop();
    return [name, row] as const;
  }),
);
console.table(Object.fromEntries(rows));
process.exit(0);
