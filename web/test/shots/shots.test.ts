/** Pictures for the README, of a server at work: `npm run shots -w web` writes them to `docs/images`. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { Dashboard, eventually } from "../harness/dashboard.js";

const ROOT = join(import.meta.dirname, "../../..");
const OUT = join(ROOT, "docs/images");

let dashboard: Dashboard;
let pictured: string;
let document: string;

/** Of a thousand documents, some fail, each kind at its own pace. */
function scripts(items: number): Record<string, object> {
  const all: Record<string, object> = {};
  for (let item = 1; item <= items; item++) {
    if (item % 97 === 0) all[item] = { fail: { code: "damaged", detail: "the table of objects is broken" } };
    else if (item % 151 === 0) all[item] = { fail: { code: "needs_password", detail: "the document is encrypted" } };
    else all[item] = { sleep: 8 };
  }
  return all;
}

async function examples(): Promise<string> {
  const form = new FormData();
  form.append("options", JSON.stringify({ name: "annual-reports", collection: "finance", operations: ["text", "info"] }));
  for (const name of ["annual-report.pdf", "two-columns.pdf", "ten-pages.pdf"]) {
    form.append("files", new Blob([new Uint8Array(readFileSync(join(ROOT, "examples", name)))]), name);
  }
  const answer = await fetch(`${dashboard.quire.url}/api/v1/batches`, { method: "POST", body: form });
  return ((await answer.json()) as { id: string }).id;
}

beforeAll(async () => {
  mkdirSync(OUT, { recursive: true });
  dashboard = await Dashboard.start({ settings: { "retry.max_attempts": 1 } });
  const { quire } = dashboard;
  document = await examples();
  await eventually(async () => (await quire.batch(document)).outcome);
  const { id: paused } = await quire.submit({ name: "scans-2026", collection: "scans", items: 400 });
  await quire.ask("PUT", `/api/v1/batches/${paused}/pause?mode=interrupt`);
  await quire.submit({ name: "letters", items: 60, not_before: "2030-01-01T00:00:00Z" });
  pictured = (await quire.submit({ name: "july-invoices", collection: "july", items: 3000, scripts: scripts(3000) })).id;
  await eventually(async () => (await quire.batch(pictured)).counts.succeeded > 1000, 120);
});
afterAll(() => dashboard.stop());

for (const colorScheme of ["light", "dark"] as const) {
  test(`pictures, ${colorScheme}`, async () => {
    const page = await dashboard.open("/", { colorScheme, viewport: { width: 1200, height: 760 } });
    const pages = {
      batches: "/",
      batch: `/batches/${pictured}`,
      item: `/batches/${document}/items/1`,
      actors: "/actors",
    };
    for (const [name, path] of Object.entries(pages)) {
      await dashboard.show(page, path);
      await page.waitForTimeout(800);
      await page.screenshot({ path: join(OUT, `${name}-${colorScheme}.png`) });
    }
    await dashboard.assertQuiet();
  });
}
