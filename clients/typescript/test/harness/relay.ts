/** An address that stays while servers behind it come and go, and a line that can be made to break. */
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";
import { once } from "node:events";

export interface Manner {
  /** New connections are closed at once. */
  isDown?: boolean;
  /** Bytes are taken and not passed on, in both directions. */
  stalls?: boolean;
  /** As a proxy that knows no WebSockets: refuses them, or says nothing. */
  websockets?: "pass" | "refuse" | "swallow";
  /** As a proxy that gathers answers: of a stream, nothing comes. */
  gathers?: boolean;
  /** Bytes from the server that are passed on in one go, with a pause behind each. */
  slowBytes?: number;
}

interface Line {
  client: Socket;
  server: Socket;
  isWebSocket: boolean;
}

export class Relay {
  url = "";
  /** Handshakes that came by. */
  websockets = 0;
  #manner: Manner = {};
  #server: Server;
  #lines = new Set<Line>();

  private constructor(private target: string) {
    this.#server = createServer((client) => this.#pass(client));
  }

  static async to(url: string): Promise<Relay> {
    const relay = new Relay(url);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    relay.url = `http://127.0.0.1:${(relay.#server.address() as AddressInfo).port}`;
    return relay;
  }

  turnTo(url: string): void {
    this.target = url;
  }

  behave(manner: Manner): void {
    const stalled = this.#manner.stalls;
    this.#manner = manner;
    if (!!stalled !== !!manner.stalls) for (const line of this.#lines) this.#flow(line);
  }

  /** Breaks every line that there is, in the middle of whatever it carries. */
  cut(): void {
    for (const { client, server } of this.#lines) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #flow({ client, server }: Line): void {
    for (const socket of [client, server]) {
      if (this.#manner.stalls) socket.pause();
      else socket.resume();
    }
  }

  #pass(client: Socket): void {
    client.on("error", () => {});
    if (this.#manner.isDown) return void client.destroy();
    const { hostname, port } = new URL(this.target);
    const server = connect(Number(port), hostname);
    const line: Line = { client, server, isWebSocket: false };
    let isStream = false;
    server.on("error", () => client.destroy());
    this.#lines.add(line);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on("end", () => to.end());
      from.on("close", () => {
        to.destroy();
        this.#lines.delete(line);
      });
    }
    client.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      if (text.startsWith("GET /api/v1/ws ")) {
        line.isWebSocket = true;
        this.websockets++;
        if (this.#manner.websockets === "refuse") {
          return client.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
        if (this.#manner.websockets === "swallow") return;
      }
      if (text.startsWith("GET /api/v1/events/stream")) isStream = true;
      server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (isStream && this.#manner.gathers) return;
      client.write(bytes);
      const { slowBytes } = this.#manner;
      if (!slowBytes) return;
      server.pause();
      setTimeout(() => !this.#manner.stalls && server.resume(), (bytes.length / slowBytes) * 10);
    });
    this.#flow(line);
  }
}
