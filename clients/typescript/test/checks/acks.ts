import { expect, vi } from "vitest";
import type { connect } from "../../src/index.js";
import { FakeSocket, answering } from "../harness/socket.js";
import { event } from "./once.js";

/** What is acknowledged has been taken: were it not, a page that ends in between would have lost it. */
export async function acksFollowTheStore(make: typeof connect): Promise<void> {
  const q = make({ server: "http://acks.test", owner: `${Math.random()}`, WebSocket: FakeSocket, fetch: answering() });
  const count = FakeSocket.all.length;
  await vi.waitFor(() => expect(FakeSocket.all.length).toBe(count + 1));
  const socket = FakeSocket.last;
  const early: unknown[] = [];
  FakeSocket.onSend = (frame) => {
    if (frame.type === "ack" && q.cursor.upto < (frame.seq as number)) early.push(frame);
  };
  socket.hello();
  socket.tell({ type: "snapshot", as_of_seq: 0, batches: [], more: false, complete: true });
  for (let seq = 1; seq < 20; seq++) socket.tell({ type: "events", upto: seq, events: [event(seq)] });
  FakeSocket.onSend = () => {};
  expect(socket.sent.filter(({ type }) => type === "ack").map(({ seq }) => seq)).toEqual(
    Array.from({ length: 19 }, (_, nth) => nth + 1),
  );
  expect(early).toEqual([]);
  q.end();
}
