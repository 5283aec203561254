/** A batch is watched backwards: what is on the page at a place in the log is what the interface answers for it. */
import type { Page } from "playwright-core";
import type { Batch, Item } from "quire-client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Dashboard, assertAccessible, eventually } from "../harness/dashboard.js";

const ITEMS = 90;
const STATES = ["succeeded", "failed", "running", "queued", "retry_wait", "cancelled", "expired", "skipped"] as const;

let dashboard: Dashboard;
/** Ended; before that it was paused, some of it failed, it was cancelled and tried again. */
let id: string;
let log: { after: number; upto: number };

const scripts = (items: number, sleep: number): Record<number, object> => {
  const all: Record<number, object> = {};
  for (let item = 1; item <= items; item++) {
    all[item] = { sleep };
    if (item % 10 === 3) all[item] = { fail: { code: "damaged", detail: "planted" } };
    if (item % 20 === 7) all[item] = { fail: { code: "storage_failed", detail: "planted" } };
  }
  return all;
};

beforeAll(async () => {
  dashboard = await Dashboard.start({ settings: { "retry.max_attempts": 2, "retry.backoff_base_ms": 50 } });
  const { quire } = dashboard;
  id = (await quire.submit({ name: "watched", items: ITEMS, scripts: scripts(ITEMS, 20) })).id;
  const ended = (least: number) => eventually(async () => (await quire.batch(id)).counts.succeeded >= least);
  await ended(10);
  await quire.ask("PUT", `/api/v1/batches/${id}/pause`);
  await eventually(async () => (await quire.batch(id)).status === "paused");
  await quire.ask("PUT", `/api/v1/batches/${id}/resume`);
  await ended(40);
  await quire.ask("DELETE", `/api/v1/batches/${id}`);
  await eventually(async () => (await quire.batch(id)).outcome);
  await quire.ask("POST", `/api/v1/batches/${id}/retry`, { cancelled: true });
  await eventually(async () => (await quire.batch(id)).outcome);
  const { after, upto } = (await quire.batch(id)).log;
  log = { after: after!, upto };
});
afterEach(() => dashboard.assertQuiet());
afterAll(() => dashboard.stop());

const slider = (page: Page) => page.getByRole("slider", { name: "As of" });
const banner = (page: Page) => page.locator(".past");
const was = (seq: number, of = id) => dashboard.quire.ask<Batch>("GET", `/api/v1/batches/${of}?as_of=${seq}`);
const number = (n: number) => n.toLocaleString("en");
const placeOf = (page: Page) => new URL(page.url()).searchParams.get("as_of");

/** The page is of this place as soon as its banner says so: all of it comes at once. */
async function shows(page: Page, { as_of }: Batch): Promise<void> {
  await page.waitForSelector(`.past:has-text("event ${number(as_of!.seq)}")`);
}

async function assertPage(page: Page, seq: number): Promise<void> {
  const batch = await was(seq);
  await shows(page, batch);
  const { counts, status } = batch;
  expect(await page.locator(".summary-head .state").innerText()).toBe(status);
  const line = STATES.filter((state) => counts[state]).map((state) => `${counts[state]} ${state.replace("_", " ")}`);
  const shown = await page.locator(".counts > *").allTextContents();
  expect(shown.sort()).toEqual([...line, `of ${counts.total} items`].sort());
  const strip = await page.locator(".strip").getAttribute("aria-label");
  for (const text of line) expect(strip).toContain(text);
  const kinds = page.getByRole("group", { name: "Items" });
  expect(await kinds.textContent()).toContain(`failed ${counts.failed}`);

  const { items } = await dashboard.quire.ask<{ items: Item[] }>(
    "GET",
    `/api/v1/batches/${id}/items?limit=100&as_of=${seq}`,
  );
  const groups = new Map<string, number>();
  for (const { state, failure } of items) {
    if (state === "failed") groups.set(failure!.code, (groups.get(failure!.code) ?? 0) + 1);
  }
  const told = await page.locator(".failures li").allInnerTexts();
  expect(told.length).toBe(groups.size);
  for (const [code, n] of groups) {
    const text = code.replace("_", " ");
    expect(told.some((group) => group.toLowerCase().includes(text) && group.trim().startsWith(`${n}`))).toBe(true);
  }

  const rows = await page
    .locator("[role=row]:not(.grid-head)")
    .evaluateAll((all) =>
      all.map((row) => ["position", "status", "why"].map((of) => row.querySelector(`.of-${of}`)!.textContent)),
    );
  expect(rows.length).toBeGreaterThan(5);
  for (const [position, state, why] of rows) {
    const item = items[Number(position) - 1]!;
    expect([position, state]).toEqual([position, item.state.replace("_", " ")]);
    expect(why, `${position} at ${seq}`).toContain(item.failure ? item.failure.code.replace("_", " ") : "");
    if (!item.failure) expect(why).toBe("");
  }
}

test("at every place the page says what the interface says", async () => {
  const page = await dashboard.open(`/batches/${id}`);
  await slider(page).waitFor();
  expect(await slider(page).getAttribute("aria-valuetext")).toBe("now");
  const length = log.upto - log.after - 2;
  const places = Array.from({ length: 14 }, (_, nth) => log.after + 1 + Math.floor((length * nth) / 13));
  const statuses = new Set<string>();
  for (const seq of places) {
    await slider(page).fill(`${seq}`);
    await assertPage(page, seq);
    statuses.add((await was(seq)).status);
  }
  expect(statuses.size).toBeGreaterThan(2);
  // Nothing that would change it is offered.
  for (const name of ["Retry", "Results", "Cancel", "Resume"]) {
    expect(await page.locator("main").getByRole("button", { name }).count(), name).toBe(0);
  }
  // A filter and an item keep the place.
  await eventually(() => placeOf(page) === `${places.at(-1)}`);
  await page.locator(".counts a", { hasText: "failed" }).click();
  await page.waitForSelector("[role=grid][aria-label='Items, filtered']");
  expect(placeOf(page)).toBe(`${places.at(-1)}`);
  await page.locator(".of-items .row").nth(1).click();
  await page.waitForSelector(".past:has-text('As it was at event')");
  const position = Number(/items\/(\d+)/.exec(page.url())?.[1]);
  const item = await dashboard.quire.ask<Item>(
    "GET",
    `/api/v1/batches/${id}/items/${position}?as_of=${places.at(-1)}`,
  );
  expect(item.state).toBe("failed");
  expect(await page.locator(".facts .state").innerText()).toBe(item.state);
  expect(await page.locator(".attempts li").count()).toBe(item.attempts!.length);
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.waitForFunction(() => !document.querySelector(".past"));
});

test("by keyboard alone: back, to the beginning, and to now", async () => {
  const page = await dashboard.open(`/batches/${id}`);
  await slider(page).focus();
  const value = async () => Number(await slider(page).inputValue());
  for (let pressed = 1; pressed <= 5; pressed++) await page.keyboard.press("ArrowLeft");
  expect(await value()).toBe(log.upto - 5);
  await assertPage(page, log.upto - 5);
  await page.keyboard.press("ArrowRight");
  await assertPage(page, log.upto - 4);
  await page.keyboard.press("Home");
  expect(await value()).toBe(log.after + 1);
  await assertPage(page, log.after + 1);
  await eventually(async () => /^\d\d:\d\d:\d\d, event/.test((await slider(page).getAttribute("aria-valuetext"))!));
  await eventually(() => placeOf(page) === `${log.after + 1}`);
  await page.keyboard.press("End");
  await page.waitForFunction(() => !document.querySelector(".past"));
  await eventually(() => placeOf(page) === null);
  await page.keyboard.press("PageDown");
  await banner(page).waitFor();
  await page.getByRole("button", { name: "Back to now" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.querySelector(".past"));
  expect(await page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("range");
  await page.waitForSelector("a:has-text('Results'), button:has-text('Results')");
});

test("the address has the place: a reload keeps it, the back key leads to now", async () => {
  const page = await dashboard.open(`/batches/${id}`);
  const [early, late] = [log.after + 40, log.upto - 40];
  await slider(page).fill(`${early}`);
  await eventually(() => placeOf(page) === `${early}`);
  await slider(page).fill(`${late}`);
  await eventually(() => placeOf(page) === `${late}`);
  await page.reload();
  await assertPage(page, late);
  expect(await slider(page).inputValue()).toBe(`${late}`);
  await page.goBack();
  await page.waitForFunction(() => !document.querySelector(".past"));
  expect(placeOf(page)).toBe(null);
  await page.goForward();
  await assertPage(page, late);
});

test("what runs is watched backwards, too, one request at a time, and is live again afterwards", async () => {
  const { quire } = dashboard;
  const { id: other } = await quire.submit({ name: "at work", items: 1000, scripts: scripts(1000, 30) });
  await eventually(async () => (await quire.batch(other)).counts.succeeded > 20);
  const page = await dashboard.open(`/batches/${other}`);
  const last = async () => Number(await slider(page).getAttribute("max"));
  const first = Number(await slider(page).getAttribute("min"));
  const was20 = await was(first + 20, other);
  let asked = 0;
  let most = 0;
  const places: string[] = [];
  await page.route(/as_of=/, async (route) => {
    most = Math.max(most, ++asked);
    places.push(new URL(route.request().url()).searchParams.get("as_of")!);
    await new Promise((done) => setTimeout(done, 50));
    asked--;
    await route.continue();
  });
  for (let seq = first + 60; seq >= first + 20; seq--) await slider(page).fill(`${seq}`);
  await shows(page, was20);
  await page.unroute(/as_of=/);
  expect(most).toBe(1);
  expect(new Set(places).size).toBeLessThan(30);
  const before = await last();
  const shown = await page.locator(".counts").innerText();
  expect(await page.getByRole("heading", { name: "Now" }).count()).toBe(0);
  await eventually(async () => (await last()) > before + 20);
  expect(await page.locator(".counts").innerText()).toBe(shown);
  expect(await slider(page).inputValue()).toBe(`${first + 20}`);
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.waitForSelector("h2:has-text('Now')");
  const live = await page.locator(".counts").innerText();
  await eventually(async () => (await page.locator(".counts").innerText()) !== live);
  expect(Number(await slider(page).inputValue())).toBeGreaterThan(before);
  await quire.ask("DELETE", `/api/v1/batches/${other}`);
  await page.waitForSelector(".summary-head .state:has-text('cancelled')");
  // Every change has come as an event: the array says what the batch says.
  const { counts } = await eventually(async () => {
    const batch = await quire.batch(other);
    return batch.outcome && batch;
  });
  const line = STATES.filter((state) => counts[state]).map((state) => `${number(counts[state])} ${state}`);
  expect(line.length).toBeGreaterThan(2);
  await eventually(async () => {
    const strip = await page.locator(".strip").getAttribute("aria-label");
    return line.every((text) => strip?.includes(text));
  });
});

test("a place that is not there is said, and leads back", async () => {
  const page = await dashboard.open(`/batches/${id}?as_of=999999999`);
  await page.waitForSelector(".past:has-text('What you see is as it is now')");
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.waitForFunction(() => !document.querySelector(".past"));
  await dashboard.assertQuiet(/422/);
});

test("a batch of a version that did not log each change has no slider", async () => {
  const page = await dashboard.open("/");
  await page.route(`**/api/v1/batches/${id}`, async (route) => {
    const answer = await route.fetch();
    const batch = (await answer.json()) as Batch;
    await route.fulfill({ response: answer, json: { ...batch, log: { ...batch.log, after: null } } });
  });
  await dashboard.show(page, `/batches/${id}`);
  await page.waitForSelector(".strip");
  expect(await slider(page).count()).toBe(0);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`the past, ${colorScheme}: nothing that axe finds`, async () => {
    const page = await dashboard.open(`/batches/${id}?as_of=${log.upto - 60}`, { colorScheme });
    await banner(page).waitFor();
    await assertAccessible(page, `past, ${colorScheme}`);
    await dashboard.show(page, `/batches/${id}/items/3?as_of=${log.upto - 60}`);
    await assertAccessible(page, `an item's past, ${colorScheme}`);
  });
}

test("the past is not wider than a page of 320 pixels", async () => {
  const page = await dashboard.open(`/batches/${id}?as_of=${log.upto - 60}`, { viewport: { width: 320, height: 640 } });
  for (const path of [`/batches/${id}?as_of=${log.upto - 60}`, `/batches/${id}/items/3?as_of=${log.upto - 60}`]) {
    await dashboard.show(page, path);
    await banner(page).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  }
});
