/** A real server with the dashboard in it, and a browser that notes each error. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { expect } from "vitest";
import { Quire } from "../../../clients/typescript/test/harness/quire.js";

export { eventually } from "../../../clients/typescript/test/harness/wait.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"];

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

export interface Plan {
  settings?: Record<string, string | number>;
  /** Safeguards that the server does without, for control experiments. */
  without?: string;
}

export class Dashboard {
  errors: string[] = [];
  #contexts: BrowserContext[] = [];

  private constructor(
    readonly quire: Quire,
    readonly browser: Browser,
  ) {}

  static async start({ settings = {}, without }: Plan = {}): Promise<Dashboard> {
    const executablePath = process.env.CHROMIUM_BIN;
    if (!executablePath) throw new Error(`Set CHROMIUM_BIN to the program, such as one of ${NAMES.join(", ")}.`);
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const [quire, browser] = await Promise.all([
      Quire.start({ "live.progress_ms": 50, ...settings }, { keepsPort: true, without }),
      chromium.launch({ executablePath, args }),
    ]);
    return new Dashboard(quire, browser);
  }

  async open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
    this.#contexts.push(context);
    context.on("console", (said) => said.type() === "error" && this.errors.push(said.text()));
    context.on("weberror", (fault) => this.errors.push(String(fault.error())));
    return this.openTab(context, path);
  }

  /** Another page of the same browser. */
  async openTab(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage();
    await this.show(page, path);
    return page;
  }

  async show(page: Page, path: string): Promise<void> {
    await page.goto(this.quire.url + path);
    await page.waitForSelector("h1");
    await page.waitForFunction(() => !document.querySelector(".loading"));
  }

  /**
   * No page has complained, neither of a script nor of the policy; then the pages are closed. A browser writes down each
   * answer that is a refusal: `allowed` are those that were meant.
   */
  async assertQuiet(allowed?: RegExp): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close();
    expect(this.errors.splice(0).filter((error) => !allowed?.test(error))).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.quire.stop();
  }
}

export const assertAccessible = async (page: Page, what: string): Promise<void> =>
  expect(await faults(page, what)).toEqual([]);

/** What axe finds. */
export async function faults(page: Page, what: string): Promise<string[]> {
  const run = `${AXE}; axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then(({ violations }) => violations)`;
  const violations = (await page.evaluate(run)) as Violation[];
  return violations.map(
    ({ id, nodes }) =>
      `${what}: ${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)}\n${failureSummary}`).join("\n")}`,
  );
}

/** A PDF of one page that says something. */
export function pdf(text: string): Buffer {
  const content = `BT /F1 24 Tf 72 720 Td (${text}) Tj ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let body = "%PDF-1.4\n";
  const offsets = objects.map((object, nth) => {
    const at = body.length;
    body += `${nth + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  return Buffer.from(
    `${body}xref\n0 6\n0000000000 65535 f \n${table}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`,
  );
}

/** Drops files on the page, as a mouse would. */
export async function drop(page: Page, files: readonly { name: string; bytes: Buffer }[]): Promise<void> {
  const given = files.map(({ name, bytes }) => ({ name, text: bytes.toString("latin1") }));
  await page.evaluate((given) => {
    const transfer = new DataTransfer();
    for (const { name, text } of given) {
      transfer.items.add(new File([Uint8Array.from(text, (c) => c.charCodeAt(0))], name, { lastModified: 1 }));
    }
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, given);
}
