/** *Neighbour*: a page on another port of the server's host, which for cookies is the same site. */
import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";

export interface Form {
  action: string;
  enctype?: "text/plain" | "multipart/form-data";
  fields: Record<string, string>;
  /** A document, as the field `files`. */
  file?: string;
}

export class Neighbour {
  private constructor(
    private readonly server: Server,
    readonly origin: string,
  ) {}

  static async start(): Promise<Neighbour> {
    const server = createServer((_, answer) => {
      answer.writeHead(200, { "content-type": "text/html" });
      answer.end("<!doctype html><title>neighbour</title><h1>neighbour</h1>");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Neighbour(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }

  /** The page posts the form with whatever cookies the browser has: what was answered. */
  async post(page: Page, form: Form): Promise<{ status: number; code?: string; cookie?: string }> {
    await page.goto(this.origin);
    const [answer] = await Promise.all([
      page.waitForResponse((answer) => answer.url() === form.action),
      page.evaluate(({ action, enctype, fields, file }) => {
        const form = document.createElement("form");
        Object.assign(form, { method: "post", action, enctype: enctype ?? "" });
        const add = (name: string, more: object) => {
          const input = Object.assign(document.createElement("input"), { name, ...more });
          form.append(input);
          return input;
        };
        for (const [name, value] of Object.entries(fields)) add(name, { value });
        if (file) {
          const transfer = new DataTransfer();
          transfer.items.add(new File([file], "theirs.pdf"));
          add("files", { type: "file" }).files = transfer.files;
        }
        document.body.append(form);
        form.submit();
      }, form),
    ]);
    const { cookie } = await answer.request().allHeaders();
    const body = await answer.json().catch(() => ({}));
    return { status: answer.status(), code: body.code, cookie };
  }

  /** The same by script: whether the browser lets the answer, or even the question, through. */
  async fetch(page: Page, method: string, address: string, mode: "cors" | "no-cors"): Promise<string> {
    await page.goto(this.origin);
    return page.evaluate(
      ([method, address, mode]) =>
        fetch(address!, { method: method!, mode: mode as RequestMode, credentials: "include" }).then(
          (answer) => answer.type,
          (error) => (error as Error).name,
        ),
      [method, address, mode],
    );
  }
}
