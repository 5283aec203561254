import { type Ask, asking } from "./sse.js";
import type { Transport } from "./transport.js";

const PAGE = 1000;
/** A stranger to every log: what is answered is a snapshot. */
const NO_EPOCH = "none";

const ask: Ask = async (host, items, signal, begun) => {
  const { waitSecs = 25 } = host.timing;
  for (let wait = 0; ; wait = waitSecs) {
    const { epoch, upto } = host.place();
    const query = { epoch: epoch ?? NO_EPOCH, after: upto, wait, items, limit: PAGE };
    const timeoutMs = (wait + 10) * 1000;
    const page = await host.http.call("GET /api/v1/events", { query, signal, timeoutMs, repeats: 0 });
    if (signal.aborted) return;
    host.heard();
    if (!wait) {
      const heartbeat_ms = waitSecs * 1000;
      host.frame({ type: "hello", v: 1, session: "", epoch: page.epoch, latest: page.latest, heartbeat_ms });
      begun();
      if (signal.aborted) return;
    }
    if (page.reset) {
      if (epoch) host.frame({ type: "reset", reason: page.reset });
      for (const snapshot of page.snapshot ?? []) host.frame({ ...snapshot, type: "snapshot" });
    } else host.frame({ type: "events", upto: page.next_after, events: page.events });
    if (signal.aborted) return;
  }
};

/** *Long poll*: the lowest rung. Every answer ends, so that even a proxy that gathers answers lets them through. */
export const poll: Transport = {
  name: "poll",
  open: (host) => asking(host, ask),
};
