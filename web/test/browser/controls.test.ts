/** What the other tests hold would fall, were it not so: each control is seen. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dashboard, faults } from "../harness/dashboard.js";

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
  await page.waitForTimeout(200);
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
