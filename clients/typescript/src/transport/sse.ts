import { notQuire } from "../problem.js";
import type { Event, ServerFrame } from "../types.js";
import type { Connection, Host, Transport } from "./transport.js";

/** As long as a timer can wait: silence is noticed by the clock. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** Asks; calls `begun` behind the hello. What comes after `signal` is not told any more. */
export type Ask = (host: Host, items: boolean, signal: AbortSignal, begun: () => void) => Promise<void>;

/** A connection that says what is wanted once, when it asks: to want otherwise, it asks anew from the same place. */
export function asking(host: Host, ask: Ask): Connection {
  let stop: AbortController | undefined;
  let items: boolean;
  const wanted = () => host.wants().length > 0;
  const start = () => {
    stop?.abort();
    const { signal } = (stop = new AbortController());
    items = wanted();
    ask(host, items, signal, want).then(
      () => signal.aborted || host.ended({}),
      (error: unknown) => signal.aborted || host.ended({ error }),
    );
  };
  // Between the question and the hello, something may have come to be wanted, too.
  const want = () => (items === wanted() ? host.wanted(Infinity) : start());
  start();
  return { close: () => stop?.abort(), want };
}

const listen: Ask = async (host, items, signal, begun) => {
  const { epoch, upto } = host.place();
  const query = { items, ...(epoch && { epoch, after: upto }) };
  const answer = await host.http.send("GET /api/v1/events/stream", { query, signal, repeats: 0, timeoutMs: FOR_EVER_MS });
  if (!answer.body || !answer.headers.get("content-type")?.startsWith("text/event-stream")) throw notQuire(answer.status);
  const [reader, decoder] = [answer.body.getReader(), new TextDecoder()];
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done || signal.aborted) return;
    host.heard();
    const messages = (text + decoder.decode(value, { stream: true })).split("\n\n");
    text = messages.pop() ?? "";
    for (const frame of frames(messages)) {
      host.frame(frame);
      if (frame.type === "hello") begun();
      if (signal.aborted) return;
    }
  }
};

/** *Server-sent events* by `fetch`, because `EventSource` cannot say who asks. Where no WebSocket passes. */
export const sse: Transport = {
  name: "sse",
  open: (host) => asking(host, listen),
};

/** Events that came together are one frame. */
export function frames(messages: string[]): ServerFrame[] {
  const all: ServerFrame[] = [];
  for (const message of messages) {
    const field = (name: string) => message.match(new RegExp(`^${name}: ?(.*)$`, "m"))?.[1];
    const [type, data] = [field("event"), field("data")];
    if (data === undefined) continue;
    const said = JSON.parse(data);
    const last = all.at(-1);
    if (type) all.push({ type, ...said });
    else if (last?.type === "events") [last.upto] = [(last.events.push(said), (said as Event).seq)];
    else all.push({ type: "events", upto: said.seq, events: [said] });
  }
  return all;
}
