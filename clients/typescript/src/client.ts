import { sleep } from "./backoff.js";
import { Cursor } from "./cursor.js";
import { type EventsWanted, Tap, events } from "./events.js";
import { type Auth, Http } from "./http.js";
import { Link, type Source } from "./link.js";
import { QuireError } from "./problem.js";
import { Query } from "./query.js";
import { type Batch, Store } from "./store.js";
import type { Transport } from "./transport/transport.js";
import type { BatchResource, Event, Outcome, ServerFrame, SubmitBatch } from "./types.js";
import { isVisible, watchPage } from "./wake.js";

/** Milliseconds, but for `waitSecs`; none needs to be touched. */
export interface Timing {
  /** Without a hello after this, the transport is believed not to pass. */
  helloMs: number;
  /** After this a lower transport tries the upper ones again. */
  climbMs: number;
  /** Of one long poll. */
  waitSecs: number;
  /** A connection that has lasted this long was a good one. */
  steadyMs: number;
  backoffMs: number;
  backoffMaxMs: number;
  /** Hidden in all tabs for this long, the connection is given back. */
  hiddenMs: number;
  /** The leading tab shows its life this often; silent for `stealMs` it is replaced. */
  beatMs: number;
  stealMs: number;
  /** A batch or list that changes is read no more often. */
  readMs: number;
}

const TIMING: Timing = {
  helloMs: 8000,
  climbMs: 300_000,
  waitSecs: 25,
  steadyMs: 10_000,
  backoffMs: 250,
  backoffMaxMs: 30_000,
  hiddenMs: 300_000,
  beatMs: 2000,
  stealMs: 6000,
  readMs: 500,
};

export interface Options {
  /** Such as `https://quire.example`; empty for the server that the page came from. */
  server?: string;
  auth?: Auth;
  /** Keeps clients of several owners in one page apart, where keys do not. */
  owner?: string;
  /** One connection for all tabs of this origin. */
  share?: boolean;
  timing?: Partial<Timing>;
  /** For runtimes without one (Node 20), and tests. */
  WebSocket?: unknown;
  fetch?: typeof fetch;
}

export interface Parts {
  rungs: readonly Transport[];
  /** What lets tabs share a connection; `undefined` where they cannot. */
  share?: (client: Client, rungs: readonly Transport[]) => Source | undefined;
}

export type LinkState = "connecting" | "catching-up" | "live" | "offline" | "asleep" | "refused" | "closed";

export interface Connection {
  readonly state: LinkState;
  /** Of this state; milliseconds since 1970. */
  readonly since: number;
  readonly transport?: Transport["name"];
  /** Of `refused`: what to do. */
  readonly error?: QuireError;
  /** Whether this tab holds the connection. */
  readonly leads?: boolean;
}

/** `live`, `catching-up`, `offline since …`, `refused: …` */
export function linkText({ state, since, error }: Connection): string {
  if (state === "offline") return `offline since ${new Date(since).toISOString()}`;
  return state === "refused" ? `refused: ${error?.code}` : state;
}

/** Reads that nobody shows any more are forgotten when there are so many. */
const MOST_QUERIES = 256;
/** Wants that are held are taken over together. */
const GATHER_MS = 20;
/** Narrowing can wait: what goes may come back at once, as React's strict mode shows. */
const LINGER_MS = 500;
/** With more batches than this wanted item by item, all are: a server bounds subscriptions. */
const MOST_WANTS = 24;

/** *Client*: what one page knows of one owner's batches on one server, and how far it has heard. */
export class Client {
  readonly http: Http;
  readonly cursor = new Cursor();
  readonly store = new Store();
  readonly timing: Timing;
  readonly WebSocket?: typeof WebSocket;
  readonly name: string;
  connection: Connection = Object.freeze({ state: "connecting", since: Date.now() });

  #source: Source;
  #wants = new Map<string, number>();
  #gathering?: Promise<void>;
  #taps = new Set<Tap>();
  #queries = new Map<string, Query<unknown>>();
  #unwatch: () => void;

  constructor(options: Options, parts: Parts) {
    const { server = "", auth = "none", fetch } = options;
    const at = server || globalThis.location?.origin || "";
    this.http = new Http(at.replace(/\/+$/, ""), auth, fetch);
    this.name = nameOf(options);
    this.timing = { ...TIMING, ...options.timing };
    this.WebSocket = (options.WebSocket ?? globalThis.WebSocket) as typeof WebSocket | undefined;
    const shared = options.share === false ? undefined : parts.share?.(this, parts.rungs);
    this.#source = shared ?? new Link(this, parts.rungs);
    this.#unwatch = watchPage(
      () => this.#attend(),
      () => this.#source.stop(),
      () => this.#source.start(),
    );
    this.#source.start();
    if (!isVisible()) this.#attend();
  }

  /** Gives this client back; when all who have connected did so, it ends. */
  close = (): void => this.end();

  end(): void {
    if (this.connection.state === "closed") return;
    this.#unwatch();
    this.#source.stop();
    this.connected({ state: "closed" });
    const error = new QuireError("closed", "This client was closed. `connect` makes another.");
    for (const tap of this.#taps) tap.fail(error);
    for (const query of this.#queries.values()) query.stop();
  }

  /** Tells all tabs to close, because whoever worked here has gone. */
  logout(): void {
    this.#source.bye?.();
    this.end();
  }

  /** Tries again after `refused`, when what was refused has been mended. */
  retry(): void {
    if (this.#source.retry) return this.#source.retry();
    this.#source.stop();
    this.#source.start();
  }

  /** What happens from now on, or after `after`; each once and in order, over lost connections. */
  events(wanted: EventsWanted = {}): AsyncGenerator<Event, void, void> {
    return events(this, wanted);
  }

  submit(order: SubmitBatch): Promise<BatchResource> {
    return this.#learn(this.http.call("POST /api/v1/batches", { body: order }));
  }

  batch(id: string): BatchHandle {
    const path = { id };
    const { http } = this;
    const learn = (answer: Promise<BatchResource>) => this.#learn(answer);
    return {
      id,
      read: () => learn(http.call("GET /api/v1/batches/{id}", { path })),
      pause: (mode) => learn(http.call("PUT /api/v1/batches/{id}/pause", { path, query: { mode } })),
      resume: () => learn(http.call("PUT /api/v1/batches/{id}/resume", { path })),
      seal: () => learn(http.call("PUT /api/v1/batches/{id}/seal", { path })),
      cancel: () => learn(http.call("DELETE /api/v1/batches/{id}", { path })),
      retry: (body) => learn(http.call("POST /api/v1/batches/{id}/retry", { path, body: body ?? {} })),
      done: () => this.#done(id),
    };
  }

  /** A read that is done anew when what it shows has changed, as long as somebody is subscribed to it. */
  query<T>(key: string, make: () => Query<T>): Query<T> {
    const known = this.#queries.get(key) as Query<T> | undefined;
    const query = known ?? make();
    if (this.#queries.size > MOST_QUERIES) for (const [old, idle] of this.#queries) if (idle.isIdle) this.#queries.delete(old);
    this.#queries.set(key, query as Query<unknown>);
    return query;
  }

  batchQuery(id: string): Query<Batch | undefined> {
    return this.query(`batch/${id}`, () => {
      const read = async () => (this.store.isStale(id) || !this.store.batches.has(id) ? void (await this.batch(id).read()) : undefined);
      return new Query(this, [`batch/${id}`, `progress/${id}`], read, () => this.store.batches.get(id), {
        isTouched: () => this.store.isStale(id),
      });
    });
  }

  // What follows is for sources, taps and queries.

  /** Held for as long as it is not freed: batches whose items are wanted, or `*`. */
  want(key: string): { ready: Promise<void>; free: () => void } {
    const held = this.#wants.get(key) ?? 0;
    this.#wants.set(key, held + 1);
    const ready = (this.#gathering ??= sleep(GATHER_MS).then(() => {
      this.#gathering = undefined;
      return this.#source.want();
    }));
    const free = () => {
      const left = (this.#wants.get(key) ?? 1) - 1;
      if (left) return void this.#wants.set(key, left);
      this.#wants.delete(key);
      void this.#source.want();
    };
    return { ready, free: () => void setTimeout(free, LINGER_MS) };
  }

  wants(): string[] {
    return bounded(this.#wants.keys());
  }

  tap(): Tap {
    const tap = new Tap();
    this.#taps.add(tap);
    if (this.connection.state === "refused" && this.connection.error) tap.fail(this.connection.error);
    return tap;
  }

  untap(tap: Tap): void {
    this.#taps.delete(tap);
  }

  /** Takes a frame of the log `epoch`, whole, before it returns. */
  take(frame: ServerFrame, epoch: string): void {
    const { cursor, store } = this;
    const after = cursor.upto;
    let fresh: Event[] = [];
    switch (frame.type) {
      case "events":
        fresh = cursor.take(frame.events, frame.upto);
        for (const event of fresh) store.event(event);
        break;
      case "heartbeat":
        cursor.take([], frame.upto);
        break;
      case "progress":
        store.told(frame);
        break;
      case "reset":
        cursor.forget();
        store.clear();
        for (const tap of this.#taps) tap.fail(resetError(frame.reason));
        break;
      case "snapshot":
        for (const state of frame.batches) store.state(state);
        // The place is known when all of it has come: a part of a snapshot is no place to come back to.
        if (!frame.more && cursor.to(epoch, frame.as_of_seq)) this.jumped();
        break;
    }
    if (cursor.upto > after && cursor.epoch) for (const tap of this.#taps) tap.push({ after, upto: cursor.upto, events: fresh });
    for (const query of this.#queries.values()) query.heard(fresh);
    store.flush();
  }

  /** Events may have passed unseen: what shows them looks for itself. */
  jumped(): void {
    for (const tap of this.#taps) tap.jump();
    for (const query of this.#queries.values()) query.touch();
  }

  connected(change: Partial<Connection> & { state: LinkState }): void {
    const was = this.connection;
    // A try does not end an outage.
    if (was.state === "offline" && change.state === "connecting") return;
    const since = was.state === change.state ? was.since : Date.now();
    const transport = change.state === "live" || change.state === "catching-up" ? was.transport : undefined;
    const now = { transport, leads: was.leads, ...change, since: change.since ?? since };
    if (JSON.stringify(now) === JSON.stringify({ ...was })) return;
    this.connection = Object.freeze(now);
    if (now.error) for (const tap of this.#taps) tap.fail(now.error);
    for (const tap of this.#taps) tap.wake();
    this.store.changed("connection");
    this.store.flush();
  }

  #attend(): void {
    this.#source.attend(isVisible());
    if (isVisible()) this.#source.wake();
  }

  async #learn(answer: Promise<BatchResource>): Promise<BatchResource> {
    const resource = await answer;
    this.store.read(resource);
    this.store.flush();
    return resource;
  }

  #done(id: string): Promise<Outcome> {
    const query = this.batchQuery(id);
    return new Promise((done, fail) => {
      const look = () => {
        const error = query.error ?? this.connection.error;
        const outcome = this.store.batches.get(id)?.outcome;
        if (!outcome && !error) return;
        stop();
        if (outcome) done(outcome);
        else fail(error);
      };
      const stop = query.subscribe(look);
      look();
    });
  }
}

export interface BatchHandle {
  readonly id: string;
  read(): Promise<BatchResource>;
  pause(mode?: "drain" | "interrupt"): Promise<BatchResource>;
  resume(): Promise<BatchResource>;
  seal(): Promise<BatchResource>;
  cancel(): Promise<BatchResource>;
  retry(body?: { cancelled?: boolean }): Promise<BatchResource>;
  /** Resolves when the batch has ended. */
  done(): Promise<Outcome>;
}

const REMEDIES: Record<string, string> = {
  other_epoch: "The server's data were replaced: begin anew with what it has now.",
  too_old: "Events after this place are not kept any more: read the batches, then go on from now.",
  ahead: "The server's log does not reach this place: its data were put back to an older state. Begin anew.",
};

export const resetError = (reason: string): QuireError =>
  new QuireError("log_reset", REMEDIES[reason] ?? reason, { reason });

export function bounded(wants: Iterable<string>): string[] {
  const all = [...new Set(wants)].sort();
  return all.length > MOST_WANTS || all.includes("*") ? ["*"] : all;
}

/** One per server and owner; a key is told apart by a digest too short to tell it. */
function nameOf({ server = "", auth = "none", owner }: Options): string {
  const key = typeof auth === "object" && "key" in auth ? String(auth.key) : JSON.stringify(auth);
  let digest = 0;
  for (const char of key) digest = (Math.imul(digest, 31) + char.charCodeAt(0)) | 0;
  return `${server}:${owner ?? (digest >>> 0).toString(36)}`;
}

const clients = new Map<string, { client: Client; holders: number }>();
let newest: Client | undefined;

/** The client of this page for this server and owner: the same one for all who ask, until all of them have closed it. */
export function connectWith(options: Options, parts: Parts): Client {
  const name = nameOf(options);
  let entry = clients.get(name);
  if (!entry || entry.client.connection.state === "closed") {
    const client = new Client(options, parts);
    const fresh = { client, holders: 0 };
    // A component that goes may come back at once.
    client.close = () => {
      if (--fresh.holders > 0) return;
      setTimeout(() => {
        if (fresh.holders > 0) return;
        if (clients.get(name) === fresh) clients.delete(name);
        client.end();
      }, LINGER_MS);
    };
    clients.set(name, (entry = fresh));
  }
  entry.holders++;
  return (newest = entry.client);
}

/** The client that was connected last. */
export function current(): Client {
  if (!newest) throw new QuireError("closed", "Nobody is connected. Call `connect` first.");
  return newest;
}
