/** Without a mouse: everything can be reached, is seen to be reached, and can be done. */
import { readFile } from "node:fs/promises";
import type { Download, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Dashboard, eventually, pdf } from "../harness/dashboard.js";
import { tabTo, walk } from "../harness/keyboard.js";

let dashboard: Dashboard;
let allowed: RegExp | undefined;
beforeAll(async () => {
  dashboard = await Dashboard.start({ settings: { "retry.max_attempts": 1 } });
});
afterEach(async () => {
  await dashboard.assertQuiet(allowed);
  allowed = undefined;
});
afterAll(() => dashboard.stop());

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Of a page that was gone to, the heading has the focus. */
const arrived = (page: Page, name: string) =>
  page.waitForFunction((name) => {
    const { tagName, textContent } = document.activeElement!;
    return tagName === "H1" && textContent!.includes(name);
  }, name);

async function downloadBy(page: Page, name: RegExp): Promise<string> {
  await tabTo(page, name);
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  return readFile(await (download as Download).path(), "utf8");
}

test("submit, pause, resume, retry, download", async () => {
  const { quire } = dashboard;
  // Both slots are taken, so that what is submitted waits until it was paused and resumed.
  const scripts = { 1: { sleep: 600_000 }, 2: { sleep: 600_000 } };
  const ahead = await quire.submit({ name: "ahead", items: 2, priority: 100, scripts });
  const page = await dashboard.open("/");
  // From now on choosers are the test's: who begins to listen with the key that opens one may be too late.
  page.on("filechooser", () => {});
  await press(page, "g", "n");
  await arrived(page, "New");
  await tabTo(page, /^Choose documents$/);
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.keyboard.press("Enter")]);
  const given = [
    { name: "good.pdf", bytes: pdf("By keyboard") },
    { name: "broken.pdf", bytes: Buffer.from("no document") },
  ];
  await chooser.setFiles(given.map(({ name, bytes }) => ({ name, mimeType: "application/pdf", buffer: bytes })));
  await page.waitForSelector("text=2 documents");
  // The focus is on the name, and Enter sends.
  await page.waitForFunction(() => (document.activeElement as HTMLInputElement).name === "name");
  await page.keyboard.type("by keyboard");
  await page.keyboard.press("Enter");
  await arrived(page, "by keyboard");
  const id = /\/batches\/([^/?]+)/.exec(page.url())![1]!;

  await page.waitForSelector("button:has-text('Pause')");
  await page.keyboard.press("p");
  await eventually(async () => (await quire.batch(id)).status === "paused");
  await page.waitForSelector("button:has-text('Resume')");
  await tabTo(page, /^Resume$/);
  await page.keyboard.press("Enter");
  await eventually(async () => (await quire.batch(id)).status !== "paused");
  await quire.ask("DELETE", `/api/v1/batches/${ahead.id}`);
  await eventually(async () => (await quire.batch(id)).outcome);

  await page.waitForSelector("button:has-text('Retry 1 failed')");
  await tabTo(page, /^Retry 1 failed…$/);
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog h2:has-text('Try 1 item again?')");
  // The focus is on what changes nothing; behind it is what does.
  await tabTo(page, /^Retry 1$/);
  await page.keyboard.press("Enter");
  await eventually(async () => {
    const { generation, outcome } = await quire.batch(id);
    return generation === 2 && outcome;
  });

  const results = await downloadBy(page, /^Results$/);
  expect(results.trim().split("\n").map((line) => JSON.parse(line).name)).toEqual(["broken.pdf", "good.pdf"]);
  await tabTo(page, /^Items$/);
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await arrived(page, "good.pdf");
  expect(await downloadBy(page, /^Download text.txt$/)).toContain("By keyboard");
});

test("on every page Tab goes through all stops and comes back, and each is seen", async () => {
  const { quire } = dashboard;
  const { id } = await quire.submit({ name: "walked", items: 40, scripts: { 2: { fail: { code: "damaged", detail: "planted" } } } });
  await eventually(async () => (await quire.batch(id)).outcome);
  const webhook = await quire.ask<{ id: string }>("POST", "/api/v1/webhooks", { url: "https://example.org/hook" });
  await quire.ask("POST", `/api/v1/webhooks/${webhook.id}/test`);
  const page = await dashboard.open("/");
  const paths = ["/", "/new", `/batches/${id}`, `/batches/${id}/items/2`, "/actors", "/webhooks", `/webhooks/${webhook.id}`];
  for (const path of [...paths, "/keys", "/history", "/system", "/nothing"]) {
    await dashboard.show(page, path);
    const { stops, missed } = await walk(page);
    expect(missed, path).toEqual([]);
    expect(stops.filter(({ fault }) => fault), path).toEqual([]);
    expect(stops.length, path).toBeGreaterThan(10);
  }
});

test("control: a stop that nobody sees, and a trap, are found", async () => {
  const page = await dashboard.open("/new");
  await page.evaluate(() => {
    const pick = document.querySelector<HTMLElement>(".pick .button")!;
    pick.style.outline = "none";
  });
  expect((await walk(page)).stops.filter(({ fault }) => fault).map(({ name }) => name)).toEqual(["Choose a folder"]);
  await page.evaluate(() => {
    const last = document.querySelector<HTMLElement>(".pick .button:last-child")!;
    last.addEventListener("keydown", (press) => press.key === "Tab" && press.preventDefault());
  });
  expect((await walk(page)).missed.join()).toContain("a trap at");
});
