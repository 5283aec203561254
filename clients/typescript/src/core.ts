/** The client by WebSocket alone, one connection a page. */
import { type Client, type Options, connectWith } from "./client.js";
import type { Rungs } from "./transport/transport.js";
import { ws } from "./transport/ws.js";

const alone: Rungs = { now: ws, silent() {}, unreachable() {}, worked() {}, rest() {} };

export const connect = (options: Options = {}): Client => connectWith(options, { rungs: () => alone });

export { type Client, type Connection, type Options, type Timing, current } from "./client.js";
export type { EventsWanted } from "./events.js";
export type { Auth } from "./http.js";
export { type OwnCode, QuireError } from "./problem.js";
export type { KnownBatch } from "./store.js";
export type * from "./types.js";
