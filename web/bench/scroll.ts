/** *Scroll*: through a whole list of 100,000 items, a step with every frame; all rows of each frame are new. */
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
  await tab.record();
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
  const { times, longTasks } = await tab.recorded();
  await tab.page.waitForSelector(`[role=row] a[href$="/items/${ITEMS}"] .name`);
  await context.close();
  const p99 = quantile(times, 0.99);
  return [
    {
      what: `${number(ITEMS)} items scrolled through in ${number(FRAMES)} frames: p50, p99, longest`,
      aim: `p99 ≤ ${AIM_MS} ms`,
      measured: `${[quantile(times, 0.5), p99, worst(times)].map((ms) => number(ms, 1)).join(", ")} ms`,
      isOk: p99 <= AIM_MS,
    },
    {
      what: "frames of more than 20 ms then; tasks of more than 50 ms",
      measured: `${times.filter((ms) => ms > 20).length} of ${number(times.length)}; ${longTasks}`,
    },
    { what: "rows in the document then, at most", aim: `≤ ${AIM_ROWS}`, measured: `${rows}`, isOk: rows <= AIM_ROWS },
  ];
};
