/** Two tabs of one browser: both show the same over one socket, whichever is closed. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dashboard, eventually } from "../harness/dashboard.js";

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start();
});
afterAll(() => dashboard.stop());

const shows = (page: Page, total: number) => page.waitForSelector(`.counts:has-text("of ${total} items")`);

test("a second tab shows the same over the first one's socket, and goes on when that is closed", async () => {
  const { quire } = dashboard;
  const { id } = await quire.submit({ name: "shared", items: 4, sealed: false });
  const add = (items: number) => quire.ask("POST", `/api/v1/batches/${id}/items`, { items });
  const sockets = async () => (await quire.sessions()).websockets;
  const first = await dashboard.open(`/batches/${id}`);
  const second = await dashboard.openTab(first.context(), `/batches/${id}`);
  for (const page of [first, second]) await page.waitForSelector(".link.is-live");
  await add(6);
  for (const page of [first, second]) await shows(page, 10);
  await eventually(async () => (await quire.batch(id)).counts.succeeded === 10);
  for (const page of [first, second]) await page.waitForSelector(".counts:has-text('10 succeeded')");
  expect(await sockets()).toBe(1);

  await first.close();
  await add(5);
  await shows(second, 15);
  await second.waitForSelector(".link.is-live");
  await eventually(async () => (await sockets()) === 1);
  await eventually(async () => (await quire.batch(id)).counts.succeeded === 15);
  await second.waitForSelector(".counts:has-text('15 succeeded')");
  await dashboard.assertQuiet();
  await eventually(async () => (await sockets()) === 0);
});

test("control: two browsers hold a socket each", async () => {
  const { quire } = dashboard;
  for (const page of [await dashboard.open("/"), await dashboard.open("/")]) await page.waitForSelector(".link.is-live");
  expect((await quire.sessions()).websockets).toBe(2);
  await dashboard.assertQuiet();
});
