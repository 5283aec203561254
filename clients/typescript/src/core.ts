/** The client by WebSocket alone, one connection a page. */
import { type Client, type Options, connectWith } from "./client.js";
import { ws } from "./transport/ws.js";

export const connect = (options: Options = {}): Client => connectWith(options, { rungs: [ws] });

export { type BatchHandle, type Client, type Connection, type LinkState, type Options, type Timing, current, linkText } from "./client.js";
export type { EventsWanted } from "./events.js";
export type { Auth } from "./http.js";
export { type OwnCode, QuireError } from "./problem.js";
export type { Batch } from "./store.js";
export type * from "./types.js";
