/** A page on another port of the host posts with the browser's cookie: nothing happens. The control: it would. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dashboard, type Plan } from "../harness/dashboard.js";
import { type Form, Neighbour } from "../harness/neighbour.js";
import { type Key, Owners, logIn } from "../harness/owners.js";

let neighbour: Neighbour;
beforeAll(async () => {
  neighbour = await Neighbour.start();
});
afterAll(() => neighbour.stop());

interface Scene {
  dashboard: Dashboard;
  owners: Owners;
  alice: Key;
  /** A batch of hers that waits, and so can be cancelled. */
  batch: string;
  /** Where she is logged in, and where the neighbour is shown in the same browser. */
  page: Page;
  other: Page;
}

/** What a browser refuses, and what the server does, is written down by the browser. */
const REFUSED = /40[013] \(|Unsafe attempt|CORS policy|ERR_FAILED|Failed to load resource|WebSocket/;

async function scene(plan: Plan, play: (scene: Scene) => Promise<void>): Promise<void> {
  const dashboard = await Dashboard.start(plan);
  try {
    const owners = await Owners.of(dashboard);
    const alice = await owners.add("alice");
    const { id } = await owners.submit(alice, { name: "hers", items: 2, not_before: "2099-01-01T00:00:00Z" });
    const page = await dashboard.open("/");
    await logIn(page, alice);
    const other = await page.context().newPage();
    await play({ dashboard, owners, alice, batch: id, page, other });
    await dashboard.assertQuiet(REFUSED);
  } finally {
    await dashboard.stop();
  }
}

const submission = (url: string): Form => ({
  action: `${url}/api/v1/batches`,
  enctype: "multipart/form-data",
  fields: { options: JSON.stringify({ operations: ["info"], name: "theirs" }) },
  file: "%PDF-1.4",
});

/** A form of text can be made to read as JSON. */
const asJson = (action: string, body: object): Form => {
  const [name, value] = JSON.stringify(body).replace(/}$/, ',"x":"|"}').split("|");
  return { action, enctype: "text/plain", fields: { [name!]: value! } };
};

const forms = (url: string, batch: string, key: string): Record<string, Form> => ({
  submit: submission(url),
  download: {
    action: `${url}/api/v1/downloads`,
    fields: { page_token: "a".repeat(43), href: `/api/v1/batches/${batch}/results.jsonl` },
  },
  "log in": asJson(`${url}/api/v1/session`, { key }),
  "cancel all": asJson(`${url}/api/v1/batches/bulk`, { verb: "cancel", filter: {}, expected: 1, dry_run: false }),
  "add items": asJson(`${url}/api/v1/batches/${batch}/items`, { items: 1 }),
});

const batchesOf = async ({ owners, alice }: Scene) => {
  const { batches } = await owners.ask<{ batches: { name: string; status: string; counts: { total: number } }[] }>(
    alice,
    "GET",
    "/api/v1/batches",
  );
  return batches.map(({ name, status, counts }) => `${name} ${status} ${counts.total}`);
};

async function assertNothingHappens(played: Scene, status: number, code: string): Promise<void> {
  const { dashboard, alice, batch, page, other } = played;
  const { url } = dashboard.quire;
  for (const [what, form] of Object.entries(forms(url, batch, alice.key))) {
    const answer = await neighbour.post(other, form);
    expect(answer, what).toMatchObject({ status, code });
    // Were the browser to keep it to itself, the refusal would prove nothing.
    expect(answer.cookie, what).toContain("__Host-quire-");
  }
  const own = `${url}/api/v1/batches/${batch}`;
  expect(await neighbour.fetch(other, "GET", own, "no-cors")).not.toBe("basic");
  await neighbour.fetch(other, "POST", `${own}/retry`, "no-cors");
  await neighbour.fetch(other, "DELETE", own, "cors");
  await neighbour.fetch(other, "PUT", `${own}/pause`, "cors");
  await neighbour.fetch(other, "DELETE", `${url}/api/v1/session`, "cors");
  expect(await batchesOf(played)).toEqual(["hers scheduled 2"]);
  // She is still logged in, as herself.
  await dashboard.show(page, `/batches/${batch}`);
  await page.waitForSelector("h1:has-text('hers')");
  await page.waitForSelector("[aria-label='Log out alice']");
}

test("forms and scripts of a page on another port do nothing", () =>
  scene({}, (played) => assertNothingHappens(played, 403, "foreign_origin")));

test("also where its origin is listed, the cookie alone opens nothing", async () => {
  const settings = { "http.allowed_origins": neighbour.origin };
  await scene({ settings }, async (played) => {
    const { url } = played.dashboard.quire;
    const { submit, download } = forms(url, played.batch, "");
    for (const form of [submit!, download!]) {
      expect(await neighbour.post(played.other, form)).toMatchObject({ status: 401, code: "unauthorized" });
    }
    expect(await batchesOf(played)).toEqual(["hers scheduled 2"]);
  });
});

test("control: without the page token and the look at the page, the form makes a batch of hers", async () => {
  const settings = { "http.allowed_origins": neighbour.origin };
  await scene({ settings, without: "http.page_token,http.same_origin" }, async (played) => {
    const form = submission(played.dashboard.quire.url);
    expect(await neighbour.post(played.other, form)).toMatchObject({ status: 202 });
    expect((await batchesOf(played)).map((line) => line.split(" ")[0])).toEqual(["theirs", "hers"]);
  });
});
