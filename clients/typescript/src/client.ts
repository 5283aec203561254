import { sleep } from "./backoff.js";
import { Cursor } from "./cursor.js";
import { type EventsWanted, events } from "./events.js";
import { type Auth, Http } from "./http.js";
import { type Source, makeLink } from "./link.js";
import { QuireError } from "./problem.js";
import { Store } from "./store.js";
import type { Rungs, Transport } from "./transport/transport.js";
import type { Event, ServerFrame } from "./types.js";
import { watchPage } from "./wake.js";

/** Milliseconds, but for `waitSecs`; none needs to be touched. */
export interface Timing {
  /** Without a hello after this, the transport is believed not to pass; 8,000. */
  helloMs: number;
  /** After this a lower transport tries the upper ones again; 300,000. */
  climbMs: number;
  /** Of one long poll; 25. */
  waitSecs: number;
  /** A connection that has lasted this long was a good one; 10,000. */
  steadyMs: number;
  /** The first pause before a new try, and the longest; 250 and 30,000. */
  backoffMs: number;
  backoffMaxMs: number;
  /** Hidden in all tabs for this long, the connection is given back; 300,000. */
  hiddenMs: number;
  /** The leading tab shows its life this often; silent for `stealMs` it is replaced; 2,000 and 6,000. */
  beatMs: number;
  stealMs: number;
  /** What is shown and changes is read no more often; 500. */
  readMs: number;
}

export interface Options {
  /** Such as `https://quire.example`; without, the server that the page came from. */
  server?: string;
  auth?: Auth;
  /** Keeps clients of several owners in one page apart, where keys do not. */
  owner?: string;
  /** One connection for all tabs of this origin; `false`: one each. */
  share?: boolean;
  timing?: Partial<Timing>;
  /** For runtimes without one (Node 20), and tests. */
  WebSocket?: unknown;
  fetch?: typeof fetch;
}

/** What a client is made of beside its core. */
export interface Parts<C extends Client = Client> {
  Client?: new (name: string, options: Options, parts: Parts) => C;
  rungs: (client: Client) => Rungs;
  /** What lets tabs share a connection; `undefined` where they cannot. */
  share?: (client: Client) => Source | undefined;
}

export interface Connection {
  readonly state: "connecting" | "catching-up" | "live" | "offline" | "asleep" | "refused" | "closed";
  /** When this state began; milliseconds since 1970. */
  readonly since: number;
  readonly transport?: Transport["name"];
  /** Of `refused`: what to do. */
  readonly error?: QuireError;
  /** Whether this tab holds the connection. */
  readonly leads?: boolean;
}

/** What was heard since the last time. */
export interface Chunk {
  /** Everything between these was looked at. */
  after: number;
  upto: number;
  events: Event[];
}

export interface Observer {
  push(chunk: Chunk): void;
  /** Events may have passed unheard. */
  tear(): void;
  fail(error: QuireError): void;
}

/** What is wanted within this time is asked for together. */
const GATHER_MS = 20;
/** What goes may come back at once, as React's strict mode shows. */
const LINGER_MS = 500;
/** With more batches than this wanted item by item, all are: a server bounds subscriptions. */
const MOST_WANTS = 24;

/** *Client*: what one page knows of one owner's batches on one server, and how far it has heard. */
export class Client {
  readonly http: Http;
  readonly cursor = new Cursor();
  readonly store = new Store();
  readonly timing: Partial<Timing>;
  readonly WebSocket?: typeof WebSocket;
  connection: Connection = { state: "connecting", since: Date.now() };

  protected source: Source;
  #wants = new Map<string, number>();
  #observers = new Set<Observer>();
  #unwatch: () => void;

  constructor(
    readonly name: string,
    { server, auth = "none", fetch, timing = {}, share, ...options }: Options,
    parts: Parts,
  ) {
    // Thrown at once, where it is no address.
    this.http = new Http(new URL(server || location.origin).href.replace(/\/$/, ""), auth, fetch);
    this.timing = timing;
    this.WebSocket = (options.WebSocket ?? globalThis.WebSocket) as typeof WebSocket;
    const source = (share !== false && parts.share?.(this)) || makeLink(this, parts.rungs(this));
    this.source = source;
    source.start();
    source.wake();
    this.#unwatch = watchPage(() => source.wake());
  }

  /** Gives this client back; when all who have connected did so, it ends. */
  declare close: () => void;

  end(): void {
    this.#unwatch();
    this.source.stop();
    this.connected({ state: "closed", error: new QuireError("closed", "This client was closed. Connect another.") });
  }

  /** Tries again after `refused`, when what was refused has been mended. */
  retry(): void {
    this.source.stop();
    this.source.start();
  }

  /** What happens from now on, or after `after`: each event once and in order, over lost connections. */
  events(wanted: EventsWanted = {}): AsyncGenerator<Event, void, void> {
    return events(this, wanted);
  }

  /** Calls `listener` when the connection or one of the batches changes; `batches` for all of them. */
  subscribe(keys: readonly string[], listener: () => void): () => void {
    return this.store.subscribe([...keys, "connection"], listener);
  }

  // What follows is for sources and observers.

  /** Held until it is freed: a batch whose items are wanted, or `*`. */
  want(key: string): { ready: Promise<void>; free: () => void } {
    this.#hold(key, 1);
    const ready = sleep(GATHER_MS).then(() => this.source.want());
    const free = () => {
      this.#hold(key, -1);
      void this.source.want();
    };
    return { ready, free: () => void setTimeout(free, LINGER_MS) };
  }

  wants = (): string[] => bounded(this.#wants.keys());

  observe(observer: Observer): () => void {
    this.#observers.add(observer);
    if (this.connection.error) observer.fail(this.connection.error);
    return () => this.#observers.delete(observer);
  }

  tell(tell: (observer: Observer) => void): void {
    for (const observer of this.#observers) tell(observer);
  }

  /** Takes a frame of the log `epoch`, whole, before it returns. */
  take(frame: ServerFrame, epoch: string): void {
    const { cursor, store } = this;
    let after = cursor.upto;
    let fresh: Event[] = [];
    if (frame.type === "events") {
      fresh = cursor.take(frame.events, frame.upto);
      for (const event of fresh) store.event(event);
    } else if (frame.type === "heartbeat") cursor.take([], frame.upto);
    else if (frame.type === "progress") store.told(frame);
    else if (frame.type === "reset") {
      cursor.forget();
      store.clear();
      this.tell((observer) => observer.fail(resetError(frame.reason)));
    } else if (frame.type === "snapshot") {
      for (const state of frame.batches) store.state(state);
      // A part of a snapshot is no place to come back to.
      if (!frame.more && cursor.to(epoch, frame.as_of_seq)) {
        // What happened up to there was not told.
        after = cursor.upto;
        this.tell((observer) => observer.tear());
      }
    }
    this.tell((observer) => observer.push({ after, upto: cursor.upto, events: fresh }));
    store.flush();
  }

  connected(change: Partial<Connection> & Pick<Connection, "state">): void {
    const was = this.connection;
    // A try does not end an outage, and nothing follows the end.
    if (was.state === "closed" || (was.state === "offline" && change.state === "connecting")) return;
    const since = was.state === change.state ? was.since : Date.now();
    const now = { ...was, error: undefined, since, ...change };
    this.connection = now;
    if (now.error) this.tell((observer) => observer.fail(now.error!));
    this.store.changed("connection");
    this.store.flush();
  }

  #hold(key: string, more: number): void {
    const held = (this.#wants.get(key) ?? 0) + more;
    if (held) this.#wants.set(key, held);
    else this.#wants.delete(key);
  }
}

export const resetError = (reason: string): QuireError =>
  new QuireError("log_reset", `The server's log is not the one you knew (${reason}). Begin anew with what it has now.`, {
    reason,
  });

export function bounded(wants: Iterable<string>): string[] {
  const all = [...new Set(wants)].sort();
  return all.length > MOST_WANTS || all.includes("*") ? ["*"] : all;
}

/** One per server and owner; keys are told apart by their first part, which is no secret. */
const nameOf = ({ server, auth, owner }: Options) => `${server}:${owner ?? `${Object(auth).key ?? auth}`.slice(0, 11)}`;

const clients = new Map<string, { client: Client; holders: number }>();
let newest: Client | undefined;

/** The client of this page for this server and owner: the same one for all who ask, until all of them have closed it. */
export function connectWith<C extends Client>(options: Options, parts: Parts<C>): C {
  const name = nameOf(options);
  let entry = clients.get(name);
  if (!entry || entry.client.connection.state === "closed") {
    const client = new (parts.Client ?? Client)(name, options, parts);
    const fresh = { client, holders: 0 };
    client.close = () => {
      fresh.holders--;
      // A component that goes may come back at once.
      setTimeout(() => fresh.holders > 0 || client.end(), LINGER_MS);
    };
    clients.set(name, (entry = fresh));
  }
  entry.holders++;
  newest = entry.client;
  return newest as C;
}

/** The client that was connected last. */
export function current(): Client {
  if (!newest) throw new QuireError("closed", "Nobody is connected. Call `connect` first.");
  return newest;
}
