/** What others made, opened in the browser as an address of this server: it is saved, or shown apart, and runs nothing. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dashboard, eventually } from "../harness/dashboard.js";

let dashboard: Dashboard;
let address: string;
const HOSTILE = `<!doctype html><title>quiet</title><p>hostile</p>
<img src="x" onerror="document.title = 'image'">
<script>document.title = "script"; fetch("/api/v1/batches", { method: "POST" });</script>
<form method="post" action="/api/v1/batches"><button>go on</button></form>`;

beforeAll(async () => {
  dashboard = await Dashboard.start();
  const { quire } = dashboard;
  const form = new FormData();
  form.append("options", JSON.stringify({ operations: ["info"] }));
  form.append("files", new Blob([HOSTILE], { type: "text/html" }), "page.html");
  const answer = await fetch(`${quire.url}/api/v1/batches`, { method: "POST", body: form });
  const { id } = (await answer.json()) as { id: string };
  await eventually(async () => (await quire.batch(id)).outcome);
  address = `/api/v1/batches/${id}/items/1/document`;
});
afterAll(() => dashboard.stop());

/** As a browser would show it that took what it gets for a page: with the policy that came with it, or without. */
async function shown(page: Page, keepsPolicy: boolean): Promise<void> {
  await page.route(`**${address}`, async (route) => {
    const answer = await route.fetch();
    const { "content-disposition": _, "content-security-policy": policy, ...headers } = answer.headers();
    expect(policy).toBe("sandbox; default-src 'none'");
    const given = { ...headers, "content-type": "text/html" };
    await route.fulfill({
      response: answer,
      headers: keepsPolicy ? { ...given, "content-security-policy": policy! } : given,
    });
  });
  await page.goto(dashboard.quire.url + address);
}

const batches = async () => (await dashboard.quire.ask<{ batches: unknown[] }>("GET", "/api/v1/batches")).batches.length;

test("a document of HTML is saved, not shown", async () => {
  const page = await dashboard.open("/");
  const saved = page.waitForEvent("download");
  await page.goto(dashboard.quire.url + address).catch(() => undefined);
  expect((await saved).suggestedFilename()).toBe("page.html");
  await page.waitForSelector("h1:has-text('Batches')");
  await dashboard.assertQuiet();
});

test("shown all the same, it is of no origin, and neither runs nor sends anything", async () => {
  const page = await dashboard.open("/");
  const sent: string[] = [];
  await shown(page, true);
  page.on("request", (request) => sent.push(request.url()));
  await page.waitForSelector("text=hostile");
  expect(await page.evaluate(() => [document.title, origin])).toEqual(["quiet", "null"]);
  await page.getByRole("button", { name: "go on" }).click();
  expect(await page.title()).toBe("quiet");
  expect([sent, await batches()]).toEqual([[], 1]);
  await dashboard.assertQuiet(/sandboxed|Content Security Policy/);
});

test("control: without the policy it runs", async () => {
  const page = await dashboard.open("/");
  await shown(page, false);
  await page.waitForFunction(() => document.title !== "quiet");
  await dashboard.assertQuiet(/./);
});
