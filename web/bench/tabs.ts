/** *Tabs*: all of one browser share a socket. */
import type { Measure } from "./bench.js";
import { Tab, newContext } from "./browser.js";
import { sleep } from "./statistics.js";

const TABS = 4;

export const tabs: Measure = async ({ quire, browser }) => {
  const context = await newContext(browser);
  const pages = ["/", "/new", "/actors", "/system"].slice(0, TABS);
  for (const path of pages) {
    const { page } = await Tab.open(context, quire.url + path);
    await page.waitForSelector(".link.is-live");
  }
  await sleep(3000);
  const { websockets, event_streams } = await quire.sessions();
  await context.close();
  const sockets = websockets + event_streams;
  return [{ what: `sockets of ${TABS} tabs`, aim: "1", measured: `${sockets}`, isOk: sockets === 1 }];
};
