/** *Tabs*: all of one browser share a socket. */
import type { Measure } from "./bench.js";
import { Tab, newContext } from "./browser.js";
import { sleep } from "./statistics.js";

const TABS = 4;
/** A tab that hears nothing of the one with the socket for six seconds opens its own; then one of them gives way. */
const SETTLE_TRIES = 20;

export const tabs: Measure = async ({ quire, browser }) => {
  const context = await newContext(browser);
  const pages = ["/", "/new", "/actors", "/system"].slice(0, TABS);
  for (const path of pages) {
    const { page } = await Tab.open(context, quire.url + path);
    await page.waitForSelector(".link.is-live");
  }
  let sockets = 0;
  for (let tries = 0; tries < SETTLE_TRIES && sockets !== 1; tries++) {
    await sleep(1000);
    const { websockets, event_streams } = await quire.sessions();
    sockets = websockets + event_streams;
  }
  await context.close();
  return [{ what: `sockets of ${TABS} tabs`, aim: "1", measured: `${sockets}`, isOk: sockets === 1 }];
};
