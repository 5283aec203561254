/** However many events come, a batch's page is drawn once a frame. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Observer } from "../../../clients/typescript/src/client.js";
import type * as model from "../../src/batch/model.js";
import { moduleWith } from "../harness/variant.js";

const FRAMES = 10;
const MESSAGES_PER_FRAME = 20;

let due: (() => void)[] = [];
beforeEach(() => {
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => due.push(run));
  vi.stubGlobal("cancelAnimationFrame", () => {});
  vi.stubGlobal("document", { hidden: false, addEventListener() {}, removeEventListener() {} });
});
afterEach(() => {
  due = [];
  vi.unstubAllGlobals();
});

/** How often it is drawn in ten frames, between which twenty messages of two events each come. */
function draws({ BatchModel }: typeof model): number {
  let observer: Observer | undefined;
  const never = new Promise<never>(() => {});
  const client = {
    want: () => ({ ready: never, free() {} }),
    observe: (given: Observer) => ((observer = given), () => {}),
    store: { subscribe: () => () => {}, batches: new Map() },
    http: { send: () => never },
  };
  const shown = new BatchModel(client as never, "b");
  let drawn = 0;
  shown.drawn.subscribe(() => drawn++);
  // It is told once when it begins to listen.
  drawn = 0;
  for (let frame = 0, seq = 0; frame < FRAMES; frame++) {
    for (let message = 0; message < MESSAGES_PER_FRAME; message++) {
      const events = [++seq, ++seq].map((seq) => ({ seq, batch: "b", type: "item.started", item: seq, data: {} }));
      observer!.push({ after: seq - 2, upto: seq, events: events as never });
    }
    for (const run of due.splice(0)) run();
  }
  shown.end();
  return drawn;
}

test("as often as there are frames, and no more", async () => {
  expect(draws(await import("../../src/batch/model.js"))).toBe(FRAMES);
});

test("control: drawn at each message, it is drawn more often than there are frames", async () => {
  const change = {
    file: "batch/model.ts",
    from: "if (this.#frame || document.hidden) return;",
    to: "return void this.drawn.value++;",
  };
  expect(draws(await moduleWith<typeof model>("src/batch/model.ts", [change]))).toBe(FRAMES * MESSAGES_PER_FRAME);
});
