/** What a person has set in the system: forced colours, less motion. Nothing is lost by either. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dashboard, assertAccessible, eventually } from "../harness/dashboard.js";
import { walk } from "../harness/keyboard.js";

let dashboard: Dashboard;
let id: string;
beforeAll(async () => {
  dashboard = await Dashboard.start({ settings: { "retry.max_attempts": 1 } });
  const { quire } = dashboard;
  const fail = { fail: { code: "damaged", detail: "planted" } };
  ({ id } = await quire.submit({ name: "mixed", items: 6, scripts: { 2: fail, 5: fail } }));
  const { id: paused } = await quire.submit({ name: "paused", items: 2, sealed: false });
  await quire.ask("PUT", `/api/v1/batches/${paused}/pause`);
  await quire.submit({ name: "later", items: 2, not_before: "2099-01-01T00:00:00Z" });
  await eventually(async () => (await quire.batch(id)).outcome);
});
afterAll(() => dashboard.stop());

/** Each state on the page once: its word, its shape, and whether the shape is drawn in another colour than its ground. */
const states = (page: Page) =>
  page.evaluate(() => {
    const found = new Map<string, { shape: string; isDrawn: boolean }>();
    for (const state of document.querySelectorAll<HTMLElement>("main .state")) {
      const shape = state.querySelector("path")!.getAttribute("d")!;
      const isDrawn = getComputedStyle(state.querySelector("svg")!).stroke !== getComputedStyle(document.body).backgroundColor;
      found.set(state.innerText.trim(), { shape, isDrawn });
    }
    return [...found].map(([word, seen]) => ({ word, ...seen }));
  });

function assertToldApart(seen: Awaited<ReturnType<typeof states>>, words: string[]): void {
  expect(seen.map(({ word }) => word).sort()).toEqual(words);
  expect(new Set(seen.map(({ shape }) => shape)).size).toBe(words.length);
  expect(seen.filter(({ isDrawn }) => !isDrawn)).toEqual([]);
}

test("forced colours: states are told apart, the focus is seen, axe finds nothing", async () => {
  const page = await dashboard.open("/", { forcedColors: "active" });
  expect(await page.evaluate(() => matchMedia("(forced-colors: active)").matches)).toBe(true);
  assertToldApart(await states(page), ["partial", "paused", "scheduled"]);
  await dashboard.show(page, `/batches/${id}`);
  await page.waitForSelector(".of-items .state");
  assertToldApart(await states(page), ["failed", "partial", "succeeded"]);
  // The colours of what is a picture are kept, as nothing else tells its parts apart.
  const parts = page.locator(".summary .bar-part, .summary .swatch");
  const colours = await parts.evaluateAll((all) => all.map((part) => getComputedStyle(part).backgroundColor));
  expect(new Set(colours).size).toBe(2);
  const strip = page.locator("canvas.strip");
  const inStrip = () =>
    strip.evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 1, canvas.width, 1);
      const pixels = Array.from({ length: canvas.width }, (_, x) => `rgb(${[...data.slice(x * 4, x * 4 + 3)].join(", ")})`);
      return [...new Set(pixels)].sort();
    });
  await eventually(async () => (await inStrip()).length > 1);
  expect(await inStrip()).toEqual([...new Set(colours)].sort());
  // What is pressed or current is not marked by its ground alone.
  for (const marked of [".choice [aria-pressed=true]", ".pages [aria-current]"]) {
    expect(await page.locator(marked).evaluate((one) => getComputedStyle(one).outlineStyle), marked).toBe("solid");
  }
  expect((await walk(page)).stops.filter(({ fault }) => fault)).toEqual([]);
  await assertAccessible(page, "batch, forced colours");
  for (const path of ["/", "/new", "/actors"]) {
    await dashboard.show(page, path);
    await assertAccessible(page, `${path}, forced colours`);
  }
  await dashboard.assertQuiet();
});

/** What moves while a page waits for its rows. */
async function moving(reducedMotion: "reduce" | "no-preference"): Promise<number> {
  const page = await dashboard.open("/", { reducedMotion });
  await page.route("**/api/v1/admin/actors", () => undefined);
  await page.goto(`${dashboard.quire.url}/actors`);
  await page.waitForSelector(".loading .ghost");
  const running = await page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").length);
  await dashboard.assertQuiet();
  return running;
}

test("less motion: nothing moves by itself", async () => {
  expect(await moving("reduce")).toBe(0);
});

test("control: otherwise what loads does move", async () => {
  expect(await moving("no-preference")).toBeGreaterThan(0);
});
