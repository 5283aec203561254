/** Without the line that holds it, each promise falls: so its test would see. */
import { expect, test } from "vitest";
import { acksFollowTheStore } from "../checks/acks.js";
import { newestRevisionStands } from "../checks/histories.js";
import { triesAreSpread } from "../checks/jitter.js";
import { eachEventOnce } from "../checks/once.js";
import type * as Parts from "../harness/parts.js";
import { type Change, variant } from "../harness/variant.js";

const changed = (...changes: Change[]) => variant<typeof Parts>("test/harness/parts.ts", changes);

test("control: events are not told apart by their seq", async () => {
  const { Cursor } = await changed({ file: "cursor.ts", from: "      if (event.seq <= this.upto) continue;\n", to: "" });
  expect(() => eachEventOnce(Cursor)).toThrow("to deeply equal");
});

test("control: rev is ignored", async () => {
  const { Store } = await changed(
    { file: "store.ts", from: "if (known && known.rev > rev) return;", to: "" },
    { file: "store.ts", from: "!known || known.rev < state.rev", to: "true" },
  );
  expect(() => newestRevisionStands(Store)).toThrow("to match object");
});

test("control: backoff without jitter", async () => {
  const { backoff } = await changed({ file: "backoff.ts", from: "Math.random() * Math.min", to: "Math.min" });
  expect(() => triesAreSpread(backoff)).toThrow("expected 1000 to be less than 150");
});

test("control: the acknowledgement goes out before the store has taken", async () => {
  const ack = `if (frame.type === "events") say({ type: "ack", seq: frame.upto });`;
  const { connect } = await changed(
    { file: "transport/ws.ts", from: `        ${ack}\n`, to: "" },
    { file: "transport/ws.ts", from: "        host.frame(frame);\n", to: `        ${ack}\n        host.frame(frame);\n` },
  );
  await expect(acksFollowTheStore(connect)).rejects.toThrow("to deeply equal []");
});
