/** A WebSocket that a test holds the other end of, and the tickets for it. */
import type { ServerFrame } from "../../src/types.js";

export class FakeSocket {
  static all: FakeSocket[] = [];
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onmessage?: (message: { data: string }) => void;
  onclose?: (how: { code: number; reason: string }) => void;
  /** Looks at each frame of the client the moment it is sent. */
  static onSend: (frame: Record<string, unknown>) => void = () => {};

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.all.push(this);
  }

  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!;
  }

  send(text: string): void {
    const frame = JSON.parse(text);
    this.sent.push(frame);
    FakeSocket.onSend(frame);
    if (frame.type === "resume" && this.sent.filter(({ type }) => type === "resume").length > 1) {
      queueMicrotask(() => this.tell({ type: "error", code: "already_resumed", detail: "" }));
    }
  }

  tell(frame: ServerFrame): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  hello(more: Partial<ServerFrame & { type: "hello" }> = {}): void {
    this.tell({ type: "hello", v: 1, epoch: "e", session: "1", heartbeat_ms: 15_000, latest: 0, ...more });
  }

  close(): void {
    this.readyState = 3;
  }

  end(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

/** Answers tickets, and all else by `more`. */
export const answering =
  (more: (url: URL, init: RequestInit) => Response | Promise<Response> = () => json({}, 404)): typeof fetch =>
  async (input, init = {}) => {
    const url = new URL(input as string);
    if (url.pathname === "/api/v1/ws-tickets") return json({ ticket: "t", protocols: ["quire.v1", "ticket.t"] }, 201);
    return more(url, init);
  };
