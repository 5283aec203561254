/** Random steps at the server, each followed by the question whether the hook says what a fresh read says. */
import type { Batch } from "../../../src/types.js";
import { eventually, pick, random } from "../../harness/wait.js";
import type { Hooks } from "./hooks.js";

/** What changes with the clock alone, or is told elsewhere, says nothing about a revision. */
const lasting = ({ activity, waiting_because, progress, ...rest }: Partial<Batch> = {}) => JSON.stringify(rest);

async function ask<T>(url: string, method = "GET", body?: object): Promise<T> {
  const answer = await fetch(url, { method, body: body && JSON.stringify(body), headers: { "content-type": "application/json" } });
  return answer.json();
}

/** The hook has come to the revision that the server is at, and says the same. */
export async function isSame(hooks: Hooks, quire: string, id: string): Promise<true> {
  let read: Batch | undefined;
  const shown = () => hooks.batch?.batch;
  const look = async () => {
    const { rev } = (read = await ask<Batch>(`${quire}/api/v1/batches/${id}`));
    // Comes there by itself, without being asked for more reads.
    await eventually(() => shown()?.id === id && shown()!.rev >= rev, 15);
    return shown()?.rev === rev && lasting(shown()) === lasting(read);
  };
  return eventually(look, 15).catch(() => {
    const { connection, store } = hooks.q;
    throw new Error(`shown ${lasting(shown())}\nread  ${lasting(read)}\n${JSON.stringify(connection)} ${store.isStale(id)}`);
  }) as Promise<true>;
}

async function areItemsSame(hooks: Hooks, quire: string, id: string): Promise<void> {
  const settled = (rows: readonly object[] = []) => JSON.stringify(rows.map((row) => ({ ...row, progress: 0, waiting_because: 0 })));
  await eventually(async () => {
    const { items } = await ask<{ items: object[] }>(`${quire}/api/v1/batches/${id}/items?limit=100`);
    return settled(hooks.items?.items) === settled(items);
  }, 15).catch(() => {
    throw new Error(`items shown: ${settled(hooks.items?.items)}`);
  });
}

/** What was done, by name. */
export async function steps(hooks: Hooks, quire: string, seed: number, count: number): Promise<Record<string, number>> {
  const next = random(seed);
  const done: Record<string, number> = {};
  let [own, id] = ["", ""];
  for (let step = 0; step < count; step++) {
    const what = step ? pick(next, ["pause", "resume", "extend", "extend", "retry", "cancel", "seal", "redraw"] as const) : "submit";
    if (what === "submit" || what === "cancel" || what === "seal") {
      // A batch that is over has nothing to show but that, which is seen now and then.
      if (own && next() < 0.3) await ask(own, what === "cancel" ? "DELETE" : "PUT");
      const scripts = Object.fromEntries([1, 2, 3].map((nth) => [nth, { sleep: 5 }]));
      const order = { operations: ["noop"], items: 1 + Math.floor(next() * 5), sealed: false, scripts };
      if (!own || next() < 0.3) ({ id } = await ask<Batch>(`${quire}/api/v1/batches`, "POST", order));
      own = `${quire}/api/v1/batches/${id}`;
      hooks.show(id);
    } else if (what === "extend") await ask(`${own}/items`, "POST", { items: 1 + Math.floor(next() * 4) });
    else if (what === "retry") await ask(`${own}/retry`, "POST", {});
    else if (what === "redraw") hooks.redraw();
    else await ask(`${own}/${what}`, "PUT");
    done[what] = (done[what] ?? 0) + 1;
    await isSame(hooks, quire, id).catch((error: Error) => {
      throw new Error(`step ${step} of seed ${seed}, ${what}: ${error.message}`);
    });
  }
  await areItemsSame(hooks, quire, id);
  return done;
}
