/**
 * *Frames*: what the dashboard aims at, measured in headless Chromium against a real server, in one run. Fails when an aim
 * is missed. `--seconds` is how long events arrive, `--only paint,scroll` takes some of the measures.
 */
import { parseArgs } from "node:util";
import { Quire } from "../../clients/typescript/test/harness/quire.js";
import { SETTINGS } from "./batches.js";
import type { Measure } from "./bench.js";
import { launch, machine } from "./browser.js";
import { events } from "./events.js";
import { latency } from "./latency.js";
import { million } from "./million.js";
import { paint } from "./paint.js";
import { scroll } from "./scroll.js";
import { type Row, print } from "./table.js";
import { tabs } from "./tabs.js";

const MEASURES: Record<string, Measure> = { paint, scroll, events, latency, million, tabs };

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    million: { type: "string", default: "1000000" },
    only: { type: "string", default: Object.keys(MEASURES).join(",") },
  },
});

const rows: Row[] = [];
for (const name of values.only.split(",")) {
  const measure = MEASURES[name];
  if (!measure) throw new Error(`--only takes ${Object.keys(MEASURES).join(", ")}, not ${name}`);
  // Each begins with a server and a browser that have done nothing.
  const [quire, browser] = await Promise.all([Quire.start(SETTINGS), launch()]);
  if (!rows.length) console.log(machine(browser));
  console.error(`${name} …`);
  const found = await measure({ quire, browser, seconds: Number(values.seconds), million: Number(values.million) });
  for (const { what, measured } of found) console.error(`  ${what}: ${measured}`);
  rows.push(...found);
  await browser.close();
  await quire.stop();
}
print(rows);
process.exitCode = rows.every(({ aim, isOk }) => aim === undefined || isOk) ? 0 : 1;
