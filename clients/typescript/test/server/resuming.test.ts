import { expect, test } from "vitest";
import * as core from "../../src/core.js";
import { connect } from "../../src/index.js";
import { nothingIsMissedOverCuts } from "../checks/resuming.js";
import type * as Parts from "../harness/parts.js";
import { variant } from "../harness/variant.js";

test("what happens while the line is down is seen when it is back", () => nothingIsMissedOverCuts(connect));

test("and by the core alone", () => nothingIsMissedOverCuts(core.connect as typeof connect));

test("control: resumed where the server stands, and not where the client does", async () => {
  const file = "transport/ws.ts";
  const { connect } = await variant<typeof Parts>("test/harness/parts.ts", [
    { file, from: "const unsure: number[] = [];", to: "const unsure: number[] = []; let newest = 0;" },
    { file, from: "        host.frame(frame);\n", to: "        if (frame.type === 'hello') newest = frame.latest;\n        host.frame(frame);\n" },
    { file, from: 'say({ type: "resume", epoch, after: upto });', to: 'say({ type: "resume", epoch, after: newest });' },
  ]);
  await expect(nothingIsMissedOverCuts(connect)).rejects.toThrow("never became so");
});
