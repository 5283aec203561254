import { QuireError, json, notQuire, problemOf } from "../problem.js";
import type { Auth, Http } from "../http.js";
import type { ClientFrame, ServerFrame } from "../types.js";
import type { Ended, Transport } from "./transport.js";

/** *WebSocket*: the upper rung. Acknowledges what was taken, so that a busy page slows the server and not itself. */
export const ws: Transport = {
  name: "ws",
  open(host) {
    let socket: WebSocket | undefined;
    let isClosed = false;
    let asked: Set<string> | undefined;
    /** Questions whether subscriptions are in force: how many want to know. */
    const unsure: number[] = [];
    const close = () => {
      isClosed = true;
      socket?.close();
    };
    const end = (how: Ended) => {
      if (isClosed) return;
      close();
      host.ended(how);
    };
    const say = (frame: ClientFrame) => socket!.readyState === 1 && socket!.send(JSON.stringify(frame));
    const resume = () => {
      const { epoch, upto } = host.place();
      say({ type: "resume", epoch, after: upto });
    };
    /** Whether there was anything to say. */
    const subscribe = (): boolean => {
      const [was, wants] = [asked, new Set(host.wants())];
      const tell = (type: "subscribe" | "unsubscribe", batch: string) =>
        say(batch === "*" ? { type: "subscribe", items: type === "subscribe" } : { type, batch });
      const gone = [...(was ?? "*")].filter((batch) => !wants.has(batch));
      const come = [...wants].filter((batch) => !was?.has(batch));
      // What is still wanted is never without a subscription: the server tells on between two frames.
      for (const batch of come) tell("subscribe", batch);
      for (const batch of gone) tell("unsubscribe", batch);
      asked = wants;
      return gone.length + come.length > 0;
    };
    const open = async () => {
      if (!host.WebSocket) throw new QuireError("no_transport", "Give `connect` a WebSocket.");
      // Soon enough to tell a server that is not there from one whose sockets are not.
      const protocols = await ticket(host.http, (host.timing.helloMs ?? 8000) >> 1);
      if (isClosed) return;
      socket = new host.WebSocket(host.http.server.replace("http", "ws") + "/api/v1/ws", protocols);
      socket.onclose = end;
      // A close follows; some implementations throw what nobody listens to.
      socket.onerror = () => {};
      socket.onmessage = ({ data }) => {
        if (isClosed) return;
        host.heard();
        let frame: ServerFrame;
        try {
          frame = JSON.parse(data);
        } catch {
          return end({ error: notQuire() });
        }
        if (frame.type === "error" && unsure[0]) return host.wanted(unsure.shift()!);
        host.frame(frame);
        if (isClosed) return;
        if (frame.type === "events") say({ type: "ack", seq: frame.upto });
        if (frame.type === "hello") {
          subscribe();
          resume();
          host.wanted(Infinity);
        }
      };
    };
    open().catch((error: unknown) => end({ error }));
    return {
      close,
      want() {
        if (!asked) return;
        const isNew = subscribe();
        if (!isNew && unsure.length) unsure[unsure.length - 1]!++;
        else if (!isNew) host.wanted(1);
        else {
          // A second one changes nothing and is answered: by then the subscriptions before it are in force.
          unsure.push(1);
          resume();
        }
      },
    };
  },
};

/** The handshake's answer is hidden from a page: that of the ticket is not, and says who is refused and why. */
async function ticket(http: Http, timeoutMs: number): Promise<string[]> {
  const own = (http.auth as Exclude<Auth, string>).ticket;
  const answer = await (own ? own() : http.send("POST /api/v1/ws-tickets", { repeats: 0, timeoutMs }));
  if (!answer.ok) throw await problemOf(answer);
  const { ticket } = await json<{ ticket: string }>(answer);
  return ["quire.v1", `ticket.${ticket}`];
}
