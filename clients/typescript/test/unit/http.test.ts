/** What is asked again, who is asked for a key, and what an answer that is no answer is called. */
import { expect, test, vi } from "vitest";
import { type Auth, Http } from "../../src/http.js";
import { QuireError } from "../../src/problem.js";
import { json } from "../harness/socket.js";

type Answer = () => Response | Promise<Response>;

function asking(answers: Answer[], auth: Auth = "none") {
  const asked: { url: URL; headers: Record<string, string>; method: string }[] = [];
  const http = new Http("http://http.test", auth, async (url, init) => {
    asked.push({ url: new URL(`${url}`), headers: init!.headers as Record<string, string>, method: init!.method! });
    return answers[Math.min(asked.length, answers.length) - 1]!();
  });
  return { http, asked };
}

const broken: Answer = () => Promise.reject(new TypeError("fetch failed"));
const problem =
  (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response(JSON.stringify({ type: "x", title: "x", status, code, detail: "what to do", request_id: "r", errors: [] }), {
      status,
      headers: { "content-type": "application/problem+json", ...headers },
    });
const read = "GET /api/v1/batches/{id}";
const path = { id: "a b" };

test("a read that meets a broken line is repeated", async () => {
  const { http, asked } = asking([broken, problem(503, "unavailable"), () => json({ id: "1" })]);
  expect(await http.call(read, { path })).toEqual({ id: "1" });
  expect(asked.length).toBe(3);
  expect(asked[0]!.url.pathname).toBe("/api/v1/batches/a%20b");
});

test("a submission is repeated under the same idempotency key, and another one has another", async () => {
  const { http, asked } = asking([broken, () => json({ id: "1" })]);
  await http.call("POST /api/v1/batches", { body: { items: 1 } });
  await http.call("POST /api/v1/batches", { body: { items: 1 } });
  const keys = asked.map(({ headers }) => headers["Idempotency-Key"]);
  expect(keys[0]).toBeTruthy();
  expect(keys[0]).toBe(keys[1]);
  expect(keys[2]).not.toBe(keys[0]);
});

test("a server that is not there is unreachable, after a few tries", async () => {
  const { http, asked } = asking([broken]);
  vi.spyOn(Math, "random").mockReturnValue(0);
  await expect(http.call(read, { path })).rejects.toMatchObject({ code: "unreachable", detail: expect.stringContaining("Check that it runs and allows") });
  expect(asked.length).toBe(4);
});

test("what the server refuses is not repeated, and its words are all there", async () => {
  const { http, asked } = asking([problem(409, "state_forbids")]);
  const error = await http.call(read, { path }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(QuireError);
  expect(error).toMatchObject({ code: "state_forbids", status: 409, detail: "what to do", request_id: "r", errors: [] });
  expect(asked.length).toBe(1);
});

test("HTML in place of an answer is no Quire server, whatever its status", async () => {
  for (const status of [200, 404, 500]) {
    const { http, asked } = asking([() => new Response("<!doctype html><p>Welcome", { status, headers: { "content-type": "text/html" } })]);
    await expect(http.call(read, { path })).rejects.toMatchObject({ code: "not_quire", detail: expect.stringContaining("Check `server`") });
    expect(asked.length).toBe(1);
  }
});

test("an answer that breaks off is asked for again", async () => {
  const half = () =>
    new Response(new ReadableStream({ pull: (stream) => stream.error(new TypeError("terminated")) }), {
      headers: { "content-type": "application/json" },
    });
  const { http, asked } = asking([half, () => json({ id: "1" })]);
  expect(await http.call(read, { path })).toEqual({ id: "1" });
  expect(asked.length).toBe(2);
});

test("a key that is refused is asked for once more, and the request with it", async () => {
  const key = vi.fn().mockReturnValueOnce("qk_old").mockReturnValueOnce("qk_new");
  const { http, asked } = asking([problem(401, "unauthorized"), () => json({ id: "1" })], { key });
  expect(await http.call(read, { path })).toEqual({ id: "1" });
  expect(asked.map(({ headers }) => headers.Authorization)).toEqual(["Bearer qk_old", "Bearer qk_new"]);
});

test("requests that are refused together ask for one key together", async () => {
  const key = vi.fn().mockReturnValueOnce("qk_old").mockImplementation(() => new Promise((done) => setTimeout(done, 20, "qk_new")));
  const http = new Http("http://http.test", { key }, async (_, init) =>
    (init!.headers as Record<string, string>).Authorization === "Bearer qk_new" ? json({ id: "1" }) : problem(401, "unauthorized")(),
  );
  await Promise.all([1, 2, 3].map(async () => expect(await http.call(read, { path })).toEqual({ id: "1" })));
  expect(key).toHaveBeenCalledTimes(2);
});

test("a back end that has no other key leaves the refusal as it is", async () => {
  const key = vi.fn().mockReturnValueOnce("qk_old").mockRejectedValue(new Error("logged out"));
  const { http } = asking([problem(401, "key_revoked")], { key });
  await expect(http.call(read, { path })).rejects.toMatchObject({ code: "key_revoked" });
});

test("a second refusal is the answer", async () => {
  const key = vi.fn(() => `qk_${key.mock.calls.length}`);
  const { http, asked } = asking([problem(401, "key_revoked")], { key });
  await expect(http.call(read, { path })).rejects.toMatchObject({ code: "key_revoked", status: 401 });
  expect(key).toHaveBeenCalledTimes(2);
  expect(asked.length).toBe(2);
  // Whoever asks later, perhaps after a login, is given another chance.
  await expect(http.call(read, { path })).rejects.toMatchObject({ code: "key_revoked", status: 401 });
  expect(key).toHaveBeenCalledTimes(3);
});

test("who gives up hears no more of it", async () => {
  const stop = new AbortController();
  const { http, asked } = asking([() => (stop.abort(), broken())]);
  await expect(http.call(read, { path, signal: stop.signal })).rejects.toThrow();
  expect(asked.length).toBe(1);
});
