/** Four tabs are one connection, whatever happens to the tab that holds it. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Tab } from "./pages/tab.js";
import { FourTabs, aFrozenLeaderIsReplaced } from "../checks/tabs.js";
import { Pages, launch } from "../harness/browser.js";
import { Quire } from "../harness/quire.js";
import { eventually } from "../harness/wait.js";

declare const tab: Tab;

let browser: Browser;
let served: Pages;
let quire: Quire;
beforeAll(async () => {
  [browser, served] = await Promise.all([launch(), Pages.start()]);
  quire = await Quire.start({ "http.allowed_origins": served.url });
  await served.show("tab.ts");
});
afterAll(async () => {
  await browser.close();
  served.stop();
  await quire.stop();
});

/** The next leader, and how long it took. */
async function after(tabs: FourTabs, among: Page[], happens: () => Promise<unknown>): Promise<number> {
  const since = Date.now();
  await happens();
  return tabs.nextLeads(among, since);
}

test("four tabs are one connection at the server", async () => {
  const tabs = await FourTabs.open(browser, served, quire);
  expect((await quire.sessions()).websockets).toBe(1);
  const leading = await Promise.all(tabs.pages.map(tabs.leads));
  expect(leading.filter(Boolean).length).toBe(1);
  await tabs.assertUnharmed();
  await tabs.close();
});

test("without sharing each tab has its own", async () => {
  const context = await browser.newContext();
  const pages = await Promise.all([1, 2].map(() => served.open(context, { server: quire.url, share: "false" })));
  await eventually(async () => (await quire.sessions()).websockets === 2);
  expect(pages.length).toBe(2);
  await context.close();
  await eventually(async () => (await quire.sessions()).open === 0);
});

test("the leader is closed, crashes, is robbed: another leads, and no event is lost or doubled", async () => {
  for (const what of ["closed", "crashed", "robbed"] as const) {
    const tabs = await FourTabs.open(browser, served, quire);
    const leader = await tabs.leader();
    const others = tabs.pages.filter((page) => page !== leader);
    const took = await after(tabs, what === "robbed" ? tabs.pages : others, async () => {
      if (what === "closed") return leader.close();
      if (what === "robbed") {
        return others[0]!.evaluate(async () => {
          const [held] = (await navigator.locks.query()).held!;
          await navigator.locks.request(held!.name!, { steal: true }, () => new Promise((done) => setTimeout(done, 300)));
        });
      }
      const session = await leader.context().newCDPSession(leader);
      void session.send("Page.crash").catch(() => {});
      await new Promise((done) => leader.once("crash", done));
    });
    console.log(`leader ${what}: next after ${took} ms`);
    expect(took).toBeLessThan(7000);
    await tabs.assertUnharmed(what === "robbed" ? tabs.pages : others);
    await tabs.close();
  }
});

test("the leader is frozen: it is robbed, and catches up when it thaws", async () => {
  const took = await aFrozenLeaderIsReplaced(browser, served, quire);
  console.log(`leader frozen: next after ${took} ms`);
});

test("control: without the robbery a frozen leader is never replaced", async () => {
  await served.show("tab.ts", [{ file: "tabs.ts", from: "      queue(true);\n", to: "" }]);
  try {
    await expect(aFrozenLeaderIsReplaced(browser, served, quire)).rejects.toThrow("never became so");
  } finally {
    await served.show("tab.ts");
  }
});

test("each tab is told of the batch that it wants, through changes of the leader", async () => {
  const context = await browser.newContext();
  const pages: Page[] = [];
  for (const _ of "1234") pages.push(await served.open(context, { server: quire.url, after: -1 }));
  const leads = (page: Page) => page.evaluate(() => tab.q.connection.leads === true && tab.q.connection.state === "live");
  const leader = await eventually(async () => {
    for (const page of pages) if (await leads(page)) return page;
    return undefined;
  });
  const others = pages.filter((page) => page !== leader);
  const scripts = Object.fromEntries(Array.from({ length: 60 }, (_, nth) => [nth + 1, { sleep: 20 }]));
  const batches = await Promise.all(others.map(() => quire.submit({ items: 60, scripts })));
  const reading = others.map((page, nth) => page.evaluate((id) => tab.read(id), batches[nth]!.id));
  await new Promise((done) => setTimeout(done, 300));
  await leader.close();
  for (const [nth, seqs] of (await Promise.all(reading)).entries()) {
    const log = (await quire.log()).filter(({ batch }) => batch === batches[nth]!.id).map(({ seq }) => seq);
    expect(seqs).toEqual(log);
  }
  await context.close();
  await eventually(async () => (await quire.sessions()).open === 0);
});

test("who logs out ends the clients of all tabs", async () => {
  const tabs = await FourTabs.open(browser, served, quire);
  await tabs.pages[2]!.evaluate(() => tab.q.logout());
  await eventually(async () => (await quire.sessions()).open === 0);
  for (const page of tabs.pages) {
    expect(await page.evaluate(() => tab.q.connection.state)).toBe("closed");
    expect(await eventually(() => page.evaluate(() => tab.failure))).toContain("closed");
  }
  await tabs.close();
});
