/** Whatever the line and the server do, a reader sees the log: each event once, in order, none missing. */
import { afterAll, expect, test } from "vitest";
import { Follower } from "../harness/follower.js";
import { Quire } from "../harness/quire.js";
import type { Manner } from "../harness/relay.js";
import { eventually, pick, random } from "../harness/wait.js";

const GROUPS = 40;
const CLIENTS = 5;
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

const quire = await Quire.start({ "live.heartbeat_ms": 150, "live.window_events": 16, "live.progress_ms": 50 });
afterAll(() => quire.stop());

/** Lines of some proxies, which know no better to the end. */
const PROXIES: Record<number, Manner> = { 3: { websockets: "refuse" }, 4: { websockets: "refuse", gathers: true } };

/** What one line does in its group. */
async function trouble(next: () => number, follower: Follower, usual: Manner = {}): Promise<void> {
  const { relay } = follower;
  relay.behave(usual);
  for (let step = 0; step < 4; step++) {
    await sleep(next() * 60);
    const what = pick(next, ["cut", "cut", "stall", "down", "refuse", "swallow", "gather", "slow", "busy", "calm"]);
    if (what === "cut") relay.cut();
    else if (what === "stall") relay.behave({ stalls: true });
    else if (what === "down") relay.behave({ isDown: true });
    else if (what === "refuse") relay.behave({ websockets: "refuse" });
    else if (what === "swallow") relay.behave({ websockets: "swallow" });
    else if (what === "gather") relay.behave({ websockets: "refuse", gathers: true });
    else if (what === "slow") relay.behave({ slowBytes: 2000 });
    else if (what === "busy") follower.thinksMs = 1;
    else relay.behave(usual);
    // What is asked for meanwhile meets the trouble.
    if (["refuse", "swallow", "gather"].includes(what)) relay.cut();
  }
  await sleep(next() * 300);
  follower.thinksMs = 0;
  relay.behave(usual);
  if (next() < 0.3) relay.cut();
}

async function happenings(next: () => number, group: number, followers: Follower[]): Promise<void> {
  const submit = async () => {
    const { id } = await quire.submit({ items: 1 + Math.floor(next() * 30) });
    if (next() < 0.3) await quire.ask("PUT", `/api/v1/batches/${id}/pause`).catch(() => {});
  };
  await submit();
  if (group % 3 === 2) {
    await sleep(next() * 100);
    await quire.kill();
    if (group % 9 === 8) quire.forget();
    await sleep(next() * 100);
    await quire.restart();
    for (const follower of followers) follower.relay.turnTo(quire.url);
  }
  for (let more = 0; more < 3; more++) {
    await sleep(next() * 80);
    await submit();
  }
}

test(`${GROUPS * CLIENTS} seeded schedules: events seen are the log, once each, in order`, async () => {
  const transports: Record<string, number> = { ws: 0, sse: 0, poll: 0 };
  let [events, resets] = [0, 0];
  for (let group = 0; group < GROUPS; group++) {
    const next = random(group);
    const { latest, epoch } = await quire.page();
    const places = Array.from({ length: CLIENTS }, (_, nth) => (nth ? latest : Math.max(0, latest - 500)));
    const followers = await Promise.all(places.map((after) => Follower.of(quire.url, { after, epoch })));
    await Promise.all([
      happenings(next, group, followers),
      ...followers.map((follower, nth) => trouble(random(group * 1000 + nth), follower, PROXIES[nth])),
    ]);
    const all = await quire.log();
    const last = all.at(-1)?.seq ?? 0;
    for (const [nth, follower] of followers.entries()) {
      const name = `group ${group}, client ${nth}`;
      const isReplaced = group % 9 === 8;
      await eventually(() => follower.failure || (follower.last >= last && !isReplaced === !follower.resets.length), 20).catch(() => {
        throw new Error(`${name}: ${follower.last} of ${last}, ${follower.resets} ${JSON.stringify(follower.client.connection)}`);
      });
      expect(follower.failure, name).toBeUndefined();
      // Before the log is read again: work goes on.
      const seen = [...follower.seen];
      const log = await quire.log(follower.after);
      expect(seen, name).toEqual(log.slice(0, seen.length));
      expect(seen.length, name).toBeGreaterThanOrEqual(all.filter(({ seq }) => seq > follower.after).length);
      expect(follower.resets, name).toEqual(isReplaced ? ["other_epoch"] : []);
      for (const transport of follower.transports) transports[transport]!++;
      events += follower.seen.length;
      resets += follower.resets.length;
    }
    await Promise.all(followers.map((follower) => follower.stop()));
  }
  console.log(`${GROUPS * CLIENTS} schedules, ${events} events seen, ${resets} logs replaced, live by`, transports);
  for (const name of ["ws", "sse", "poll"]) expect(transports[name], name).toBeGreaterThan(10);
  expect(resets).toBeGreaterThan(5);
});
