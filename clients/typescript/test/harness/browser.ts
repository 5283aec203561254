/** One Chromium, and pages of an origin of their own that talk to a server. */
import { type IncomingMessage, type Server, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, type BrowserContext, type LaunchOptions, type Page, chromium } from "playwright-core";
import { type Change, bundle } from "./variant.js";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];

export function launch(options: LaunchOptions = {}): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_BIN;
  if (!executablePath) throw new Error(`Set CHROMIUM_BIN to the program, such as one of ${NAMES.join(", ")}.`);
  // Its sandbox does not take root, and only root gets by without it.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args, ...options });
}

/** Serves one script, below any path; with a server behind it, its interface below `/api`, as a proxy would. */
export class Pages {
  #script = "";
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(behind?: string): Promise<Pages> {
    let pages: Pages;
    const ask = ({ url, method, headers }: IncomingMessage) => request(new URL(url!, behind), { method, headers });
    const server = createServer((asked, answer) => {
      const { url } = asked;
      if (url!.startsWith("/api") && behind) {
        const passed = ask(asked).on("response", (said) => {
          answer.writeHead(said.statusCode!, said.headers);
          said.pipe(answer);
        });
        return void asked.pipe(passed);
      }
      const isScript = url === "/app.js";
      answer.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      answer.end(isScript ? pages.#script : '<!doctype html><div id="root"></div><script src="/app.js"></script>');
    });
    server.on("upgrade", (asked, client) => {
      const passed = ask(asked).on("upgrade", (said, there, first) => {
        const head = Object.entries(said.headers).map(([name, value]) => `${name}: ${value}\r\n`);
        client.write(`HTTP/1.1 101 Switching Protocols\r\n${head.join("")}\r\n`);
        client.write(first);
        client.pipe(there).pipe(client);
        for (const end of [client, there]) end.on("error", () => {});
      });
      passed.end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    pages = new Pages(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    return pages;
  }

  async show(entry: string, changes: Change[] = []): Promise<void> {
    this.#script = await bundle(`test/browser/pages/${entry}`, changes, "iife");
  }

  showText(script: string): void {
    this.#script = script;
  }

  async open(context: BrowserContext, query: Record<string, string | number> = {}): Promise<Page> {
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(`page: ${error}`));
    const asked = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, `${value}`]));
    await page.goto(`${this.url}/?${asked}`);
    return page;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
