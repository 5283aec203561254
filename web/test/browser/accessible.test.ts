/** Every page, light and dark, wide and narrow: nothing that axe finds, nothing wider than the page, no error. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dashboard, assertAccessible, eventually, pdf } from "../harness/dashboard.js";

let dashboard: Dashboard;
let id: string;
let webhook: string;

async function upload(): Promise<string> {
  const form = new FormData();
  form.append("options", JSON.stringify({ name: "july-invoices", collection: "july", operations: ["text", "info"] }));
  const names = ["1.pdf", "<img src=x onerror=alert(1)>.pdf", "\u202Efdp.exe", `${"long-".repeat(40)}.pdf`];
  for (const name of names) form.append("files", new Blob([new Uint8Array(pdf(name.slice(0, 8)))]), name);
  form.append("files", new Blob(["not a document"]), "broken.pdf");
  const answer = await fetch(`${dashboard.quire.url}/api/v1/batches`, { method: "POST", body: form });
  return ((await answer.json()) as { id: string }).id;
}

beforeAll(async () => {
  dashboard = await Dashboard.start();
  const { quire } = dashboard;
  id = await upload();
  await quire
    .submit({ name: "paused", items: 20, sealed: false })
    .then(({ id }) => quire.ask("PUT", `/api/v1/batches/${id}/pause`));
  await quire.submit({ items: 3 });
  const made = await quire.ask<{ id: string }>("POST", "/api/v1/webhooks", {
    url: "https://example.org/hook",
    description: "an example",
  });
  webhook = made.id;
  await eventually(async () => (await quire.batch(id)).outcome);
});
afterAll(() => dashboard.stop());

const pages = (): Record<string, string> => ({
  batches: "/",
  filtered: "/?status=running&q=nothing",
  new: "/new",
  batch: `/batches/${id}`,
  failed: `/batches/${id}?state=failed`,
  item: `/batches/${id}/items/1`,
  "failed item": `/batches/${id}/items/5`,
  actors: "/actors",
  webhooks: "/webhooks",
  webhook: `/webhooks/${webhook}`,
  keys: "/keys",
  history: "/history",
  system: "/system",
  missing: "/nothing",
  "another owner's": "/batches/00000000-0000-7000-8000-000000000000",
});

const settle = (page: Page) => page.waitForTimeout(300);

for (const colorScheme of ["light", "dark"] as const) {
  test(`every page, ${colorScheme}`, async () => {
    const page = await dashboard.open("/", { colorScheme });
    for (const [name, path] of Object.entries(pages())) {
      await dashboard.show(page, path);
      await settle(page);
      await assertAccessible(page, `${name}, ${colorScheme}`);
      expect(await page.title(), name).toContain("Quire");
    }
    // What does not exist is asked for.
    await dashboard.assertQuiet(/404 \(Not Found\)/);
  });

  test(`dialogs, ${colorScheme}`, async () => {
    const page = await dashboard.open("/", { colorScheme });
    await page.keyboard.press("Control+k");
    await page.waitForSelector("[role=listbox] [role=option]");
    await assertAccessible(page, "palette");
    await page.keyboard.type("sys");
    // One press closes it, whatever was typed.
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector("dialog"));
    await page.keyboard.press("?");
    await page.waitForSelector("dialog h2:has-text('Keyboard')");
    await assertAccessible(page, "help");
    await page.keyboard.press("Escape");
    await dashboard.show(page, "/keys");
    await page.getByRole("button", { name: "New key" }).click();
    await assertAccessible(page, "new key");
    await dashboard.show(page, "/webhooks");
    await page.getByRole("button", { name: "New webhook" }).click();
    await assertAccessible(page, "new webhook");
    await dashboard.assertQuiet();
  });
}

test("nothing is wider than a page of 320 pixels", async () => {
  const page = await dashboard.open("/", { viewport: { width: 320, height: 640 } });
  for (const [name, path] of Object.entries(pages())) {
    await dashboard.show(page, path);
    await settle(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), name).toBeLessThanOrEqual(320);
  }
  await page.getByRole("button", { name: "Pages" }).click();
  await page.getByRole("link", { name: "System" }).click();
  await page.waitForSelector("h1:has-text('System')");
  await dashboard.assertQuiet(/404 \(Not Found\)/);
});

test("the login", async () => {
  const locked = await Dashboard.start();
  const { quire } = locked;
  const make = (body: object, key?: string) =>
    quire.ask<{ id: string; key: string }>("POST", "/api/v1/admin/keys", body, key ? { authorization: `Bearer ${key}` } : {});
  const { key } = await make({ owner: "local", admin: true });
  const old = await make({ owner: "local" }, key);
  await quire.ask("DELETE", `/api/v1/admin/keys/${old.id}`, undefined, { authorization: `Bearer ${key}` });
  try {
    const page = await locked.open("/");
    await assertAccessible(page, "login");
    await page.getByLabel("Key").fill(old.key);
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=This key was revoked");
    await assertAccessible(page, "login, refused");
    await page.getByLabel("Key").fill(key);
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1:has-text('Batches')");
    await page.waitForSelector("text=live");
    // The server forgets the session, as when it is idle for too long: the page says so.
    await page.evaluate(() => fetch("/api/v1/session", { method: "DELETE", headers: { "X-Quire-Page": localStorage.getItem("quire-page")! } }));
    await page.getByRole("link", { name: "System" }).click();
    await page.waitForSelector("text=The session has ended");
    await assertAccessible(page, "login, ended");
    await page.getByLabel("Key").fill(key);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Log out local" }).click();
    await page.waitForSelector("h1:has-text('Quire')");
    await locked.assertQuiet(/401 \(Unauthorized\)/);
  } finally {
    await locked.stop();
  }
});
