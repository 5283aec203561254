/** *Owners*: those of a server that wants keys, each with a key of its own. */
import type { Page } from "playwright-core";
import type { Dashboard } from "./dashboard.js";

export interface Key {
  id: string;
  key: string;
}

export class Owners {
  private constructor(
    private readonly dashboard: Dashboard,
    readonly admin: Key,
  ) {}

  /** Makes the first key: from now on everybody needs one. */
  static async of(dashboard: Dashboard): Promise<Owners> {
    const body = { owner: "operator", admin: true };
    return new Owners(dashboard, await dashboard.quire.ask<Key>("POST", "/api/v1/admin/keys", body));
  }

  ask<T>({ key }: Key, method: string, path: string, body?: unknown): Promise<T> {
    return this.dashboard.quire.ask<T>(method, path, body, { authorization: `Bearer ${key}` });
  }

  add(owner: string): Promise<Key> {
    return this.ask(this.admin, "POST", "/api/v1/admin/keys", { owner });
  }

  revoke({ id }: Key): Promise<void> {
    return this.ask(this.admin, "DELETE", `/api/v1/admin/keys/${id}`);
  }

  submit(key: Key, body: object): Promise<{ id: string; status: string }> {
    return this.ask(key, "POST", "/api/v1/batches", { operations: ["noop"], ...body });
  }
}

/** At the login that the page shows. */
export async function logIn(page: Page, { key }: Key): Promise<void> {
  await page.getByLabel("Key").fill(key);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".shell");
}
