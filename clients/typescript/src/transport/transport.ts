import type { Place } from "../cursor.js";
import type { Http } from "../http.js";
import type { ServerFrame } from "../types.js";

/** Why a connection is over. */
export interface Ended {
  /** Of a WebSocket. */
  code?: number;
  reason?: string;
  error?: unknown;
}

/** What a transport is told by, and tells. */
export interface Host {
  readonly http: Http;
  readonly WebSocket?: typeof WebSocket;
  readonly timing: { waitSecs?: number; helloMs?: number };
  /** Where to go on from. */
  place(): Place;
  /** Batches whose items are wanted, or `*` for all; events of batches themselves always are. */
  wants(): string[];
  /** A sign of life. */
  heard(): void;
  /** Has taken the frame when it returns. */
  frame(frame: ServerFrame): void;
  /** Nothing is missed any more of what was wanted at so many of the oldest {@link Connection.want}. */
  wanted(count: number): void;
  /** Once. */
  ended(how: Ended): void;
}

export interface Connection {
  close(): void;
  /** Takes over what is wanted now. */
  want(): void;
}

/** *Transport*: one way to be told of the log. It knows frames and places, and nothing of what they mean. */
export interface Transport {
  readonly name: "ws" | "sse" | "poll";
  open(host: Host): Connection;
}

export type Begin = (rung: Transport, ended: (how: Ended) => void) => Connection;

/** Which transport is to be tried. */
export interface Rungs {
  readonly now: Transport;
  /** The server can be reached, and `now` brought no hello. */
  silent(): void;
  /** Nobody can be reached. */
  unreachable(): void;
  /** This one brought a hello. */
  worked(rung: Transport, begin: Begin): void;
  /** The connection is over. */
  rest(): void;
}
