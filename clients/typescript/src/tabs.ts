import { type Client, bounded } from "./client.js";
import type { Place } from "./cursor.js";
import { type Source, makeLink } from "./link.js";
import { QuireError } from "./problem.js";
import type { Rungs } from "./transport/transport.js";
import type { Event, ServerFrame } from "./types.js";
import { isVisible, stopwatch } from "./wake.js";

type Told =
  /** Leader → all, or to one that has joined: a frame of the log `epoch`; `after` is the leader's place before it. */
  | { is: "frame"; to?: string; epoch: string; after: number; frame: ServerFrame }
  /** Leader → all, every `beatMs`: it lives, how it is connected, what the server tells it of. */
  | { is: "beat"; by: string; link: Client["connection"]; code?: string; detail?: string; inForce: string[] }
  /** Tab → all: what it wants, and whether it is seen. */
  | { is: "want"; by: string; wants: string[]; isSeen: boolean }
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
const VERSION = 1;
/** Events that a tab which was behind is given without a read. */
const RING = 4096;
/** A tab says what it wants every so many beats, and without that for so many is believed gone. */
const ANNOUNCE_BEATS = 5;
const GONE_BEATS = 15;

/**
 * *Tabs*: one connection for all tabs of an owner. Whoever holds the lock leads, and tells the others each frame. A
 * leader that is frozen keeps its lock: it is robbed of it. Two leaders for a moment do no harm, because cursors let
 * each event through once. `undefined` where the browser cannot: plain HTTP beyond this machine, and programs.
 */
export function shareTabs(client: Client, rungs: Rungs): Source | undefined {
  if (!globalThis.navigator?.locks || typeof document !== "object") return undefined;
  const { cursor, timing, store } = client;
  const { beatMs = 2000, stealMs = 6000 } = timing;
  const id = `${Math.random()}`;
  const name = `quire:${client.name}:${VERSION}`;
  const others = new Map<string, OtherTab>();
  let channel: BroadcastChannel | undefined;
  /** This tab's turn in the queue for the lock. */
  let turn: AbortController | undefined;
  /** While this tab leads. */
  let link: Source | undefined;
  let resign: (() => void) | undefined;
  let leader: string | undefined;
  let ring: Event[] = [];
  /** The place before the ring's first event. */
  let ringAfter = 0;
  /** Since the leader was heard, and since this tab's own timer ran. */
  let silence = stopwatch();
  let lastPulse = stopwatch();
  let pulse: ReturnType<typeof setInterval> | undefined;
  let watching: ReturnType<typeof setTimeout> | undefined;
  let beats = 0;
  /** Wants that the server tells of, and who waits until it does. */
  let inForce: string[] = [];
  const waiting: (() => void)[] = [];
  let isJoining = false;

  function start(): void {
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => hear(data);
    silence = stopwatch();
    queue();
    wake();
    pulse = setInterval(beat, beatMs);
  }

  function stop(): void {
    say({ is: "gone", by: id });
    clearInterval(pulse);
    clearTimeout(watching);
    turn?.abort();
    turn = undefined;
    step();
    channel?.close();
    channel = undefined;
  }

  function wake(): void {
    if (link) link.wake();
    else join();
    announce();
    watch();
  }

  function want(): Promise<void> {
    return new Promise((done) => {
      waiting.push(done);
      if (link) demand();
      else announce();
    });
  }

  function say(told: Told): void {
    channel?.postMessage(told);
  }

  function hear(told: Told): void {
    if (told.is === "bye") client.end();
    else if (told.is === "gone") {
      others.delete(told.by);
      link?.wake();
    } else if (told.is === "want") wanted(told);
    else if (told.is === "join") joined(told);
    else if (!link && (told.is === "beat" || !told.to || told.to === id)) {
      silence = stopwatch();
      if (told.is === "beat") led(told);
      else follow(told);
    }
  }

  // The lock.

  function queue(steal = false): void {
    turn?.abort();
    const own = (turn = new AbortController());
    const hold = () => {
      if (turn === own) return new Promise<void>(lead);
    };
    navigator.locks.request(name, steal ? { steal } : { signal: own.signal }, hold).catch(() => {
      if (turn !== own) return;
      // Robbed: this tab was frozen, or so it seemed.
      step();
      queue();
    });
  }

  function lead(done: () => void): void {
    const tell = (frame: ServerFrame, epoch: string) => {
      keep(frame);
      say({ is: "frame", epoch, after: cursor.upto, frame });
    };
    const isSeen = () => isVisible() || [...others.values()].some((other) => other.isSeen);
    resign = done;
    leader = id;
    link = makeLink(client, rungs, tell, union, isSeen);
    client.connected({ state: client.connection.state, leads: true });
    link.start();
    link.wake();
    demand();
    beat();
  }

  /** Down from the lead. */
  function step(): void {
    const led = link;
    link?.stop();
    resign?.();
    link = leader = undefined;
    silence = stopwatch();
    if (led) client.connected({ state: client.connection.state, leads: false });
  }

  // As a leader.

  function beat(): void {
    // Time in which this tab did not run says nothing about the leader.
    if (lastPulse() > 2.5 * beatMs) silence = stopwatch();
    lastPulse = stopwatch();
    const { error, ...rest } = client.connection;
    if (link) say({ is: "beat", by: id, link: rest, code: error?.code, detail: error?.detail, inForce });
    else watch();
  }

  function union(): string[] {
    for (const [by, other] of others) if (other.heard() > beatMs * GONE_BEATS) others.delete(by);
    return bounded([...client.wants(), ...[...others.values()].flatMap((other) => other.wants)]);
  }

  /** Asks the server for what all tabs want, and says when it tells of it. */
  function demand(): void {
    const wants = union();
    void link?.want().then(() => {
      inForce = wants;
      beat();
      settle();
    });
  }

  function wanted({ by, wants, isSeen }: Told & { is: "want" }): void {
    others.set(by, { wants, isSeen, heard: stopwatch() });
    link?.wake();
    demand();
  }

  function joined({ by, epoch: theirs, upto }: Told & { is: "join" }): void {
    const { epoch } = cursor;
    if (!link || !epoch) return;
    const answer = (frame: ServerFrame) => say({ is: "frame", to: by, epoch, after: upto, frame });
    if (theirs === epoch && upto >= ringAfter) {
      return answer({ type: "events", upto: cursor.upto, events: ring.filter((event) => event.seq > upto) });
    }
    const batches = [...store.batches.values()].map((batch) => ({ ...batch, batch: batch.id }));
    if (theirs && theirs !== epoch) answer({ type: "reset", reason: "other_epoch" });
    answer({ type: "snapshot", as_of_seq: cursor.upto, batches, more: false, complete: true });
  }

  // As a follower.

  /** Robs a leader that has fallen silent. A moment later than another tab, perhaps, whose first beat is awaited. */
  function watch(): void {
    clearTimeout(watching);
    if (link || !channel || !isVisible()) return;
    const rob = () => {
      if (silence() < stealMs) return watch();
      silence = stopwatch();
      queue(true);
    };
    watching = setTimeout(rob, stealMs - silence() + Math.random() * beatMs * 0.1);
  }

  function join(): void {
    isJoining = true;
    say({ is: "join", by: id, epoch: cursor.epoch, upto: cursor.upto });
  }

  function announce(): void {
    say({ is: "want", by: id, wants: client.wants(), isSeen: isVisible() });
  }

  /** Whether the server tells of all that this tab wants: who waits for that hears of it. */
  function settle(): boolean {
    const isTold = client.wants().every((key) => inForce.includes(key) || inForce[0] === "*");
    if (isTold) waiting.splice(0).forEach((done) => done());
    return isTold;
  }

  function led({ by, link: theirs, code, detail, inForce: told }: Told & { is: "beat" }): void {
    const { state, leads } = client.connection;
    const error = code ? new QuireError(code, detail!) : undefined;
    if (leads !== false || state !== theirs.state) client.connected({ ...theirs, leads: false, error });
    const isNew = by !== leader;
    leader = by;
    inForce = told;
    // The leader took this tab for gone, or does not know it: what was wanted has passed unheard.
    if (!settle() && !waiting.length) void want().then(() => client.tell((observer) => observer.tear()));
    if (isNew || ++beats % ANNOUNCE_BEATS === 0) announce();
    if (isNew) join();
    watch();
  }

  function follow({ to, epoch, after, frame }: Told & { is: "frame" }): void {
    if (to) isJoining = false;
    const isPlaced = frame.type === "events" || frame.type === "heartbeat";
    if (isPlaced && (cursor.epoch !== epoch || after > cursor.upto)) {
      if (!isJoining) join();
      return;
    }
    keep(frame);
    client.take(frame, epoch);
  }

  /** The newest events, for tabs that join when this one leads. */
  function keep(frame: ServerFrame): void {
    const { upto } = cursor;
    if (frame.type === "snapshot") {
      ring = [];
      ringAfter = frame.as_of_seq;
    }
    if (frame.type !== "events") return;
    if (!ring[0]) ringAfter = upto;
    ring.push(...frame.events.filter((event) => event.seq > upto));
    const gone = ring.splice(0, ring.length - RING);
    ringAfter = gone.at(-1)?.seq ?? ringAfter;
  }

  // The back/forward cache takes no page that holds a lock.
  addEventListener("pagehide", stop);
  addEventListener("pageshow", ({ persisted }) => persisted && start());
  return { start, stop, wake, want, bye: () => say({ is: "bye" }) };
}
