/**
 * *Scroll*: through a whole list of 100,000 items, a step with every frame; all rows of each frame are new. An empty page
 * beside it says how many frames the machine itself missed meanwhile.
 */
import type { Measure } from "./bench.js";
import { finished } from "./batches.js";
import { Tab, newContext } from "./browser.js";
import { number, quantile, worst } from "./statistics.js";

const ITEMS = 100_000;
const FRAMES = 1200;
const AIM_MS = 17;
const AIM_ROWS = 60;

export const scroll: Measure = async ({ quire, browser }) => {
  const id = await finished(quire, ITEMS);
  const context = await newContext(browser);
  const tab = await Tab.open(context, `${quire.url}/batches/${id}`);
  await tab.page.waitForSelector(`[role=row] a[href$="/items/1"] .name`);
  await tab.page.waitForTimeout(1000);
  const other = await newContext(browser);
  const empty = await Tab.open(other);
  const before = await tab.metric("TaskDuration");
  await Promise.all([tab.record(), empty.record()]);
  const rows = await tab.page.evaluate((frames) => {
    const grid = document.querySelector(".grid.is-bounded")!;
    const step = (grid.scrollHeight - grid.clientHeight) / frames;
    let most = 0;
    return new Promise<number>((done) => {
      let n = 0;
      const next = () => {
        most = Math.max(most, grid.querySelectorAll("[role=row]").length);
        grid.scrollTop = ++n * step;
        if (n < frames) requestAnimationFrame(next);
        else done(most);
      };
      requestAnimationFrame(next);
    });
  }, FRAMES);
  const [{ times, longTasks }, control] = await Promise.all([tab.recorded(), empty.recorded()]);
  const busyMs = ((await tab.metric("TaskDuration")) - before) * 1000;
  await tab.page.waitForSelector(`[role=row] a[href$="/items/${ITEMS}"] .name`);
  await context.close();
  await other.close();
  const over = (all: number[]) => `${all.filter((ms) => ms > 20).length} of ${number(all.length)}`;
  const p99 = quantile(times, 0.99);
  return [
    {
      what: `${number(ITEMS)} items scrolled through in ${number(FRAMES)} frames: p50, p99, longest`,
      aim: `p99 ≤ ${AIM_MS} ms`,
      measured: `${[quantile(times, 0.5), p99, worst(times)].map((ms) => number(ms, 1)).join(", ")} ms`,
      isOk: p99 <= AIM_MS,
    },
    {
      what: "frames of more than 20 ms then; of an empty page beside it",
      measured: `${over(times)}; ${over(control.times)}`,
    },
    {
      what: "processor time of the page's thread a frame; tasks of more than 50 ms",
      measured: `${number(busyMs / times.length, 1)} ms; ${longTasks}`,
    },
    { what: "rows in the document then, at most", aim: `≤ ${AIM_ROWS}`, measured: `${rows}`, isOk: rows <= AIM_ROWS },
  ];
};
