import { expect } from "vitest";
import type { connect } from "../../src/index.js";
import { Follower } from "../harness/follower.js";
import { Quire } from "../harness/quire.js";
import { eventually } from "../harness/wait.js";

/** What happens while the line is down is seen when it is back. */
export async function nothingIsMissedOverCuts(make: typeof connect): Promise<void> {
  const quire = await Quire.start({ "live.heartbeat_ms": 150 });
  const follower = await Follower.of(quire.url, { after: 0 }, {}, { connect: make });
  try {
    await eventually(() => follower.client.connection.state === "live");
    for (let cut = 0; cut < 3; cut++) {
      follower.relay.behave({ isDown: true });
      follower.relay.cut();
      const { id } = await quire.submit({ items: 5 });
      await eventually(async () => (await quire.batch(id)).outcome);
      follower.relay.behave({});
      await eventually(() => follower.client.connection.state === "live");
      const { latest } = await quire.page();
      await eventually(() => follower.client.cursor.upto >= latest && follower.last >= latest, 3);
      expect(follower.seen).toEqual(await quire.log());
    }
  } finally {
    await follower.stop();
    await quire.stop();
  }
}
