/** A real server on a free port with a data directory of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Batch, Event, EventPage } from "../../src/types.js";

function needed(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`Set ${variable} to the program: ${variable}=/path/to/it npm test`);
  return value;
}

export class Quire {
  url = "";
  #dir = mkdtempSync(join(tmpdir(), "quire-client-test-"));
  #data = 0;
  #child?: ChildProcess;
  #port = 0;

  private constructor(
    private readonly settings: Record<string, string | number>,
    private readonly keepsPort: boolean,
    private readonly without: string,
  ) {}

  /**
   * With settings such as `live.heartbeat_ms`; with `keepsPort`, the next process has the same address; for control
   * experiments `without` some safeguards.
   */
  static async start(
    settings: Record<string, string | number> = {},
    { keepsPort = false, without = "" } = {},
  ): Promise<Quire> {
    const quire = new Quire(settings, keepsPort, without);
    await quire.restart();
    return quire;
  }

  /** Another process on the same data. */
  async restart(): Promise<void> {
    const data = join(this.#dir, `data-${this.#data}`);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const log = openSync(join(this.#dir, "log"), "a");
    const env: Record<string, string | undefined> = {
      ...process.env,
      QUIRE__TESTING__ALLOW_SCRIPTS: "true",
      QUIRE__ENGINE__SLOTS: "2",
      QUIRE__ENGINE__MIN_AVAILABLE_MEMORY_MIB: "0",
      QUIRE__LOG__FILES: "false",
      QUIRE_WITHOUT: this.without,
    };
    for (const [key, value] of Object.entries(this.settings)) {
      env[`QUIRE__${key.toUpperCase().replaceAll(".", "__")}`] = `${value}`;
    }
    const child = spawn(needed("QUIRE_BIN"), ["serve", "--port", `${this.#port}`, "--data-dir", data], {
      env,
      stdio: ["ignore", "pipe", log],
    });
    this.#child = child;
    const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
    const url = /^quire listens on (\S+)/.exec(line)?.[1];
    if (!url) throw new Error(`the server said: ${line}`);
    this.url = url;
    if (this.keepsPort) this.#port = Number(new URL(url).port);
  }

  /** As the kernel would under memory pressure: no goodbye. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode) return;
    child.kill(signal);
    await once(child, "exit");
  }

  /** The next process begins with nothing: another log. */
  forget(): void {
    this.#data++;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async ask<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  submit(body: object): Promise<Batch> {
    return this.ask("POST", "/api/v1/batches", { operations: ["noop"], ...body });
  }

  batch(id: string): Promise<Batch> {
    return this.ask("GET", `/api/v1/batches/${id}`);
  }

  /** Every event there is, by poll: what a listener must have seen. */
  async log(after = 0): Promise<Event[]> {
    const all: Event[] = [];
    for (;;) {
      const page = await this.ask<EventPage>("GET", `/api/v1/events?after=${after}&limit=1000`);
      all.push(...page.events);
      after = page.next_after;
      if (after >= page.latest) return all;
    }
  }

  page(query = "limit=1"): Promise<EventPage> {
    return this.ask("GET", `/api/v1/events?${query}`);
  }

  async sessions(): Promise<{ open: number; websockets: number; event_streams: number }> {
    const seen = await this.ask<{ sessions: { open: number; websockets: number; event_streams: number } }>(
      "GET",
      "/api/v1/admin/actors",
    );
    return seen.sessions;
  }
}
