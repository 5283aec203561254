/** *Million*: the page of a finished batch of 1,000,000 items, until rows and strip are there and a key was answered. */
import type { Measure } from "./bench.js";
import { finished } from "./batches.js";
import { Tab, newContext } from "./browser.js";
import { median, number, worst } from "./statistics.js";

const AIM_MS = 1000;
const TIMES = 7;

/** Milliseconds from the beginning of the navigation to the frame in which `isThere` says yes. */
const waiting = `(isThere) => new Promise((done) => {
  const look = () => isThere() ? done(performance.now()) : requestAnimationFrame(look);
  look();
})`;

const hasRowsAndStrip = `() => {
  const strip = document.querySelector("canvas.strip");
  if (!strip?.width || !document.querySelector("[role=row] .name")) return false;
  return strip.getContext("2d").getImageData(strip.width >> 1, strip.height >> 1, 1, 1).data[3] > 0;
}`;

export const million: Measure = async ({ quire, browser, million: items }) => {
  const id = await finished(quire, items);
  const there: number[] = [];
  const usable: number[] = [];
  for (let nth = 0; nth < TIMES; nth++) {
    const context = await newContext(browser);
    // The code is in the cache, the batch is not known.
    const { page } = await Tab.open(context, `${quire.url}/system`);
    await page.waitForSelector("h1");
    await page.goto(`${quire.url}/batches/${id}`, { waitUntil: "commit" });
    const since = (await page.evaluate(`(${waiting})(${hasRowsAndStrip})`)) as number;
    await page.focus(".grid.is-bounded");
    const answered = page.evaluate(
      `(${waiting})(() => document.querySelector("[aria-selected=true]")?.getAttribute("aria-rowindex") === "${items + 1}")`,
    ) as Promise<number>;
    await page.keyboard.press("End");
    there.push(since);
    usable.push(await answered);
    await context.close();
  }
  return [
    {
      what: `page of ${number(items)} finished items: rows and strip there, then a key answered, median of ${TIMES}`,
      aim: `< ${number(AIM_MS)} ms`,
      measured: `${number(median(there))} ms, then ${number(median(usable))} ms; slowest ${number(worst(usable))} ms`,
      isOk: median(usable) < AIM_MS,
    },
  ];
};
