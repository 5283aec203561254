/** What people do with it, against a real server: every number that is shown is the interface's. */
import type { Page } from "playwright-core";
import type { Item } from "quire-client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { duration } from "../../src/format.js";
import { Dashboard, drop, eventually, pdf } from "../harness/dashboard.js";

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start({ settings: { "retry.max_attempts": 1 } });
});
/** Of a test that is refused something on purpose. */
let allowed: RegExp | undefined;
afterEach(async () => {
  await dashboard.assertQuiet(allowed);
  allowed = undefined;
});
afterAll(() => dashboard.stop());

const heading = (page: Page) => page.locator("h1").innerText();
const idOf = (page: Page) => /\/batches\/([^/?]+)/.exec(page.url())?.[1];

/** The counts in words, as the page has them. */
const counts = (page: Page) => page.locator(".counts").textContent();

async function assertCounts(page: Page): Promise<void> {
  await eventually(async () => {
    const { counts: told } = await dashboard.quire.batch(idOf(page)!);
    const shown = await counts(page);
    const said = (["succeeded", "failed", "running", "queued", "cancelled"] as const).filter((state) => told[state]);
    return said.every((state) => shown?.includes(`${told[state].toLocaleString("en")} ${state}`));
  });
}

test("files dropped on any page become a batch that is watched to its end", async () => {
  const page = await dashboard.open("/history");
  const files = Array.from({ length: 60 }, (_, nth) => ({ name: `invoice-${nth}.pdf`, bytes: pdf(`Invoice ${nth}`) }));
  await drop(page, [...files, { name: "empty.pdf", bytes: Buffer.alloc(0) }]);
  await page.waitForSelector("text=60 documents");
  await page.waitForSelector("text=1 file will be left out");
  await page.getByLabel("Name").fill("dropped");
  await page.getByRole("button", { name: "Upload 60 documents" }).click();
  await page.waitForSelector("h1:has-text('dropped')");
  await page.waitForSelector(".summary-head .is-succeeded", { timeout: 60_000 });
  await assertCounts(page);
  const { counts, sealed } = (await dashboard.quire.batch(idOf(page)!)) as {
    counts: { total: number; succeeded: number };
    sealed: boolean;
  };
  expect([counts.total, counts.succeeded, sealed]).toEqual([60, 60, true]);
  // A row leads to the item, and its text is there.
  await page.locator(".of-items .row").nth(1).click();
  await page.waitForSelector("text=Invoice");
});

test("an upload that a reload has broken off goes on with what is missing", async () => {
  const page = await dashboard.open("/new");
  const files = Array.from({ length: 200 }, (_, nth) => ({ name: `page-${nth}.pdf`, bytes: pdf(`Reload ${nth}`) }));
  // The second request and all after it do not come through.
  let asked = 0;
  await page.route("**/api/v1/files", (route) => (++asked > 3 ? undefined : route.continue()));
  await drop(page, files);
  await page.getByLabel("Name").fill("broken off");
  await page.getByRole("button", { name: "Upload 200 documents" }).click();
  await page.waitForSelector("text=75 of 200 documents");
  await page.unroute("**/api/v1/files");
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await page.waitForSelector("text=Broken off");
  await page.waitForSelector("text=75 of 200 documents");
  let sent = 0;
  page.on("request", (request) => request.url().endsWith("/files") && sent++);
  await drop(page, files);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForSelector("h1:has-text('broken off')");
  await eventually(async () => (await dashboard.quire.batch(idOf(page)!)).outcome);
  const { counts } = await dashboard.quire.batch(idOf(page)!);
  expect([counts.total, sent]).toEqual([200, 5]);
  await assertCounts(page);
});

test("a large file goes in pieces", async () => {
  const page = await dashboard.open("/");
  const pieces: number[] = [];
  page.on("response", (answer) => answer.request().method() === "PATCH" && pieces.push(answer.status()));
  // What follows a document is no part of it.
  const bytes = Buffer.concat([pdf("Large"), Buffer.alloc(9 << 20, "%")]);
  await drop(page, [{ name: "large.pdf", bytes }]);
  await page.getByRole("button", { name: "Upload 1 document" }).click();
  await page.waitForSelector("h1:has-text('large.pdf')");
  expect(pieces).toEqual([204, 204, 201]);
});

test("by keyboard alone: find, pause, resume, cancel, retry", async () => {
  const { quire } = dashboard;
  const scripts = Object.fromEntries(Array.from({ length: 400 }, (_, nth) => [nth + 1, { sleep: 40 }]));
  const { id } = await quire.submit({ name: "by hand", items: 400, scripts });
  const page = await dashboard.open("/system");
  await page.keyboard.press("g");
  await page.keyboard.press("b");
  await page.waitForSelector("h1:has-text('Batches')");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("by hand");
  await page.waitForSelector("[role=option]:has-text('by hand')");
  await page.keyboard.press("Enter");
  await page.waitForSelector("h1:has-text('by hand')");
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  await page.keyboard.press("p");
  await eventually(async () => (await quire.batch(id)).status === "paused");
  await page.waitForSelector("button:has-text('Resume')");
  await page.keyboard.press("p");
  await eventually(async () => (await quire.batch(id)).status === "running");
  await page.getByRole("button", { name: "Cancel…" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog h2:has-text('Cancel')");
  // The focus is on what changes nothing.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await eventually(async () => (await quire.batch(id)).status === "cancelled");
  await page.waitForSelector(".summary-head .state:has-text('cancelled')");
  await assertCounts(page);
});

test("a group of failures is tried again: just as many as were named", async () => {
  const { quire } = dashboard;
  const fail = (code: string) => ({ fail: { code, detail: "planted" } });
  const scripts = { 2: fail("storage_failed"), 3: fail("damaged"), 4: fail("storage_failed") };
  const { id } = await quire.submit({ name: "failing", items: 6, scripts });
  const page = await dashboard.open(`/batches/${id}`);
  await eventually(async () => (await quire.batch(id)).outcome);
  await assertCounts(page);
  const group = page.locator(".failures li", { hasText: "Storage failed" });
  await group.getByRole("button", { name: "Show" }).click();
  await page.waitForSelector("[role=grid][aria-rowcount='3']");
  expect(
    await page.locator(".failures li", { hasText: "Damaged" }).getByRole("button", { name: "Retry" }).count(),
  ).toBe(0);
  await group.getByRole("button", { name: "Retry 2…" }).click();
  await page.getByRole("button", { name: "Retry 2", exact: true }).click();
  await page.waitForSelector(".toast:has-text('2 items will be tried again')");
  await eventually(async () => {
    const { generation, outcome } = await quire.batch(id);
    return generation === 2 && outcome;
  });
  await assertCounts(page);
});

test("the list and an item's page say how long it was worked on", async () => {
  const { quire } = dashboard;
  const { id } = await quire.submit({ items: 3, scripts: { 1: { sleep: 300 } } });
  await eventually(async () => (await quire.batch(id)).outcome);
  const address = `/api/v1/batches/${id}/items`;
  const { items } = await quire.ask<{ items: Item[] }>("GET", address);
  const page = await dashboard.open(`/batches/${id}`);
  await page.getByRole("columnheader", { name: "Took" }).waitFor();
  const cells = page.locator("[role=gridcell].of-took");
  await eventually(async () => (await cells.allInnerTexts()).every(Boolean));
  expect(await cells.allInnerTexts()).toEqual(items.map(({ work_ms }) => duration(work_ms!)));
  const { attempts } = await quire.ask<Item>("GET", `${address}/2`);
  await dashboard.show(page, `/batches/${id}/items/2`);
  expect(await page.locator(".attempt-took .number").innerText()).toBe(duration(attempts![0]!.work_ms!));
});

test("a form that is sent twice in one breath makes one", async () => {
  const { quire } = dashboard;
  const page = await dashboard.open("/webhooks");
  let asked = 0;
  await page.route("**/api/v1/webhooks", (route) => {
    asked += +(route.request().method() === "POST");
    return route.continue();
  });
  await page.getByRole("button", { name: "New webhook" }).click();
  await page.getByLabel("Address").fill("https://example.org/once");
  await page.evaluate(() => {
    const { form } = document.querySelector<HTMLButtonElement>("dialog .is-primary")!;
    form!.requestSubmit();
    form!.requestSubmit();
  });
  await page.waitForSelector("h2:has-text('The secret, shown once')");
  await page.getByRole("button", { name: "I have kept it" }).click();
  const { webhooks } = await quire.ask<{ webhooks: { id: string }[] }>("GET", "/api/v1/webhooks");
  expect([webhooks.length, asked]).toEqual([1, 1]);
  await quire.ask("DELETE", `/api/v1/webhooks/${webhooks[0]!.id}`);
});

test("an address that is no web address is refused, and is never a link", async () => {
  const page = await dashboard.open("/webhooks");
  await page.getByRole("button", { name: "New webhook" }).click();
  await page.getByLabel("Address").fill("javascript:alert(1)");
  await page.getByRole("button", { name: "Make webhook" }).click();
  await page.waitForSelector(".toast.is-fault");
  expect(await page.locator("a[href^='javascript']").count()).toBe(0);
  allowed = /422/;
});

test("the server is killed: the page says since when, stays, and goes on by itself", async () => {
  const { quire } = dashboard;
  const scripts = Object.fromEntries(Array.from({ length: 300 }, (_, nth) => [nth + 1, { sleep: 30 }]));
  const { id } = await quire.submit({ name: "killed", items: 300, scripts });
  const page = await dashboard.open(`/batches/${id}`);
  await page.waitForSelector("text=live");
  await quire.kill();
  await page.waitForSelector(".offline:has-text('Offline since')");
  expect(await heading(page)).toContain("killed");
  await page.getByRole("button", { name: "waiting" }).click();
  await quire.restart();
  await page.waitForSelector(".link.is-live", { timeout: 60_000 });
  await eventually(async () => (await quire.batch(id)).outcome, 60);
  await page.waitForSelector(".summary-head .is-succeeded", { timeout: 60_000 });
  await assertCounts(page);
  allowed = /502|503|WebSocket|ERR_/;
});

test("what is loaded ahead and does not come is no fault, and is asked for again when it is wanted", async () => {
  const page = await dashboard.open("/");
  await page.route("**/_app/operate*", (route) => route.abort());
  const failed = page.waitForEvent("requestfailed");
  await page.reload();
  expect((await failed).url()).toContain("operate");
  await page.unroute("**/_app/operate*");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  allowed = /ERR_FAILED/;
});

test("of a hundred thousand items, those in sight are drawn, and the last is one key away", async () => {
  const { quire } = dashboard;
  const { id } = await quire.submit({ name: "many", items: 100_000, sealed: false });
  const page = await dashboard.open(`/batches/${id}`);
  const grid = page.getByRole("grid", { name: "Items" });
  await grid.waitFor();
  expect(await grid.getAttribute("aria-rowcount")).toBe("100001");
  await grid.focus();
  await page.keyboard.press("End");
  await page.waitForSelector("[role=row][aria-selected=true] .of-position:has-text('100,000')");
  await page.waitForSelector(`[role=row] a[href$="/items/100000"] .name`);
  expect(await page.locator("[role=row]").count()).toBeLessThanOrEqual(60);
  await page.keyboard.press("Home");
  await page.waitForSelector("[role=row][aria-selected=true][aria-rowindex='2']");
  await page.getByRole("button", { name: "failed 0" }).click();
  await page.waitForSelector("text=No item fits this filter");
});

test("all that a filter keeps is cancelled, as many as were named", async () => {
  const { quire } = dashboard;
  const not_before = "2030-01-01T00:00:00Z";
  for (const name of ["bulk-a", "bulk-b", "other-c"]) await quire.submit({ name, items: 2, not_before });
  const page = await dashboard.open("/?q=bulk-");
  await page.waitForSelector("text=bulk-b");
  await page.getByRole("button", { name: "Cancel matching…" }).click();
  await page.getByRole("button", { name: "Cancel 2 batches" }).click();
  await page.waitForSelector(".toast:has-text('2 batches')");
  const { batches } = await quire.ask<{ batches: { name: string; status: string }[] }>(
    "GET",
    "/api/v1/batches?limit=3",
  );
  expect(Object.fromEntries(batches.map(({ name, status }) => [name, status]))).toEqual({
    "bulk-a": "cancelled",
    "bulk-b": "cancelled",
    "other-c": "scheduled",
  });
});

test("hostile names are text", async () => {
  const { quire } = dashboard;
  const name = `<img src=x onerror="document.title='taken'"> \u202Egnp.exe`;
  const { id } = await quire.submit({ name, items: 1, collection: "<script>" });
  const page = await dashboard.open("/");
  await page.waitForSelector("text=<img src=x");
  await dashboard.show(page, `/batches/${id}`);
  expect(await heading(page)).toContain("<img src=x");
  expect(await page.locator("main img, main script").count()).toBe(0);
  expect(await page.title()).not.toBe("taken");
});
