/** Uploads that meet something: one file's fault is that file's, and whatever breaks off, nothing is there twice. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Dashboard, drop, eventually, pdf } from "../harness/dashboard.js";

let dashboard: Dashboard;
let allowed: RegExp | undefined;
const folder = mkdtempSync(join(tmpdir(), "quire-dashboard-test-"));
beforeAll(async () => {
  dashboard = await Dashboard.start({ settings: { "http.max_file_mib": 1 } });
});
afterEach(async () => {
  await dashboard.assertQuiet(allowed);
  allowed = undefined;
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await dashboard.stop();
});

const documents = (count: number) =>
  Array.from({ length: count }, (_, nth) => ({ name: `document-${nth}.pdf`, bytes: pdf(`Document ${nth}`) }));

/** The counts of the batch that the page says the upload went to. */
async function totalOf(page: Page): Promise<number> {
  const href = await page.getByRole("link", { name: "Show the batch" }).getAttribute("href");
  return (await dashboard.quire.batch(href!.split("/").at(-1)!)).counts.total;
}

test("a file that the server refuses is named, and the others of its request arrive", async () => {
  const page = await dashboard.open("/");
  // The settings have changed since the page asked for them.
  await page.route("**/api/v1/session", async (route) => {
    const answer = await route.fetch();
    const told = await answer.json();
    await route.fulfill({ response: answer, json: { ...told, limits: { ...told.limits, max_file_mib: 64 } } });
  });
  await dashboard.show(page, "/new");
  const large = { name: "large.pdf", bytes: Buffer.alloc((1 << 20) + 1, "%") };
  await drop(page, [...documents(20), large]);
  await page.getByRole("button", { name: "Upload 21 documents" }).click();
  await page.waitForSelector("text=20 of 21 documents");
  await page.getByText("1 file refused").click();
  expect(await page.locator(".refused li").allInnerTexts()).toEqual([expect.stringContaining("large.pdf")]);
  await page.waitForSelector("text=payload_too_large");
  expect(await totalOf(page)).toBe(20);
  allowed = /413/;
});

test("a file that was changed after it was chosen is named, and the others arrive", async () => {
  const page = await dashboard.open("/new");
  const paths = documents(5).map(({ name, bytes }) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  });
  await page.getByLabel("Documents", { exact: true }).setInputFiles(paths);
  await page.waitForSelector("text=5 documents");
  rmSync(paths[2]!);
  await page.getByRole("button", { name: "Upload 5 documents" }).click();
  await page.waitForSelector("text=4 of 5 documents");
  await page.getByText("1 file refused").click();
  expect(await page.locator(".refused li").allInnerTexts()).toEqual([expect.stringContaining("document-2.pdf")]);
  expect(await totalOf(page)).toBe(4);
});

test("a reload after files were added and before the page knew of it adds none of them twice", async () => {
  const { quire } = dashboard;
  const page = await dashboard.open("/new");
  const files = documents(40);
  const added: string[] = [];
  // The server does it, and the page never hears.
  await page.route("**/api/v1/batches/*/items", async (route) => {
    if (added.length === 2) return route.continue();
    const answer = await route.fetch();
    added.push((await answer.json()).id);
  });
  await drop(page, files);
  await page.getByLabel("Name").fill("unheard");
  await page.getByRole("button", { name: "Upload 40 documents" }).click();
  await eventually(() => added.length === 2);
  const id = added[0]!;
  expect((await quire.batch(id)).counts.total).toBe(40);
  // Also one that somebody has paused takes the rest.
  await quire.ask("PUT", `/api/v1/batches/${id}/pause`);
  page.on("dialog", (dialog) => dialog.accept());
  await page.reload();
  await page.waitForSelector("text=Broken off");
  await drop(page, files);
  await page.getByRole("radio", { name: /Go on with unheard/ }).waitFor();
  await page.getByRole("button", { name: "Go on" }).click();
  await page.waitForSelector("h1:has-text('unheard')");
  await quire.ask("PUT", `/api/v1/batches/${id}/resume`);
  await eventually(async () => (await quire.batch(id)).outcome);
  expect((await quire.batch(id)).counts).toMatchObject({ total: 40, succeeded: 40 });
});

test("a browser whose storage is full uploads all the same", async () => {
  const page = await dashboard.open("/");
  await page.addInitScript(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await dashboard.show(page, "/new");
  await drop(page, documents(3));
  await page.getByLabel("Name").fill("not kept");
  await page.getByRole("button", { name: "Upload 3 documents" }).click();
  await page.waitForSelector("h1:has-text('not kept')");
  await page.waitForSelector(".counts:has-text('of 3 items')");
});
