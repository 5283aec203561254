import { expect } from "vitest";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Tab } from "../browser/pages/tab.js";
import type { Pages } from "../harness/browser.js";
import type { Quire } from "../harness/quire.js";
import { eventually } from "../harness/wait.js";

declare const tab: Tab;

/** Four tabs of one origin, while work goes on at the server. */
export class FourTabs {
  pages: Page[] = [];
  #isWorking = true;
  #working?: Promise<void>;

  private constructor(
    private readonly context: BrowserContext,
    private readonly quire: Quire,
    private readonly after: number,
  ) {}

  static async open(browser: Browser, served: Pages, quire: Quire): Promise<FourTabs> {
    const tabs = new FourTabs(await browser.newContext(), quire, (await quire.page()).latest);
    for (let nth = 0; nth < 4; nth++) {
      tabs.pages.push(await served.open(tabs.context, { server: quire.url, after: tabs.after }));
    }
    await tabs.leader();
    tabs.#working = tabs.#work();
    return tabs;
  }

  async #work(): Promise<void> {
    while (this.#isWorking) {
      await this.quire.submit({ items: 5 }).catch(() => {});
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  leads = (page: Page): Promise<boolean> => page.evaluate(() => !!tab.q.connection.leads && tab.q.connection.state === "live");

  /** The tab that holds the connection, and has one. */
  async leader(among = this.pages, seconds = 20): Promise<Page> {
    return eventually(async () => {
      for (const page of among) if (await this.leads(page)) return page;
      return undefined;
    }, seconds);
  }

  /** Milliseconds until one of these took the lead, by its own clock: how busy the test is does not count. */
  async nextLeads(among: Page[], since: number): Promise<number> {
    const next = await this.leader(among, 12);
    return (await next.evaluate(() => tab.ledAt)) - since;
  }

  /** Nothing is lost to any of these tabs, and nothing doubled; and they are one connection to the server. */
  async assertUnharmed(pages = this.pages): Promise<void> {
    this.#isWorking = false;
    await this.#working;
    await eventually(async () => (await this.quire.sessions()).open === 1);
    const { latest } = await this.quire.page();
    for (const [nth, page] of pages.entries()) {
      await eventually(() => page.evaluate((latest) => tab.failure || tab.seen.at(-1)! >= latest, latest), 20);
      const { seen, failure } = await page.evaluate(() => ({ seen: tab.seen, failure: tab.failure }));
      expect(failure, `tab ${nth}`).toBeUndefined();
      const log = (await this.quire.log(this.after)).map(({ seq }) => seq);
      expect(seen, `tab ${nth}`).toEqual(log.slice(0, seen.length));
    }
  }

  async close(): Promise<void> {
    this.#isWorking = false;
    await this.context.close();
    await this.#working;
  }
}

/**
 * As a browser does to a tab that it takes for idle: none of its tasks run, and it keeps its lock. (By the debugger:
 * `Page.setWebLifecycleState` leaves a page alone that is seen, and without a head every page is.)
 */
export async function freeze(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Debugger.enable");
  const paused = new Promise((done) => session.once("Debugger.paused", done));
  await session.send("Debugger.pause");
  await paused;
  return async () => {
    await session.send("Debugger.resume");
    await session.detach();
  };
}

/** The leader is frozen: another tab leads within seven seconds, and nothing is lost to the others. */
export async function aFrozenLeaderIsReplaced(browser: Browser, served: Pages, quire: Quire): Promise<number> {
  const tabs = await FourTabs.open(browser, served, quire);
  try {
    const frozen = await tabs.leader();
    const others = tabs.pages.filter((page) => page !== frozen);
    const thaw = await freeze(frozen);
    const since = Date.now();
    const took = await tabs.nextLeads(others, since);
    expect(took).toBeLessThan(7000);
    await thaw();
    await tabs.assertUnharmed();
    return took;
  } finally {
    await tabs.close();
  }
}
