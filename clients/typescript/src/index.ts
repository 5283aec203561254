/** The whole client: the three transports, and one connection for all tabs. */
import { type Client, type Options, connectWith } from "./client.js";
import { shareTabs } from "./tabs.js";
import { poll } from "./transport/poll.js";
import { sse } from "./transport/sse.js";
import { ws } from "./transport/ws.js";

export const connect = (options: Options = {}): Client =>
  connectWith(options, { rungs: [ws, sse, poll], share: shareTabs });

export { type BatchHandle, type Client, type Connection, type LinkState, type Options, type Timing, current, linkText } from "./client.js";
export type { EventsWanted } from "./events.js";
export type { Auth } from "./http.js";
export { type OwnCode, QuireError } from "./problem.js";
export type { Batch } from "./store.js";
export type * from "./types.js";
