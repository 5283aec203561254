import { expect, test } from "vitest";
import { batchAddress, itemAddress, match, pageOf, withQuery } from "../../src/routes.js";

test("addresses lead to their pages", () => {
  expect(match("/")).toEqual({ page: "batches", params: {} });
  expect(match("/batches/a1/")).toEqual({ page: "batch", params: { id: "a1" } });
  expect(match("/batches/a1/items/7")).toEqual({ page: "item", params: { id: "a1", position: "7" } });
  expect(match("/webhooks/w").page).toBe("webhook");
});

test("what is not there, or is badly written, is missing", () => {
  for (const path of [
    "/nothing",
    "/batches/a/items/0",
    "/batches/a/items/x",
    "/batches/a/items/7/more",
    "/batches/%E0%A4%A",
  ]) {
    expect(match(path).page).toBe("missing");
  }
});

test("an address holds whatever an id is made of", () => {
  const id = "a/b?c#d ü";
  expect(match(batchAddress(id)).params.id).toBe(id);
  expect(match(itemAddress(id, 3)).params).toEqual({ id, position: "3" });
});

test("filters join and leave the address", () => {
  const query = new URLSearchParams("status=running&q=a");
  expect(withQuery("/", query, { q: "b c" })).toBe("/?status=running&q=b+c");
  expect(withQuery("/", query, { q: undefined, status: "" })).toBe("/");
});

test("an address of the interface has a page where there is one", () => {
  expect(pageOf("/api/v1/batches/a/items/4")).toBe("/batches/a/items/4");
  expect(pageOf("/api/v1/events")).toBeUndefined();
  expect(pageOf("https://elsewhere.example/batches/a")).toBeUndefined();
});
