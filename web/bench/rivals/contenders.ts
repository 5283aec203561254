/** *Contenders*: dashboards over the same work: jobs that have ended, and live ones that sleep, four at a time. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Quire } from "../../../clients/typescript/test/harness/quire.js";
import { SETTINGS, SLOTS } from "../batches.js";
import { sleep } from "../statistics.js";

export const LIVE = 1000;

export interface Contender {
  name: string;
  /** The page that lists the jobs, and what a row of it is. */
  address: string;
  row: string;
  /** Has live jobs worked on for so long. */
  begin(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

const sleepMs = (seconds: number) => Math.round((seconds * 1000 * SLOTS) / LIVE);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** A server of its own in memory, for each that needs one. */
async function redis() {
  const [dir, port] = [mkdtempSync(join(tmpdir(), "rivals-")), await freePort()];
  const child = spawn("redis-server", ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", dir], { stdio: "ignore" });
  await Promise.race([sleep(1000), once(child, "error").then(([error]) => Promise.reject(error))]);
  const stop = async () => {
    await end(child);
    rmSync(dir, { recursive: true, force: true });
  };
  return { port, stop };
}

/** One batch has both: the page that is measured shows them in one list. */
export async function quire(finished: number): Promise<Contender> {
  const server = await Quire.start(SETTINGS);
  const it: Contender = {
    name: "Quire",
    address: "",
    row: "[role=row] .name",
    async begin(seconds) {
      const positions = Array.from({ length: LIVE }, (_, nth) => finished + nth + 1);
      const scripts = Object.fromEntries(positions.map((position) => [position, { sleep: sleepMs(seconds) }]));
      const { id } = await server.submit({ name: "work", items: finished + LIVE, scripts });
      it.address = `${server.url}/batches/${id}`;
      while ((await server.batch(id)).counts.succeeded < finished) await sleep(200);
    },
    stop: () => server.stop(),
  };
  return it;
}

export async function bullBoard(finished: number): Promise<Contender> {
  const store = await redis();
  const script = join(import.meta.dirname, "bullboard.mjs");
  const child = spawn(process.execPath, [script, `${store.port}`, `${finished}`], { stdio: ["pipe", "pipe", "inherit"] });
  const [port] = (await once(createInterface(child.stdout!), "line")) as [string];
  return {
    name: "Bull Board 9.10.1 on BullMQ 6.7.0",
    address: `http://127.0.0.1:${port}/queue/work?status=completed`,
    row: "main [class*=jobLink]",
    begin: async (seconds) => void child.stdin!.write(`${LIVE} ${sleepMs(seconds)} ${SLOTS}\n`),
    async stop() {
      await end(child);
      await store.stop();
    },
  };
}

/** Flower knows what it has heard of: it listens while the tasks are worked on. `bin` is where they are installed. */
export async function flower(finished: number, bin: string): Promise<Contender> {
  const store = await redis();
  const port = await freePort();
  const options = {
    cwd: import.meta.dirname,
    env: { ...process.env, BROKER: `redis://127.0.0.1:${store.port}/0`, FLOWER_UNAUTHENTICATED_API: "true" },
    stdio: "ignore" as const,
  };
  const start = (program: string, ...given: string[]) => spawn(join(bin, program), given, options);
  const address = `http://127.0.0.1:${port}`;
  const children = [
    start("celery", "-A", "work", "flower", "--address=127.0.0.1", `--port=${port}`, "--max_tasks=200000"),
    start("celery", "-A", "work", "worker", "-E", "--pool=threads", `--concurrency=${SLOTS}`, "--loglevel=ERROR"),
  ];
  const stop = async () => {
    await Promise.all(children.map(end));
    await store.stop();
  };
  const succeeded = async () => {
    const metrics = await fetch(`${address}/metrics`).then((answer) => answer.text(), () => "");
    const lines = metrics.matchAll(/^flower_events_total\{.*type="task-succeeded".*\} (\S+)$/gm);
    return [...lines].reduce((sum, [, n]) => sum + Number(n), 0);
  };
  // What happens before both of them are there is not heard.
  await sleep(10_000);
  await once(start("python", "work.py", `${finished}`, "0"), "exit");
  for (let tries = 0, seen = -1, now = 0; now < finished; now = await succeeded()) {
    tries = now === seen ? tries + 1 : 0;
    if (tries > 20) return stop().then(() => Promise.reject(new Error(`Flower heard of ${now} tasks, and of no more`)));
    seen = now;
    await sleep(1000);
  }
  return {
    name: "Flower 2.2.0 on Celery 5.7.0",
    address: `${address}/tasks`,
    row: "#tasks-table tbody a",
    begin: async (seconds) => void start("python", "work.py", `${LIVE}`, `${sleepMs(seconds)}`),
    stop,
  };
}
