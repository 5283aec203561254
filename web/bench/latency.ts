/**
 * *Latency*: from the commit of a fact to the end of the frame in which a page shows it. The commit is the moment that the
 * event names; server and browser have one clock. A frame has ended for the page when the first task after its callbacks
 * runs; what the compositor needs to bring it to a display is not in it.
 */
import type { Page } from "playwright-core";
import type { Quire } from "../../clients/typescript/test/harness/quire.js";
import type { Measure } from "./bench.js";
import { Tab, newContext } from "./browser.js";
import { number, quantile } from "./statistics.js";
import type { Row } from "./table.js";

const AIM_MS = 60;
const ACTS = 100;
/** One act at a time: lists are read at most twice a second, however many batches come. The phase within a frame differs. */
const PAUSE_MS = 600;

interface Act {
  method: string;
  path: string;
  body?: object;
  /** Where the page shows it, and what it says there. */
  selector: string;
  text: string;
}

interface Shown {
  /** By the clock of the day, in ms. */
  answeredAt: number;
  shownAt: number;
}

/** Each act is requested by the page itself, beside the dashboard's code: that hears of it by its socket alone. */
const perform = (page: Page, acts: Act[]): Promise<Shown[]> =>
  page.evaluate(async ([acts, pauseMs]) => {
    const channel = new MessageChannel();
    const endOfFrame = () =>
      new Promise<void>((done) => {
        channel.port1.onmessage = () => done();
        requestAnimationFrame(() => channel.port2.postMessage(0));
      });
    const results: Shown[] = [];
    for (const { method, path, body, selector, text } of acts) {
      await new Promise((done) => setTimeout(done, pauseMs + Math.random() * 100));
      const isShown = () => [...document.querySelectorAll(selector)].some((one) => one.textContent?.includes(text));
      if (isShown()) throw new Error(`“${text}” was there before`);
      const headers = { "Content-Type": "application/json" };
      const answer = fetch(path, { method, headers, body: JSON.stringify(body ?? {}) }).then(({ ok, status }) => {
        if (!ok) throw new Error(`${method} ${path}: ${status}`);
        return performance.timeOrigin + performance.now();
      });
      do await endOfFrame();
      while (!isShown());
      const shownAt = performance.timeOrigin + performance.now();
      results.push({ answeredAt: await answer, shownAt });
    }
    return results;
  }, [acts, PAUSE_MS] as const);

/** When the facts were committed, in their order. */
async function commits(quire: Quire, after: number, type: RegExp): Promise<number[]> {
  return (await quire.log(after)).filter((event) => type.test(event.type)).map(({ at }) => Date.parse(at));
}

function row(what: string, shown: Shown[], committed: number[]): Row {
  if (shown.length !== committed.length) throw new Error(`${shown.length} shown, ${committed.length} committed`);
  const fromCommit = shown.map(({ shownAt }, nth) => shownAt - committed[nth]!);
  const fromAnswer = shown.map(({ shownAt, answeredAt }) => Math.max(0, shownAt - answeredAt));
  const said = (times: number[]) => [0.5, 0.99].map((share) => number(quantile(times, share), 1)).join(", ");
  return {
    what: `commit → pixel, p50, p99 of ${shown.length}: ${what}`,
    aim: `p99 ≤ ${AIM_MS} ms`,
    measured: `${said(fromCommit)} ms; from the answer ${said(fromAnswer)} ms`,
    isOk: quantile(fromCommit, 0.99) <= AIM_MS,
  };
}

export const latency: Measure = async ({ quire, browser }) => {
  const context = await newContext(browser);
  const { page } = await Tab.open(context, quire.url);
  await page.waitForSelector(".link.is-live");
  const created = Array.from({ length: ACTS }, (_, nth) => {
    const name = `shown-${nth + 1}.`;
    const body = { name, operations: ["noop"], items: 1, not_before: "2099-01-01T00:00:00Z" };
    return { method: "POST", path: "/api/v1/batches", body, selector: "[role=row] .name", text: name };
  });
  let { latest } = await quire.page();
  const submits = row("a submitted batch, in the list", await perform(page, created), await commits(quire, latest, /^batch\.created$/));

  // Nothing of it runs: what is paused is so at once.
  const { id } = await quire.submit({ name: "paused and resumed", items: 1000, not_before: "2099-01-01T00:00:00Z" });
  await page.goto(`${quire.url}/batches/${id}`);
  await page.waitForSelector(".summary-head .state:has-text('scheduled')");
  await page.waitForSelector(".link.is-live");
  const turned = Array.from({ length: ACTS }, (_, nth) => {
    const [verb, text] = nth % 2 ? ["resume", "scheduled"] : ["pause", "paused"];
    return { method: "PUT", path: `/api/v1/batches/${id}/${verb}`, selector: ".summary-head .state", text: text! };
  });
  ({ latest } = await quire.page());
  const pauses = row("paused and resumed, on its page", await perform(page, turned), await commits(quire, latest, /^batch\.(paused|resumed)$/));
  await quire.ask("DELETE", `/api/v1/batches/${id}`);
  await context.close();
  return [submits, pauses];
};
