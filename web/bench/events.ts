/**
 * *Events*: 1,000 a second arrive at the page of a running batch. An empty page beside it says how many frames the
 * machine itself missed meanwhile, which the server and its workers share with the browser.
 */
import type { Measure } from "./bench.js";
import { Paced, latest } from "./batches.js";
import { Tab, newContext } from "./browser.js";
import { number, quantile, sleep, worst } from "./statistics.js";

const PER_SECOND = 1000;
const OVER_MS = 20;
/** The page has loaded, the code that it needs is compiled, and the first thousand lines of its log are held. */
const SETTLE_SECONDS = 15;
/** Flat is what does not go beyond the first value by more than this: the states of the largest batch are 0.6 MB. */
const FLAT_MB = 1;

export const events: Measure = async ({ quire, browser, seconds }) => {
  const paced = new Paced(quire, PER_SECOND);
  await paced.calibrate();
  // More than it takes: the batch is still running when the last heap is looked at.
  const id = await paced.submit((seconds + SETTLE_SECONDS) * 1.15 + 10);
  const contexts = [await newContext(browser), await newContext(browser)];
  const empty = await Tab.open(contexts[0]!);
  const tab = await Tab.open(contexts[1]!, `${quire.url}/batches/${id}`);
  await tab.page.waitForSelector("[role=row] .name");
  await sleep(SETTLE_SECONDS * 1000);
  const heaps = [await tab.heapMb()];
  const [before, busy, since] = [await latest(quire), await tab.metric("TaskDuration"), performance.now()];
  await Promise.all([tab.record(), empty.record()]);
  await sleep(seconds * 1000);
  const [own, control] = await Promise.all([tab.recorded(), empty.recorded()]);
  const took = (performance.now() - since) / 1000;
  const rate = ((await latest(quire)) - before) / took;
  const busyMs = ((await tab.metric("TaskDuration")) - busy) * 1000;
  heaps.push(await tab.heapMb());
  const { outcome } = await quire.batch(id);
  if (outcome) throw new Error(`The batch had ended before the time was over: ${rate} events a second`);
  await quire.ask("DELETE", `/api/v1/batches/${id}`);
  for (const context of contexts) await context.close();
  const over = (times: number[]) => times.filter((ms) => ms > OVER_MS).length;
  const said = ({ times }: typeof own) =>
    `${over(times)} of ${number(times.length)}, longest ${number(worst(times))} ms, p99 ${number(quantile(times, 0.99), 1)} ms`;
  return [
    {
      what: `${number(rate)} events/s for ${number(took)} s: frames of more than ${OVER_MS} ms`,
      aim: "0",
      measured: said(own),
      isOk: over(own.times) === 0,
    },
    { what: "the same of an empty page beside it", measured: said(control) },
    {
      what: "processor time of the page's thread a frame; tasks of more than 50 ms",
      measured: `${number(busyMs / own.times.length, 1)} ms; ${own.longTasks}`,
    },
    {
      what: "heap after a collection, at the beginning and at the end",
      aim: `≤ ${FLAT_MB} MB more`,
      measured: `${heaps.map((mb) => number(mb, 2)).join(" → ")} MB`,
      isOk: heaps[1]! - heaps[0]! <= FLAT_MB,
    },
  ];
};
