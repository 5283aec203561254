/** What the other tests hold would fall, were it not so: each control is seen. */
import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dashboard, eventually, faults } from "../harness/dashboard.js";
import { dashboardWith } from "../harness/variant.js";

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start();
});
afterAll(() => dashboard.stop());

test("control: markup from a name is refused by Trusted Types", async () => {
  const page = await dashboard.open("/");
  const said = await page.evaluate(() => {
    try {
      document.querySelector("h1")!.innerHTML = "<img src=x>";
      return "taken";
    } catch (error) {
      return String(error);
    }
  });
  expect(said).toContain("TrustedHTML");
  await expect(dashboard.assertQuiet()).rejects.toThrow();
});

test("control: an inline script and an inline style are reported, and fail the run", async () => {
  const page = await dashboard.open("/");
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.append("document.title = 'taken'");
    document.head.append(script);
    const style = document.createElement("style");
    style.textContent = "body { color: red }";
    document.head.append(style);
    document.body.setAttribute("style", "color: red");
  });
  await eventually(() => dashboard.errors.length >= 3);
  const told = dashboard.errors.splice(0);
  expect(told.filter((error) => /TrustedScript|inline script/.test(error)).length).toBeGreaterThan(0);
  expect(told.filter((error) => /inline style/.test(error)).length).toBe(2);
  expect(await page.title()).not.toBe("taken");
});

test("control: a label taken away, and text that is too light, are found", async () => {
  const page = await dashboard.open("/");
  await page.evaluate(() => {
    for (const label of document.querySelectorAll(".search .visually-hidden")) label.remove();
    document.querySelector("input")!.placeholder = "";
  });
  expect((await faults(page, "without a label")).join()).toContain(": label: ");
  await dashboard.show(page, "/");
  await page.evaluate(() => document.documentElement.style.setProperty("--muted", "#c8c8c8"));
  expect((await faults(page, "too light")).join()).toContain(": color-contrast: ");
  await dashboard.assertQuiet();
});

/** How many rows the page of a batch of 300 items draws. */
async function rowsDrawn(by: Dashboard): Promise<number> {
  const { id } = await by.quire.submit({ items: 300, sealed: false });
  const page = await by.open(`/batches/${id}`);
  await page.waitForSelector(`[role=row] a[href$="/items/2"] .name`);
  const drawn = await page.locator("[role=row]").count();
  await by.assertQuiet();
  return drawn;
}

test("control: a list that draws all of its rows is found", async () => {
  expect(await rowsDrawn(dashboard)).toBeLessThanOrEqual(60);
  const change = { file: "ui/span.ts", from: "return { first, last, top:", to: "return { first: 0, last: count, top:" };
  const folder = await dashboardWith([change]);
  const other = await Dashboard.start({ settings: { "server.dashboard_dir": folder } });
  try {
    expect(await rowsDrawn(other)).toBeGreaterThan(300);
  } finally {
    await other.stop();
    rmSync(folder, { recursive: true });
  }
});
