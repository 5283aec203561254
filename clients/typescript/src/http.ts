import { backoff, either, sleep } from "./backoff.js";
import { type QuireError, isPassing, json, problemOf, unreachable } from "./problem.js";
import type { Answered, Asked, RouteName } from "./types.js";

/**
 * Who asks. `"none"`: a server on loopback without keys. `"session"`: the cookie of a login at the server's own
 * dashboard. A key given as a function is asked for again, once, when the server refuses the last one. A ticket opens
 * WebSockets alone, for pages that must not hold a key.
 */
export type Auth =
  | "none"
  | "session"
  | { key: string | (() => string | Promise<string>); ticket?: undefined }
  | { ticket: () => Promise<Response>; key?: undefined };

export interface Ask {
  path?: Record<string, string | number>;
  query?: Record<string, string | number | boolean | null | undefined>;
  /** JSON, unless it is a form or bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Until the answer is there, whole. */
  timeoutMs?: number;
  /** How often it is asked again when nobody answers. */
  repeats?: number;
}

type Given<R extends RouteName> = Omit<Ask, "path" | "query" | "body"> & Asked<R>;
type NoneNeeded<T> = Partial<T> extends T ? [ask?: T] : [ask: T];

/** Where the dashboard's login keeps the half of the session that is no cookie. */
const PAGE_TOKEN = "quire-page";
/** Longer pauses between repeats would outlast the connection's own return. */
const LONGEST_PAUSE_MS = 4000;

/** *Http*: asks the server. What may be asked twice is repeated when the line breaks; all else fails by name. */
export class Http {
  #key?: string;
  #renewal?: Promise<void>;

  constructor(
    readonly server: string,
    readonly auth: Auth,
    private readonly fetcher: typeof fetch = fetch,
  ) {}

  /** `call("GET /api/v1/batches/{id}", { path: { id } })` */
  async call<R extends RouteName>(route: R, ...[ask]: NoneNeeded<Given<R>>): Promise<Answered<R>> {
    return this.send(route, ask as Ask, json<Answered<R>>);
  }

  /** `read` is part of what is repeated. */
  async send<T = Response>(
    route: string,
    ask: Ask = {},
    read: (answer: Response) => T | Promise<T> = (answer) => answer as T,
  ): Promise<T> {
    const { fetcher } = this;
    const { path, query, body, headers, signal, timeoutMs = 30_000, repeats = 3 } = ask;
    const [method, pattern] = route.split(" ") as [string, string];
    const address = new URL(
      this.server + pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path![name]!)),
    );
    // What is undefined falls out.
    address.search += new URLSearchParams(JSON.parse(JSON.stringify(query ?? {})));
    const isJson = !!body && body.constructor === Object;
    const init = {
      method,
      body: isJson ? JSON.stringify(body) : (body as BodyInit),
      headers: {
        ...(isJson && { "Content-Type": "application/json" }),
        // The server answers a repeated one with what it did the first time.
        ...(method === "POST" && { "Idempotency-Key": `${Date.now()}${Math.random()}` }),
        ...headers,
      },
    };
    const pause = backoff(250, LONGEST_PAUSE_MS);
    for (let asked = 0; ; asked++) {
      try {
        const credentials = await this.#credentials();
        const used = this.#key;
        const answer = await fetcher(address, {
          ...init,
          headers: { ...init.headers, ...credentials },
          signal: either(AbortSignal.timeout(timeoutMs), signal),
        }).catch(unreachable);
        if (answer.ok) {
          this.#renewal = undefined;
          return await read(answer);
        }
        const problem = await problemOf(answer);
        if (problem.status !== 401 || !(await this.renew(used))) throw problem;
      } catch (error) {
        if (signal?.aborted || asked >= repeats || !isPassing(error as QuireError)) throw error;
        await sleep(Math.max(pause(), ((error as QuireError).retryAfter ?? 0) * 1000));
      }
    }
  }

  /** Whether there is another key than the one that was refused: asked for once, by all that were refused together. */
  async renew(used = this.#key): Promise<boolean> {
    const { key } = this.auth as { key?: unknown };
    if (used === this.#key) {
      const take = (fresh: string) => void (this.#key = fresh);
      const ask = async () => (typeof key === "function" ? key() : (key ?? used));
      await (this.#renewal ??= ask().then(take, () => {}));
    }
    const isOther = used !== this.#key;
    if (!isOther || !used) this.#renewal = undefined;
    return isOther;
  }

  async #credentials(): Promise<Record<string, string>> {
    const token = this.auth === "session" && globalThis.localStorage?.getItem(PAGE_TOKEN);
    if (token) return { "X-Quire-Page": token };
    if (!this.#key) await this.renew();
    return this.#key ? { Authorization: `Bearer ${this.#key}` } : {};
  }
}
