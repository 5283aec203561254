/** *Paint*: from the reload of the list of batches to its first content, everything in the browser's cache. */
import type { Measure } from "./bench.js";
import { Tab, newContext } from "./browser.js";
import { median, number, worst } from "./statistics.js";

const AIM_MS = 200;
const RELOADS = 20;

export const paint: Measure = async ({ quire, browser }) => {
  const context = await newContext(browser);
  const { page } = await Tab.open(context, quire.url);
  const times: number[] = [];
  for (let nth = 0; nth < RELOADS; nth++) {
    await page.goto(quire.url);
    await page.waitForSelector("h1");
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length);
    times.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]!.startTime));
  }
  await context.close();
  return [
    {
      what: `first contentful paint, warm, median of ${RELOADS}`,
      aim: `≤ ${AIM_MS} ms`,
      measured: `${number(median(times))} ms, slowest ${number(worst(times))} ms`,
      isOk: median(times) <= AIM_MS,
    },
  ];
};
