/** The order of a tree. */
import { expect, test } from "vitest";
import { inTreeOrder } from "../../src/tree.js";

test("what is below an actor follows it, and one whose parent is not there is at the top", () => {
  const ids = ["root", "root/db", "root/s", "root/hub", "root/s/b-1", "root/s/b-2", "root/s/b-1/i-9", "gone/x"];
  expect(inTreeOrder(ids.map((id) => ({ id }))).map(({ id }) => id)).toEqual([
    "root",
    "root/db",
    "root/s",
    "root/s/b-1",
    "root/s/b-1/i-9",
    "root/s/b-2",
    "root/hub",
    "gone/x",
  ]);
});
