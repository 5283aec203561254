/** What comes to be wanted while a stream or a poll is still asked for is asked for, too. */
import { expect, test } from "vitest";
import type { Http } from "../../src/http.js";
import { poll } from "../../src/transport/poll.js";
import { sse } from "../../src/transport/sse.js";
import type { Host } from "../../src/transport/transport.js";
import { eventually } from "../harness/wait.js";

interface Asked {
  items: boolean;
  /** Answers with a hello and the batch's event with this `seq`. */
  answer(seq: number): void;
}

/** A server that answers when the test says so, and what the transport makes of it. */
function scene() {
  const asked: Asked[] = [];
  const told: (string | number)[] = [];
  const wants: string[] = [];
  const take = (items: boolean, signal: AbortSignal, reply: (seq: number) => unknown) =>
    new Promise((answered, failed) => {
      signal.addEventListener("abort", () => failed(signal.reason));
      asked.push({ items, answer: (seq) => answered(reply(seq)) });
    });
  const http = {
    send: (_: string, { query, signal }: never) => take(query["items"], signal, stream),
    call: (_: string, { query, signal }: never) => take(query["items"], signal, page),
  };
  const host: Host = {
    http: http as unknown as Http,
    timing: {},
    place: () => ({ epoch: "e", upto: 0 }),
    wants: () => wants,
    heard() {},
    frame: (frame) => void told.push(frame.type === "events" ? frame.upto : frame.type),
    wanted: () => void told.push("wanted"),
    ended() {},
  };
  return { asked, told, wants, host };
}

const event = (seq: number) => ({ seq, type: "batch.started", batch: "b", data: { rev: seq } });

function stream(seq: number): Response {
  const text = `event: hello\ndata: {"v":1,"epoch":"e"}\n\ndata: ${JSON.stringify(event(seq))}\n\n`;
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

const page = (seq: number) => ({ epoch: "e", latest: seq, next_after: seq, events: [event(seq)] });

test.each([sse, poll])("$name: wanted between the question and the hello", async ({ open }) => {
  const { asked, told, wants, host } = scene();
  const connection = open(host);
  wants.push("*");
  asked[0]!.answer(7);
  await eventually(() => asked.length === 2);
  expect(asked.map(({ items }) => items)).toEqual([false, true]);
  expect(told).toEqual(["hello"]);
  asked[1]!.answer(9);
  await eventually(() => told.at(-1) === 9);
  expect(told).toEqual(["hello", "hello", "wanted", 9]);
  connection.close();
});

test.each([sse, poll])("$name: what was wanted from the beginning is asked for once", async ({ open }) => {
  const { asked, told, wants, host } = scene();
  wants.push("*");
  const connection = open(host);
  asked[0]!.answer(7);
  await eventually(() => told.at(-1) === 7);
  connection.want();
  expect(told).toEqual(["hello", "wanted", 7, "wanted"]);
  expect(asked.filter(({ items }) => !items)).toEqual([]);
  connection.close();
});
