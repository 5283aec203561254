/** An actor that panics is seen with what it said, and begins anew at the press of a button. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dashboard, assertAccessible, eventually } from "../harness/dashboard.js";

interface Actor {
  state: string;
  state_since_unix_ms: number;
  restarts: { total: number };
  last_panic: { message: string; place: string } | null;
}

let dashboard: Dashboard;
beforeAll(async () => {
  dashboard = await Dashboard.start({ settings: { "testing.allow_planted_panics": "true" } });
});
afterAll(() => dashboard.stop());

test("a panic is seen where it was, and its actor restarts by its button", async () => {
  const { quire } = dashboard;
  const id = "root/janitor";
  const address = `/api/v1/admin/actors/${encodeURIComponent(id)}`;
  const actor = () => quire.ask<Actor>("GET", address);
  const page = await dashboard.open("/actors?only=unhealthy");
  await page.waitForSelector("text=All actors are well");
  await quire.ask("POST", `${address}/panic`);
  const row = page.locator(`.actor[aria-label="${id}"]`);
  await row.waitFor();
  const after = await eventually(async () => {
    const seen = await actor();
    return seen.last_panic && seen.state === "running" ? seen : undefined;
  });
  // What was written where, and how often it began anew, as the interface has it.
  await row.getByText(after.last_panic!.message).waitFor();
  await row.getByText(after.last_panic!.place).waitFor();
  expect(await row.locator(".vitals div", { hasText: "restarts" }).locator("dd").innerText()).toBe(`${after.restarts.total}`);
  await assertAccessible(page, "a panic");

  await row.getByRole("button", { name: `Restart ${id}` }).click();
  await page.waitForSelector("dialog h2:has-text('Restart 1 actor?')");
  await page.getByRole("button", { name: "Restart 1", exact: true }).click();
  await page.waitForSelector(`.toast:has-text("${id} restarts.")`);
  await eventually(async () => {
    const { state, state_since_unix_ms } = await actor();
    return state === "running" && state_since_unix_ms > after.state_since_unix_ms;
  });
  await row.locator(".state:has-text('running')").waitFor();
  await dashboard.assertQuiet();
});
