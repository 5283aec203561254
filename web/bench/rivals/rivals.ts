/**
 * *Rivals*: Quire's dashboard beside those of other queues, all in one run: 100,000 jobs have ended and 1,000 are live, four
 * at work at once. `--seconds` is how long the live ones take, with the page open; then, when nothing happens any more, one
 * minute is listened to. Needs redis-server in PATH; `--flower` names the folder of Celery's programs.
 */
import { parseArgs } from "node:util";
import { Tab, launch, machine, newContext, processMb } from "../browser.js";
import { median, number, sleep } from "../statistics.js";
import { printCells } from "../table.js";
import { type Contender, LIVE, bullBoard, flower, quire } from "./contenders.js";

const OPENINGS = 5;
const IDLE_SECONDS = 60;
const SETTLE_SECONDS = 15;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    jobs: { type: "string", default: "100000" },
    flower: { type: "string" },
  },
});
const [seconds, jobs] = [Number(values.seconds), Number(values.jobs)];

/** Milliseconds until a row of the list is there, in a browser that has nothing of it in its cache. */
async function open(it: Contender): Promise<number> {
  const browser = await launch();
  const opened: number[] = [];
  for (let nth = 0; nth < OPENINGS; nth++) {
    const context = await newContext(browser);
    const page = await context.newPage();
    const since = performance.now();
    await page.goto(it.address, { waitUntil: "commit" });
    await page.locator(it.row).first().waitFor();
    opened.push(performance.now() - since);
    await context.close();
  }
  await browser.close();
  return median(opened);
}

async function stay(it: Contender): Promise<string[]> {
  const browser = await launch();
  const tab = await Tab.open(await newContext(browser), it.address);
  await tab.page.locator(it.row).first().waitFor();
  const heaps = [await tab.heapMb()];
  await sleep((seconds + SETTLE_SECONDS) * 1000);
  let [requests, messages] = [0, 0];
  tab.page.on("request", () => requests++);
  await tab.cdp.send("Network.enable");
  tab.cdp.on("Network.webSocketFrameReceived", () => messages++);
  await sleep(IDLE_SECONDS * 1000);
  // As it is, and what a collection leaves of it.
  const sizes = [await processMb(browser)];
  heaps.push(await tab.heapMb());
  sizes.push(await processMb(browser));
  await browser.close();
  const heap = heaps.map((mb) => number(mb, 1)).join(" → ");
  return [`${sizes.map((mb) => number(mb)).join(", then ")} MB`, `${heap} MB`, `${requests}`, `${messages}`];
}

const makes = [quire, bullBoard, ...(values.flower ? [(jobs: number) => flower(jobs, values.flower!)] : [])];
const contenders: Contender[] = [];
const lines: string[][] = [];
try {
  for (const make of makes) {
    console.error(`${number(jobs)} jobs for ${make.name || "flower"} …`);
    contenders.push(await make(jobs));
  }
  // One after the other; then all of them stay open at the same time.
  for (const it of contenders) {
    await it.begin(seconds);
    lines.push([it.name, `${number(await open(it))} ms`]);
  }
  const stayed = await Promise.all(contenders.map(stay));
  stayed.forEach((cells, nth) => lines[nth]!.push(...cells));
} finally {
  for (const it of contenders) await it.stop();
}

const browser = await launch();
console.log(machine(browser));
await browser.close();
console.log(`${number(jobs)} jobs have ended, ${number(LIVE)} are live.`);
printCells([
  [
    "dashboard",
    `a row is there, median of ${OPENINGS}`,
    `process of the tab after ${number(seconds / 60, 1)} min, then after a collection`,
    "its heap after one, at the beginning and at the end",
    "requests in an idle minute",
    "messages then",
  ],
  ...lines,
]);
process.exit(0);
