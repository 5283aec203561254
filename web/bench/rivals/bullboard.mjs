/** *Bull Board*: BullMQ's dashboard over a queue whose jobs have ended, and over more of them when it is told so. */
import { createInterface } from "node:readline";
import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import { ExpressAdapter } from "@bull-board/express";
import { Queue, Worker } from "bullmq";
import express from "express";

const [redisPort, jobs] = process.argv.slice(2).map(Number);
const connection = { host: "127.0.0.1", port: redisPort, maxRetriesPerRequest: null };
const queue = new Queue("work", { connection });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const worker = new Worker("work", ({ data }) => (data.ms ? sleep(data.ms) : undefined), { connection, concurrency: 100 });

async function add(count, ms) {
  for (let from = 0; from < count; from += 1000) {
    const many = Array.from({ length: Math.min(1000, count - from) }, (_, nth) => ({
      name: `job ${from + nth + 1}`,
      data: { ms },
    }));
    await queue.addBulk(many);
  }
}

await add(jobs, 0);
while ((await queue.getCompletedCount()) < jobs) await sleep(200);

const serverAdapter = new ExpressAdapter();
createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter });
const app = express();
app.use("/", serverAdapter.getRouter());
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));

createInterface(process.stdin).on("line", (line) => {
  const [count, ms, slots] = line.split(" ").map(Number);
  worker.concurrency = slots;
  void add(count, ms);
});
