/** A client behind a relay of its own, and the list of what it has seen. */
import WebSocket from "ws";
import { type BatchClient, type Options, QuireError, connect } from "../../src/index.js";
import type { Event } from "../../src/types.js";
import { Relay } from "./relay.js";

/** As the defaults, in the time that a test has. */
export const QUICK = { helloMs: 250, climbMs: 400, waitSecs: 1, steadyMs: 300, backoffMs: 10, backoffMaxMs: 200, readMs: 20 };

export interface Made {
  connect?: (options: Options) => BatchClient;
}

let made = 0;

export class Follower {
  seen: Event[] = [];
  /** Reasons for which the list was begun anew. */
  resets: string[] = [];
  failure?: unknown;
  /** Milliseconds that it thinks about each event. */
  thinksMs = 0;
  readonly transports = new Set<string>();
  #stop = new AbortController();
  #reading: Promise<void>;

  private constructor(
    readonly relay: Relay,
    readonly client: BatchClient,
    private from: { after: number; epoch?: string },
  ) {
    client.subscribe([], () => {
      const { state, transport } = client.connection;
      if (transport && state === "live") this.transports.add(transport);
    });
    this.#reading = this.#read().catch((error: unknown) => void (this.failure = error));
  }

  static async of(url: string, from: { after: number; epoch?: string }, options: Options = {}, { connect: make = connect }: Made = {}): Promise<Follower> {
    const relay = await Relay.to(url);
    const client = make({ server: relay.url, owner: `${++made}`, WebSocket, timing: QUICK, ...options });
    return new Follower(relay, client, from);
  }

  async #read(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        for await (const event of this.client.events({ ...this.from, signal: this.#stop.signal })) {
          this.seen.push(event);
          if (this.thinksMs) await new Promise((done) => setTimeout(done, this.thinksMs));
        }
      } catch (error) {
        if (!(error instanceof QuireError) || error.code !== "log_reset") throw error;
        this.resets.push(error.reason ?? "");
        [this.seen, this.from] = [[], { after: 0 }];
      }
    }
  }

  /** The place before its list. */
  get after(): number {
    return this.from.after;
  }

  get last(): number {
    return this.seen.at(-1)?.seq ?? this.after;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    this.client.end();
    this.relay.close();
  }
}
