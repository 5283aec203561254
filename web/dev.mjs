/**
 * The development server: `dist` with the headers that Quire itself sends, and the interface of a running server behind
 * it. `node dev.mjs [--server http://127.0.0.1:8740] [--port 8750] [--dist web/dist] [--login]`
 */
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { join, normalize, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS = {
  "content-security-policy": CSP,
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  json: "application/json",
};
const BEHIND = /^\/(api\/|readyz|healthz|docs)/;
/** The key that `--login` knows; any other is refused, and `revoked` as a revoked one. */
const KEY = "quire_local_key";

const said = (answer, status, body, more = {}) => {
  answer.writeHead(status, {
    "content-type": status < 400 ? TYPES.json : "application/problem+json",
    "cache-control": "no-store",
    ...more,
  });
  answer.end(body === undefined ? "" : JSON.stringify(body));
};
const problem = (answer, status, code, detail) =>
  said(answer, status, { type: "about:blank", title: code, status, code, detail, request_id: "0" });

const sessionOf = (owner, key_needed) => ({
  owner,
  admin: !!owner,
  key_needed,
  version: "0.1.0",
  epoch: "00000000",
  features: [],
  limits: { max_file_mib: 512, max_batch_items: 1_000_000 },
});

/** Plays the session that the server behind does not have yet. */
function makeSessions(isLogin) {
  let token;
  return {
    admits: (asked) => !isLogin || (!!token && asked.headers["x-quire-page"] === token),
    async answer(asked, answer) {
      const isIn = this.admits(asked);
      if (asked.method === "GET") return said(answer, 200, sessionOf(isIn ? "local" : null, isLogin));
      if (asked.method === "DELETE") {
        token = undefined;
        return said(answer, 204);
      }
      const chunks = [];
      for await (const chunk of asked) chunks.push(chunk);
      const { key } = JSON.parse(Buffer.concat(chunks).toString() || "{}");
      if (key === "revoked") return problem(answer, 401, "key_revoked", "This key was revoked. Use another one.");
      if (key !== KEY) return problem(answer, 401, "unauthorized", "No such key. Make one with `quire keys create`.");
      token = Math.random().toString(36).slice(2);
      const expires_at = new Date(Date.now() + 12 * 3600_000).toISOString();
      said(answer, 201, { owner: "local", key_name: "development", admin: true, page_token: token, expires_at });
    },
  };
}

/** Passes a request on, as one that comes from the server's own origin. */
function ask(behind, { url, method, headers }) {
  const { host } = new URL(behind);
  const passed = { ...headers, host };
  if (headers.origin) passed.origin = behind;
  return request(new URL(url, behind), { method, headers: passed });
}

export async function develop({ server: behind, port = 0, dist = join(import.meta.dirname, "dist"), login = false }) {
  const root = resolve(dist);
  let target = behind.replace(/\/$/, "");
  const sessions = makeSessions(login);
  const plain = (path, answer, more) =>
    readFile(path).then((bytes) => {
      answer.writeHead(200, {
        ...HEADERS,
        "content-type": TYPES[path.split(".").pop()] ?? "application/octet-stream",
        ...more,
      });
      answer.end(bytes);
    });
  const pass = (asked, answer) => {
    const passed = ask(target, asked);
    passed.on("response", (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
      answer.on("close", () => passed.destroy());
    });
    passed.on("error", () =>
      answer.headersSent ? answer.destroy() : problem(answer, 502, "unreachable", "The server behind does not answer."),
    );
    asked.pipe(passed);
  };
  const serve = async (asked, answer) => {
    const { pathname } = new URL(asked.url, "http://here");
    if (pathname === "/api/v1/session") return sessions.answer(asked, answer);
    if (BEHIND.test(pathname)) {
      if (!sessions.admits(asked) && pathname.startsWith("/api"))
        return problem(answer, 401, "unauthorized", "Log in first.");
      return pass(asked, answer);
    }
    const path = normalize(join(root, pathname));
    if (!path.startsWith(root)) return problem(answer, 404, "route_not_found", "There is no such file.");
    if (pathname.startsWith("/_app/"))
      return plain(path, answer, { "cache-control": "public, max-age=31536000, immutable" });
    if (pathname === "/icon.svg") return plain(path, answer, { "cache-control": "no-cache" });
    return plain(join(root, "index.html"), answer, { "cache-control": "no-cache" });
  };
  const front = createServer((asked, answer) => {
    serve(asked, answer).catch(() => problem(answer, 404, "route_not_found", "There is no such file."));
  });
  front.on("upgrade", (asked, client) => {
    const passed = ask(target, asked);
    client.on("error", () => passed.destroy());
    passed.on("error", () => client.destroy());
    passed.on("response", (got) => client.end(`HTTP/1.1 ${got.statusCode} Refused\r\nconnection: close\r\n\r\n`));
    passed.on("upgrade", (got, there, first) => {
      const head = Object.entries(got.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${head.join("")}\r\n`);
      client.write(first);
      client.pipe(there).pipe(client);
      for (const end of [client, there]) {
        end.on("error", () => {});
        end.on("close", () => (client.destroy(), there.destroy()));
      }
    });
    passed.end();
  });
  await new Promise((done) => front.listen(port, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${front.address().port}`,
    turnTo: (url) => void (target = url),
    stop: () => (front.close(), front.closeAllConnections()),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      server: { type: "string", default: process.env.QUIRE_SERVER ?? "http://127.0.0.1:8740" },
      port: { type: "string", default: "8750" },
      dist: { type: "string" },
      login: { type: "boolean", default: false },
    },
  });
  const { url } = await develop({ ...values, port: +values.port });
  console.log(`the dashboard is at ${url}${values.login ? `; the key is ${KEY}` : ""}`);
}
