/** One Chromium, and pages of an origin of their own that talk to a server. */
import { createServer, type Server } from "node:http";
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

/** Serves one script, below any path. */
export class Pages {
  #script = "";
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<Pages> {
    let pages: Pages;
    const server = createServer(({ url }, answer) => {
      const isScript = url === "/app.js";
      answer.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      answer.end(isScript ? pages.#script : '<!doctype html><div id="root"></div><script src="/app.js"></script>');
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    pages = new Pages(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
    return pages;
  }

  async show(entry: string, changes: Change[] = []): Promise<void> {
    this.#script = await bundle(`test/browser/pages/${entry}`, changes, "iife");
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
