/** With keys: each sees what is their own, takes it home without a secret in any address, and is out when the key is. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dashboard, eventually, pdf } from "../harness/dashboard.js";
import { type Key, Owners, logIn } from "../harness/owners.js";

let dashboard: Dashboard;
let owners: Owners;
let alice: Key;
let batch: string;
beforeAll(async () => {
  dashboard = await Dashboard.start();
  owners = await Owners.of(dashboard);
  alice = await owners.add("alice");
  const form = new FormData();
  form.append("options", JSON.stringify({ name: "hers", operations: ["text"] }));
  form.append("files", new Blob([new Uint8Array(pdf("Only hers"))]), "hers.pdf");
  const headers = { authorization: `Bearer ${alice.key}` };
  const answer = await fetch(`${dashboard.quire.url}/api/v1/batches`, { method: "POST", headers, body: form });
  batch = ((await answer.json()) as { id: string }).id;
  await eventually(async () => (await owners.ask<{ outcome?: string }>(alice, "GET", `/api/v1/batches/${batch}`)).outcome);
});
afterAll(() => dashboard.stop());

test("a download arrives, and no address holds a secret", async () => {
  const page = await dashboard.open(`/batches/${batch}/items/1`);
  const addresses: string[] = [];
  page.context().on("request", (request) => {
    addresses.push(request.url(), request.headers().referer ?? "");
  });
  await logIn(page, alice);
  await page.waitForSelector("h1:has-text('hers.pdf')");
  const token = (await page.evaluate(() => localStorage.getItem("quire-page")))!;
  expect(token.length).toBeGreaterThan(40);
  for (const [name, content] of [["Download text.txt", "Only hers"], ["Document", "%PDF-1.4"]] as const) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    expect(await readFile(await download.path(), "utf8")).toContain(content);
    addresses.push(download.url());
  }
  await page.waitForSelector("h1:has-text('hers.pdf')");
  addresses.push(page.url());
  expect(addresses.filter((address) => address.includes("/api/v1/downloads")).length).toBeGreaterThan(0);
  expect(addresses.filter((address) => address.includes(token) || address.includes(alice.key))).toEqual([]);
  await dashboard.assertQuiet(/401 \(Unauthorized\)/);
});

test("what is another owner's is not there, and a key that is revoked leads to the login at once", async () => {
  const bob = await owners.add("bob");
  const page = await dashboard.open(`/batches/${batch}`);
  await logIn(page, bob);
  await page.waitForSelector("h1:has-text('Not found')");
  await dashboard.show(page, `/batches/${batch}/items/1`);
  await page.waitForSelector("h1:has-text('Not found')");
  expect(await page.content()).not.toContain("hers");
  await dashboard.show(page, "/");
  await page.waitForSelector("text=No batches yet");
  await page.waitForSelector(".link.is-live");
  await owners.revoke(bob);
  await page.waitForSelector("text=The key of this session was revoked");
  expect(await page.evaluate(() => localStorage.getItem("quire-page"))).toBe(null);
  // Whoever comes next begins with nothing of theirs.
  await logIn(page, alice);
  await page.waitForSelector("[aria-label='Log out alice']");
  await page.waitForSelector("text=hers");
  await dashboard.assertQuiet(/40[14] \(/);
});

test("whoever makes the first key has it before the page asks for one", async () => {
  const open = await Dashboard.start();
  try {
    const page = await open.open("/keys");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByLabel("Owner").fill("local");
    await page.getByRole("button", { name: "Make key" }).click();
    await page.waitForSelector("h2:has-text('The key, shown once')");
    const key = await page.locator(".secret code").innerText();
    await page.getByRole("button", { name: "I have kept it" }).click();
    await logIn(page, { id: "", key });
    await page.waitForSelector("h1:has-text('Keys')");
    await page.getByRole("button", { name: /^Revoke / }).waitFor();
    await page.waitForSelector(".link.is-live");
    await open.assertQuiet(/401 \(Unauthorized\)/);
  } finally {
    await open.stop();
  }
});
