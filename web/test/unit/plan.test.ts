import { expect, test } from "vitest";
import type { Gathered } from "../../src/upload/gather.js";
import { keyOf, nameOf, planOf } from "../../src/upload/plan.js";

const LIMITS = { max_file_mib: 1, max_batch_items: 3 };
const file = (name: string, size = 10): Gathered => ({ name, bytes: { size } as File, lastModified: 5 });

test("what cannot be taken is refused by name, all else is sent in the order of its path", () => {
  const plan = planOf(
    [file("b/2.pdf"), file("a/1.pdf"), file("a/empty.pdf", 0), file("a/huge.pdf", 2 ** 20 + 1)],
    LIMITS,
  );
  expect(plan.files.map(({ name }) => name)).toEqual(["a/1.pdf", "b/2.pdf"]);
  expect(plan.refused.map(({ name, code }) => [name, code])).toEqual([
    ["a/empty.pdf", "empty_file"],
    ["a/huge.pdf", "file_too_large"],
  ]);
  expect(plan.bytes).toBe(20);
});

test("what systems leave in folders is no document", () => {
  const plan = planOf(
    ["d/.DS_Store", "d/Thumbs.db", "__MACOSX/a.pdf", ".git/config", "d/a.pdf"].map((name) => file(name)),
    LIMITS,
  );
  expect(plan.files.map(({ name }) => name)).toEqual(["d/a.pdf"]);
  expect(new Set(plan.refused.map(({ code }) => code))).toEqual(new Set(["hidden_file"]));
});

test("a batch takes as many as the server allows", () => {
  const plan = planOf(
    ["1", "2", "3", "4"].map((name) => file(name)),
    LIMITS,
  );
  expect([plan.files.length, plan.refused[0]?.code]).toEqual([3, "too_many_items"]);
});

test("files of one name in two folders are two files", () => {
  const [a, b] = [file("a/x.pdf"), file("b/x.pdf")];
  expect(keyOf(a)).not.toBe(keyOf(b));
  expect(planOf([a, b], LIMITS).files.length).toBe(2);
});

test("a batch is called as the folder that all come from", () => {
  expect(nameOf([file("july/1.pdf"), file("july/in/2.pdf")])).toBe("july");
  expect(nameOf([file("july/1.pdf"), file("june/2.pdf")])).toBe("");
  expect(nameOf([file("july/1.pdf")])).toBe("1.pdf");
  expect(nameOf([])).toBe("");
});
