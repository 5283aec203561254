import { notQuire, problemOf } from "../problem.js";
import type { Http } from "../http.js";
import type { ClientFrame, ServerFrame } from "../types.js";
import type { Ended, Transport } from "./transport.js";

const OPEN = 1;

/** *WebSocket*: the upper rung. Acknowledges what was taken, so that a busy page slows the server and not itself. */
export const ws: Transport = {
  name: "ws",
  works: (host) => !!host.WebSocket,
  open(host) {
    let socket: WebSocket | undefined;
    let closed = false;
    let asked: Set<string> | undefined;
    /** Questions whether subscriptions are in force that were not answered yet. */
    let unsure = 0;
    const close = () => {
      closed = true;
      socket?.close();
    };
    const end = (how: Ended) => {
      if (closed) return;
      close();
      host.ended(how);
    };
    const say = (frame: ClientFrame) => socket?.readyState === OPEN && socket.send(JSON.stringify(frame));
    const resume = () => {
      const { epoch, upto } = host.place();
      say({ type: "resume", epoch, after: upto });
    };
    const subscribe = () => {
      const wants = new Set(host.wants());
      const isSame = asked?.size === wants.size && [...wants].every((batch) => asked?.has(batch));
      if (asked?.has("*") !== wants.has("*")) say({ type: "subscribe", items: wants.has("*") });
      for (const batch of asked ?? []) if (batch !== "*" && !wants.has(batch)) say({ type: "unsubscribe", batch });
      for (const batch of wants) if (batch !== "*" && !asked?.has(batch)) say({ type: "subscribe", batch });
      asked = wants;
      return isSame;
    };
    const hear = (frame: ServerFrame) => {
      if (frame.type === "error" && frame.code === "already_resumed") {
        unsure--;
        return host.wanted();
      }
      host.frame(frame);
      if (closed) return;
      if (frame.type === "events") say({ type: "ack", seq: frame.upto });
      if (frame.type === "hello") {
        subscribe();
        resume();
        host.wanted(true);
      }
    };
    const open = async () => {
      const protocols = await ticket(host.http);
      if (closed || !host.WebSocket) return;
      socket = new host.WebSocket(host.http.server.replace(/^http/, "ws") + "/api/v1/ws", protocols);
      socket.onclose = ({ code }) => end({ code });
      socket.onmessage = ({ data }) => {
        if (closed) return;
        host.heard();
        let frame: ServerFrame;
        try {
          frame = JSON.parse(data as string);
        } catch {
          return end({ error: notQuire() });
        }
        hear(frame);
      };
    };
    open().catch((error: unknown) => end({ error }));
    return {
      close,
      want() {
        if (!asked) return;
        if (subscribe() && !unsure) return host.wanted();
        // A second one changes nothing and is answered: by then the subscriptions before it are in force.
        unsure++;
        resume();
      },
    };
  },
};

/** The handshake's answer is hidden from a page: that of the ticket is not, and says who is refused and why. */
async function ticket(http: Http): Promise<string[]> {
  const { auth } = http;
  if (typeof auth !== "object" || !("ticket" in auth)) {
    return (await http.call("POST /api/v1/ws-tickets", { repeats: 0 })).protocols;
  }
  let given = await auth.ticket();
  if (given instanceof Response) {
    if (!given.ok) throw await problemOf(given);
    given = (await given.json()) as { ticket: string };
  }
  return ["quire.v1", `ticket.${typeof given === "string" ? given : given.ticket}`];
}
