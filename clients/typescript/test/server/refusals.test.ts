/** Who is refused hears why and what to do, and is not silently tried for ever. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { type Options, connect } from "../../src/index.js";
import { QUICK } from "../harness/follower.js";
import { Quire } from "../harness/quire.js";
import { eventually } from "../harness/wait.js";

let quire: Quire;
let admin: string;
beforeAll(async () => {
  quire = await Quire.start();
  const made = await quire.ask<{ key: string }>("POST", "/api/v1/admin/keys", { owner: "local", admin: true });
  admin = made.key;
});
afterAll(() => quire.stop());

const asAdmin = () => ({ authorization: `Bearer ${admin}` });
const makeKey = (owner: string) =>
  quire.ask<{ key: string; id: string }>("POST", "/api/v1/admin/keys", { owner, name: "of a test" }, asAdmin());
const revoke = (id: string) => quire.ask("DELETE", `/api/v1/admin/keys/${id}`, undefined, asAdmin());

let made = 0;
const open = (options: Options) =>
  connect({ server: quire.url, owner: `refused-${++made}`, WebSocket, timing: QUICK, ...options });

test("no key, a wrong key", async () => {
  for (const auth of ["none", { key: "qk_aaaaaaaa_bbbb" }] as const) {
    const q = open({ auth });
    await eventually(() => q.connection.state === "refused");
    expect(q.connection.error).toMatchObject({ code: "unauthorized", status: 401, detail: expect.stringContaining("API key") });
    await expect(q.events().next()).rejects.toMatchObject({ code: "unauthorized" });
    await expect(q.submit({ operations: ["noop"], items: 1 })).rejects.toMatchObject({ code: "unauthorized" });
    q.end();
  }
});

test("a key that is revoked while its client listens", async () => {
  for (const withoutSockets of [false, true]) {
    const { key, id } = await makeKey("anna");
    const q = open({ auth: { key }, ...(withoutSockets && { WebSocket: null as never }) });
    await eventually(() => q.connection.state === "live");
    expect(q.connection.transport).toBe(withoutSockets ? "sse" : "ws");
    const reading = q.events().next();
    const refused = expect(reading).rejects.toMatchObject({ code: "key_revoked" });
    await new Promise((done) => setTimeout(done, 100));
    await revoke(id);
    await refused;
    await eventually(() => q.connection.state === "refused");
    expect(q.connection.error).toMatchObject({ code: "key_revoked", status: 401 });
    q.end();
  }
});

test("another key takes a revoked one's place, asked for once", async () => {
  const [first, second] = [await makeKey("berta"), await makeKey("berta")];
  const key = vi.fn().mockReturnValueOnce(first.key).mockReturnValue(second.key);
  const q = open({ auth: { key } });
  await eventually(() => q.connection.state === "live");
  await revoke(first.id);
  await eventually(() => key.mock.calls.length === 2 && q.connection.state === "live");
  const { id } = await q.submit({ operations: ["noop"], items: 3 });
  expect(await q.batch(id).done()).toBe("succeeded");
  await revoke(second.id);
  await eventually(() => q.connection.state === "refused");
  expect(key).toHaveBeenCalledTimes(3);
  q.end();
});

test("tickets of one's own back end", async () => {
  const { key } = await makeKey("carla");
  const ticket = () => fetch(`${quire.url}/api/v1/ws-tickets`, { method: "POST", headers: { authorization: `Bearer ${key}` } });
  const q = open({ auth: { ticket } });
  await eventually(() => q.connection.state === "live");
  await quire.ask("POST", "/api/v1/batches", { operations: ["noop"], items: 2 }, { authorization: `Bearer ${key}` });
  const batch = await eventually(() => [...q.store.batches.values()].find(({ outcome }) => outcome));
  expect(batch).toMatchObject({ status: "succeeded", counts: { succeeded: 2 } });
  q.end();
});

test("a server that answers HTML, and one that hangs up", async () => {
  let asked = 0;
  const html = createServer((_, answer) => {
    asked++;
    answer.setHeader("content-type", "text/html").end("<!doctype html><title>Welcome to nginx!</title>");
  });
  await new Promise<void>((done) => html.listen(0, "127.0.0.1", done));
  const q = open({ server: `http://127.0.0.1:${(html.address() as AddressInfo).port}` });
  await eventually(() => q.connection.state === "refused");
  expect(q.connection.error).toMatchObject({ code: "not_quire", detail: expect.stringContaining("Check `server`") });
  const count = asked;
  await new Promise((done) => setTimeout(done, 500));
  expect(asked).toBe(count);
  q.end();
  html.close();
  html.closeAllConnections();
  const gone = open({ server: q.http.server });
  await eventually(() => gone.connection.state === "offline");
  expect(gone.connection.since).toBeGreaterThan(Date.now() - 5000);
  await expect(gone.batch("x").read()).rejects.toMatchObject({ code: "unreachable" });
  gone.end();
});

test("an unknown version", async () => {
  const Newer = function (url: string, protocols: string[]) {
    const socket = new WebSocket(url, protocols);
    const listen = (listener: (message: { data: string }) => void) =>
      socket.addEventListener("message", ({ data }) => listener({ data: `${data}`.replace('"v":1', '"v":2') }));
    return Object.defineProperty(socket, "onmessage", { set: listen });
  };
  const { key } = await makeKey("dora");
  const q = open({ auth: { key }, WebSocket: Newer });
  await eventually(() => q.connection.state === "refused");
  expect(q.connection.error).toMatchObject({ code: "unsupported_version", detail: expect.stringContaining("Update") });
  q.end();
});
