import { Backoff, sleep } from "./backoff.js";
import { QuireError, isPassing, notQuire, problemOf } from "./problem.js";
import type { Routes } from "./types.js";

/**
 * Who asks. `"none"`: a server on loopback without keys. `"session"`: the cookie of a login at the server's own
 * dashboard. A key given as a function is asked for again, once, when the server refuses the last one. A ticket opens
 * WebSockets alone, for pages that must not hold a key.
 */
export type Auth =
  | "none"
  | "session"
  | { key: string | (() => string | Promise<string>) }
  | { ticket: () => Promise<Response | { ticket: string } | string> };

export interface Ask {
  path?: Record<string, string | number>;
  query?: Record<string, string | number | boolean | undefined>;
  /** JSON, unless it is a form or bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Of the answer's head. */
  timeoutMs?: number;
  /** How often it is asked again when nobody answers. */
  repeats?: number;
}

type Given<R extends keyof Routes> = Omit<Ask, keyof Routes[R]> & Omit<Routes[R], "answer">;
type NoneNeeded<T> = Partial<T> extends T ? [ask?: T] : [ask: T];

/** Where the dashboard's login keeps the half of the session that is no cookie. */
const PAGE_TOKEN = "quire-page";
const REPEATS = 3;
const TIMEOUT_MS = 30_000;

/** *Http*: asks the server. What may be asked twice is repeated when the line breaks; all else fails by name. */
export class Http {
  #key?: string;
  #renewed = false;

  constructor(
    readonly server: string,
    readonly auth: Auth,
    private readonly fetcher: typeof fetch = (...given) => fetch(...given),
  ) {}

  /** `call("GET /api/v1/batches/{id}", { path: { id } })` */
  async call<R extends keyof Routes>(route: R, ...[ask]: NoneNeeded<Given<R>>): Promise<Routes[R]["answer"]> {
    const answer = await this.send(route, ask as Ask);
    if (!answer.headers.get("content-type")?.startsWith("application/json")) throw notQuire(answer.status);
    return answer.json();
  }

  async send(route: string, ask: Ask = {}): Promise<Response> {
    const [method = "GET", path = ""] = route.split(" ");
    const headers: Record<string, string> = { ...ask.headers };
    // The server answers a repeated key with what it did the first time.
    if (method === "POST") headers["Idempotency-Key"] ??= crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    const init: RequestInit = { method, headers };
    if (ask.body instanceof FormData || ask.body instanceof Blob) init.body = ask.body;
    else if (ask.body !== undefined) {
      init.body = JSON.stringify(ask.body);
      headers["Content-Type"] = "application/json";
    }
    const url = this.server + address(path, ask);
    const backoff = new Backoff();
    for (let repeats = 0; ; repeats++) {
      try {
        return await this.#admitted(url, init, ask);
      } catch (error) {
        if (repeats >= (ask.repeats ?? REPEATS) || ask.signal?.aborted || !isPassing(error)) throw error;
        await sleep(Math.max(backoff.delay(), ((error as QuireError).retryAfter ?? 0) * 1000), ask.signal);
      }
    }
  }

  /** Asks for another key, if there is a way to; once, until one is taken. */
  async renew(): Promise<boolean> {
    const { auth } = this;
    if (this.#renewed || typeof auth !== "object" || !("key" in auth) || typeof auth.key !== "function") return false;
    this.#renewed = true;
    this.#key = await auth.key();
    return true;
  }

  /** The last key was taken. */
  admitted(): void {
    this.#renewed = false;
  }

  async #admitted(url: string, init: RequestInit, ask: Ask): Promise<Response> {
    for (;;) {
      const answer = await this.#once(url, init, ask);
      if (answer.ok) {
        this.admitted();
        return answer;
      }
      const problem = await problemOf(answer);
      if (problem.status !== 401 || problem.code === "not_quire" || !(await this.renew())) throw problem;
    }
  }

  async #once(url: string, init: RequestInit, { signal, timeoutMs = TIMEOUT_MS }: Ask): Promise<Response> {
    const headers = { ...init.headers, ...(await this.#credentials()) };
    const stop = new AbortController();
    const abort = () => stop.abort();
    const timer = setTimeout(abort, timeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return await this.fetcher(url, { ...init, headers, signal: stop.signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new QuireError("unreachable", `${this.server || "The server"} does not answer. It is tried again; check that it runs.`);
    } finally {
      clearTimeout(timer);
    }
  }

  async #credentials(): Promise<Record<string, string>> {
    const { auth } = this;
    if (auth === "session") {
      const token = globalThis.localStorage?.getItem(PAGE_TOKEN);
      return token ? { "X-Quire-Page": token } : {};
    }
    if (typeof auth !== "object" || !("key" in auth)) return {};
    this.#key ??= typeof auth.key === "function" ? await auth.key() : auth.key;
    return { Authorization: `Bearer ${this.#key}` };
  }
}

function address(path: string, { path: parts, query }: Ask): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts?.[name] ?? ""));
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) asked.set(name, String(value));
  return asked.size ? `${filled}?${asked}` : filled;
}
