import { type Client, bounded } from "./client.js";
import type { Place } from "./cursor.js";
import { Link, type Source } from "./link.js";
import { QuireError } from "./problem.js";
import type { Rungs } from "./transport/transport.js";
import type { Event, ServerFrame } from "./types.js";
import { isVisible, stopwatch } from "./wake.js";

type Told =
  /** Leader → all, or to one that has joined: a frame of the log `epoch`; `after` is the leader's place before it. */
  | { is: "frame"; to?: string; epoch: string; after: number; frame: ServerFrame }
  /** Leader → all, every `beatMs`: it lives, how it is connected, what it asks the server for. */
  | { is: "beat"; by: string; link: Client["connection"]; code?: string; detail?: string; wants: string[] }
  /** Tab → all: what it wants and whether it is seen; answered with `ready` when the server tells it that. */
  | { is: "want"; by: string; nth: number; wants: string[]; isSeen: boolean }
  | { is: "ready"; to: string; nth: number }
  /** Tab → leader: how far it has heard. Answered with what is missing, or with where things stand. */
  | ({ is: "join"; by: string } & Place)
  | { is: "gone"; by: string }
  /** Somebody logged out. */
  | { is: "bye" };

interface OtherTab {
  wants: string[];
  isSeen: boolean;
  heard: () => number;
}

/** Part of the names of lock and channel: tabs of another version have words of their own. */
const VERSION = "1";
/** Events that a tab which was behind is given without a read. */
const RING = 4096;
/** A tab says what it wants every so many beats, and without that for so many is believed gone. */
const ANNOUNCE_BEATS = 5;
const GONE_BEATS = 15;

/** `undefined` where the browser cannot: plain HTTP beyond this machine, and programs. */
export function shareTabs(client: Client, rungs: Rungs): Source | undefined {
  const can = globalThis.navigator?.locks && typeof BroadcastChannel === "function" && typeof document === "object";
  return can ? new Tabs(client, rungs) : undefined;
}

/**
 * *Tabs*: one connection for all tabs of an owner. Whoever holds the lock leads, and tells the others each frame. A
 * leader that is frozen keeps its lock: it is robbed of it. Two leaders for a moment do no harm, because cursors let
 * each event through once.
 */
class Tabs implements Source {
  readonly #id = Math.random().toString(36).slice(2);
  readonly #name: string;
  readonly #beatMs: number;
  #channel?: BroadcastChannel;
  #place?: AbortController;
  /** While this tab leads. */
  #link?: Link;
  #resign?: () => void;
  #leader?: string;
  #others = new Map<string, OtherTab>();
  #ring: Event[] = [];
  /** The place before the ring's first event. */
  #ringAfter = 0;
  #silence = stopwatch();
  #pulse?: ReturnType<typeof setInterval>;
  #lastPulse = stopwatch();
  #beats = 0;
  #watching?: ReturnType<typeof setTimeout>;
  #nth = 0;
  #pending = new Map<number, () => void>();
  #isJoining = false;

  constructor(
    private readonly client: Client,
    private readonly rungs: Rungs,
  ) {
    // The back/forward cache takes no page that holds a lock.
    addEventListener("pagehide", () => this.stop());
    addEventListener("pageshow", ({ persisted }) => persisted && this.start());
    this.#beatMs = client.timing.beatMs ?? 2000;
    this.#name = `quire:${client.name}:${VERSION}`;
  }

  start(): void {
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#hear(data as Told);
    this.#silence = stopwatch();
    this.#queue();
    this.#join();
    void this.#announce();
    this.#pulse = setInterval(() => this.#beat(), this.#beatMs);
    this.#watch();
  }

  stop(): void {
    this.#say({ is: "gone", by: this.#id });
    clearInterval(this.#pulse);
    clearTimeout(this.#watching);
    this.#place?.abort();
    this.#place = undefined;
    this.#yield();
    this.#channel?.close();
    this.#channel = undefined;
  }

  bye(): void {
    this.#say({ is: "bye" });
  }

  wake(): void {
    if (this.#link) this.#link.wake();
    else this.#join();
    void this.#announce();
    this.#watch();
  }

  want(): Promise<void> {
    return this.#link?.want() ?? this.#announce();
  }

  #say(told: Told): void {
    this.#channel?.postMessage(told);
  }

  #hear(told: Told): void {
    if ("to" in told && told.to && told.to !== this.#id) return;
    switch (told.is) {
      case "bye":
        return this.client.end();
      case "gone":
        this.#others.delete(told.by);
        return this.#link?.wake();
      case "want":
        return this.#wanted(told);
      case "join":
        return this.#joined(told);
    }
    if (this.#link) return;
    this.#silence = stopwatch();
    if (told.is === "beat") this.#led(told);
    else if (told.is === "frame") this.#follow(told);
    else for (const [nth, done] of this.#pending) if (nth <= told.nth && this.#pending.delete(nth)) done();
  }

  // The lock.

  #queue(steal = false): void {
    this.#place?.abort();
    const place = (this.#place = new AbortController());
    const hold = () => {
      if (this.#place === place) return new Promise<void>((resign) => this.#begin(resign));
    };
    navigator.locks.request(this.#name, steal ? { steal } : { signal: place.signal }, hold).catch(() => {
      if (this.#place !== place) return;
      // Robbed: this tab was frozen, or so it seemed.
      this.#yield();
      this.#queue();
    });
  }

  #begin(resign: () => void): void {
    const { client } = this;
    const tell = (frame: ServerFrame, epoch: string) => {
      const after = client.cursor.upto;
      this.#keep(frame, after);
      this.#say({ is: "frame", epoch, after, frame });
    };
    this.#resign = resign;
    this.#leader = this.#id;
    this.#link = new Link(
      client,
      this.rungs,
      tell,
      () => this.#union(),
      () => isVisible() || [...this.#others.values()].some((other) => other.isSeen),
    );
    client.connected({ state: client.connection.state, leads: true });
    this.#link.start();
    this.#beat();
    this.#link.wake();
    // Who was promised an answer by the last leader gets it from this one.
    void this.#link.want().then(() => this.#settle());
  }

  #yield(): void {
    this.#link?.stop();
    this.#resign?.();
    this.#link = this.#resign = this.#leader = undefined;
    this.#silence = stopwatch();
    if (this.client.connection.leads) this.client.connected({ state: this.client.connection.state, leads: false });
  }

  // As a leader.

  #beat(): void {
    // Time in which this tab did not run says nothing about the leader.
    if (this.#lastPulse() > 2.5 * this.#beatMs) this.#silence = stopwatch();
    this.#lastPulse = stopwatch();
    if (!this.#link) return this.#watch();
    const { error, ...link } = this.client.connection;
    this.#say({ is: "beat", by: this.#id, link, code: error?.code, detail: error?.detail, wants: this.#union() });
  }

  #union(): string[] {
    const goneMs = this.#beatMs * GONE_BEATS;
    for (const [id, other] of this.#others) if (other.heard() > goneMs) this.#others.delete(id);
    return bounded([...this.client.wants(), ...[...this.#others.values()].flatMap((other) => other.wants)]);
  }

  #wanted({ by, nth, wants, isSeen }: Told & { is: "want" }): void {
    const was = this.#others.get(by);
    this.#others.set(by, { wants, isSeen, heard: stopwatch() });
    if (!this.#link) return;
    if (was?.isSeen !== isSeen) this.#link.wake();
    void this.#link.want().then(() => this.#say({ is: "ready", to: by, nth }));
  }

  #joined({ by, epoch: theirs, upto }: Told & { is: "join" }): void {
    const { cursor, store } = this.client;
    const { epoch } = cursor;
    if (!this.#link || !epoch) return;
    const answer = { is: "frame", to: by, epoch, after: upto } as const;
    const isInRing = theirs === epoch && upto >= this.#ringAfter;
    if (isInRing) {
      const events = this.#ring.filter((event) => event.seq > upto);
      return this.#say({ ...answer, frame: { type: "events", upto: cursor.upto, events } });
    }
    const batches = [...store.batches.values()].map(({ id, ...state }) => ({ batch: id, ...state }));
    if (theirs && theirs !== epoch) this.#say({ ...answer, frame: { type: "reset", reason: "other_epoch" } });
    this.#say({ ...answer, frame: { type: "snapshot", as_of_seq: cursor.upto, batches, more: false, complete: true } });
  }

  // As a follower.

  /** Robs a leader that has fallen silent. A moment later than another tab, perhaps, whose first beat is awaited. */
  #watch(): void {
    clearTimeout(this.#watching);
    if (this.#link || !this.#channel || !isVisible()) return;
    const { stealMs = 6000 } = this.client.timing;
    const left = stealMs - this.#silence() + Math.random() * this.#beatMs * 0.2;
    this.#watching = setTimeout(() => {
      if (this.#link || !this.#channel) return;
      if (this.#silence() < stealMs) return this.#watch();
      this.#silence = stopwatch();
      this.#queue(true);
    }, Math.max(0, left));
  }

  #join(): void {
    const { epoch, upto } = this.client.cursor;
    this.#isJoining = true;
    this.#say({ is: "join", by: this.#id, epoch, upto });
  }

  #announce(): Promise<void> {
    const nth = ++this.#nth;
    this.#say({ is: "want", by: this.#id, nth, wants: this.client.wants(), isSeen: isVisible() });
    return new Promise((done) => this.#pending.set(nth, done));
  }

  #settle(): void {
    for (const done of this.#pending.values()) done();
    this.#pending.clear();
  }

  #led({ by, link, code, detail, wants }: Told & { is: "beat" }): void {
    const { state, leads } = this.client.connection;
    const error = code ? new QuireError(code, detail ?? "") : undefined;
    if (leads !== false || state !== link.state) this.client.connected({ ...link, leads: false, error });
    const isNew = by !== this.#leader;
    this.#leader = by;
    const isMissed = this.client.wants().some((want) => !wants.includes(want) && !wants.includes("*"));
    // The leader took this tab for gone: what was wanted has passed unheard.
    if (isMissed && !isNew) void this.#announce().then(() => this.client.tell((observer) => observer.tear()));
    else if (isNew || ++this.#beats % ANNOUNCE_BEATS === 0) void this.#announce();
    if (isNew) this.#join();
    this.#watch();
  }

  #follow({ to, epoch, after, frame }: Told & { is: "frame" }): void {
    const { client } = this;
    if (frame.type === "hello") return;
    if (to) this.#isJoining = false;
    const isPlaced = frame.type === "events" || frame.type === "heartbeat";
    if (isPlaced && (client.cursor.epoch !== epoch || after > client.cursor.upto)) {
      if (!this.#isJoining) this.#join();
      return;
    }
    this.#keep(frame, client.cursor.upto);
    client.take(frame, epoch);
  }

  /** The newest events, for tabs that join when this one leads. */
  #keep(frame: ServerFrame, upto: number): void {
    if (frame.type === "reset") this.#ring = [];
    if (frame.type === "snapshot" && frame.as_of_seq >= upto) [this.#ring, this.#ringAfter] = [[], frame.as_of_seq];
    if (frame.type !== "events") return;
    if (!this.#ring.length) this.#ringAfter = upto;
    for (const event of frame.events) if (event.seq > upto) this.#ring.push(event);
    const over = this.#ring.length - RING;
    if (over > 0) this.#ringAfter = this.#ring.splice(0, over).at(-1)?.seq ?? upto;
  }
}
