/** The whole client: the three transports, and one connection for all tabs. */
import { BatchClient } from "./batches.js";
import { type Client, type Options, connectWith } from "./client.js";
import { shareTabs } from "./tabs.js";
import { Ladder } from "./transport/ladder.js";
import { poll } from "./transport/poll.js";
import { sse } from "./transport/sse.js";
import { ws } from "./transport/ws.js";

const ladder = ({ WebSocket, timing }: Client) => new Ladder(WebSocket ? [ws, sse, poll] : [sse, poll], timing);

export const connect = (options: Options = {}): BatchClient =>
  connectWith(options, { Client: BatchClient, rungs: ladder, share: (client) => shareTabs(client, ladder(client)) });

export type { BatchClient, BatchHandle } from "./batches.js";
export { type Client, type Connection, type Options, type Timing, current } from "./client.js";
export type { EventsWanted } from "./events.js";
export type { Auth } from "./http.js";
export { type OwnCode, QuireError } from "./problem.js";
export type { KnownBatch } from "./store.js";
export type * from "./types.js";
