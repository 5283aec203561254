/** What a hook shows is what a fresh read says, whatever happens to the page, the line and the server. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Hooks } from "./pages/hooks.js";
import { freeze } from "../checks/tabs.js";
import { Pages, launch } from "../harness/browser.js";
import { Quire } from "../harness/quire.js";
import { Relay } from "../harness/relay.js";
import { eventually, random } from "../harness/wait.js";

declare const hooks: Hooks;

let browser: Browser;
let served: Pages;
let quire: Quire;
let relay: Relay;
let context: BrowserContext;
beforeAll(async () => {
  [browser, served] = await Promise.all([launch(), Pages.start()]);
  quire = await Quire.start({ "http.allowed_origins": served.url, "live.heartbeat_ms": 500, "live.progress_ms": 50 });
  relay = await Relay.to(quire.url);
});
beforeEach(async () => {
  context = await browser.newContext();
  await served.show("hooks.tsx");
});
afterEach(() => context.close());
afterAll(async () => {
  await browser.close();
  served.stop();
  relay.close();
  await quire.stop();
});

const open = (more: Record<string, string> = {}) => served.open(context, { server: relay.url, quire: quire.url, ...more });

const assertSame = (page: Page, id: string) => page.evaluate((id) => hooks.isSame(id), id);

test("over a thousand random steps the hook says what a fresh read says at the same revision", async () => {
  const page = await open();
  const [next, done] = [random(7), {} as Record<string, number>];
  let [isOver, cuts] = [false, 0];
  const cutting = (async () => {
    while (!isOver) {
      await new Promise((done) => setTimeout(done, 300 + next() * 1200));
      relay.cut();
      cuts++;
    }
  })();
  const stepping = (async () => {
    for (let round = 0; round < 20; round++) {
      // In the second half another tab leads, for what was reloaded follows.
      if (round === 10) await open();
      if (round % 5 === 0) await Promise.all([page.reload(), page.bringToFront()]);
      const steps = await page.evaluate((seed) => hooks.steps(seed, 50), round);
      for (const [what, count] of Object.entries(steps)) done[what] = (done[what] ?? 0) + count;
      expect(await page.evaluate(() => hooks.restless)).toBe(0);
    }
  })();
  await stepping.finally(() => (isOver = true));
  await cutting;
  expect(await page.evaluate(() => hooks.q.connection.leads)).toBe(false);
  await eventually(async () => (await quire.sessions()).open === 1);
  console.log(`1,000 steps: ${JSON.stringify(done)}, ${cuts} cuts`);
  const { batches } = await quire.ask<{ batches: { id: string }[] }>("GET", "/api/v1/batches?limit=100");
  const ids = batches.map(({ id }) => id).join();
  await eventually(() => page.evaluate((ids) => hooks.batches?.map(({ id }) => id).join() === ids, ids));
});

test("however many frames come, a hook is drawn once in a frame of the screen", async () => {
  const page = await open();
  const scripts = Object.fromEntries(Array.from({ length: 300 }, (_, nth) => [nth + 1, { sleep: 2 }]));
  const { id } = await quire.submit({ items: 300, scripts });
  await page.evaluate((id) => {
    hooks.show(id);
    [hooks.renders, hooks.frames] = [0, 0];
  }, id);
  await eventually(() => page.evaluate(() => hooks.batch?.batch?.outcome));
  const { renders, frames } = await page.evaluate(() => hooks);
  // Strict mode draws twice; batch and items each have a turn.
  expect(renders).toBeLessThanOrEqual(4 * frames + 8);
  await assertSame(page, id);
});

test("strict mode mounts twice and opens one socket, which closes when the component has gone", async () => {
  await served.show("strict.tsx");
  const before = relay.websockets;
  const page = await open();
  await page.waitForFunction(() => document.body.innerText.includes("live"));
  expect(relay.websockets - before).toBe(1);
  expect((await quire.sessions()).open).toBe(1);
  await page.evaluate(() => (window as unknown as { leave(): void }).leave());
  await eventually(async () => (await quire.sessions()).open === 0);
});

/** A batch on show whose items wait: it changes when it is told to. */
async function onShow(): Promise<{ page: Page; id: string }> {
  const { id } = await quire.submit({ items: 3, sealed: false });
  const page = await open({ id });
  await assertSame(page, id);
  return { page, id };
}

test("reload", async () => {
  const { page, id } = await onShow();
  for (let nth = 0; nth < 3; nth++) {
    await Promise.all([page.reload(), quire.ask("POST", `/api/v1/batches/${id}/items`, { items: 2 })]);
    await assertSame(page, id);
  }
});

test("offline: an open socket falls silent, is noticed by the clock, and made good when the page is online", async () => {
  const { page, id } = await onShow();
  await context.setOffline(true);
  await quire.ask("POST", `/api/v1/batches/${id}/items`, { items: 2 });
  const link = await eventually(() => page.evaluate(() => hooks.batch?.link.startsWith("offline since 20") && hooks.batch.link));
  expect(link).toMatch(/^offline since 20\d\d-/);
  await context.setOffline(false);
  await assertSame(page, id);
  await eventually(() => page.evaluate(() => hooks.batch?.link === "live"));
});

test("sleep: what passed while no task ran is there right after waking", async () => {
  const { page, id } = await onShow();
  const wake = await freeze(page);
  relay.behave({ stalls: true });
  await quire.ask("POST", `/api/v1/batches/${id}/items`, { items: 2 });
  await new Promise((done) => setTimeout(done, 2000));
  relay.cut();
  relay.behave({});
  await wake();
  await assertSame(page, id);
});

test("the back/forward cache keeps the page, and it is right when it comes back", async () => {
  const cached = await launch({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  try {
    context = await cached.newContext();
    const { page, id } = await onShow();
    await page.goto(`${served.url}/app.js`);
    await eventually(async () => (await quire.sessions()).open === 0);
    await quire.ask("POST", `/api/v1/batches/${id}/items`, { items: 2 });
    await page.goBack({ waitUntil: "commit" });
    await eventually(() => page.evaluate(() => hooks.wasCached));
    await assertSame(page, id);
    await eventually(() => page.evaluate(() => hooks.connection?.state === "live"));
  } finally {
    await cached.close();
  }
});

test("hidden for a while in all tabs, the connection is given back, and taken again when one is seen", async () => {
  const { id } = await quire.submit({ items: 3, sealed: false });
  const page = await open({ id, timing: JSON.stringify({ hiddenMs: 300 }) });
  await assertSame(page, id);
  const hide = (hidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await hide(true);
  await eventually(() => page.evaluate(() => hooks.q.connection.state === "asleep"));
  await eventually(async () => (await quire.sessions()).open === 0);
  await quire.ask("POST", `/api/v1/batches/${id}/items`, { items: 2 });
  await hide(false);
  await assertSame(page, id);
});
