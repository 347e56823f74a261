import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { it } from "node:test";
import { Queue } from "bullmq";
import { PrivateRedis } from "./redis.ts";

it("a private Redis keeps a queue, is nobody else's, and leaves nothing behind", async () => {
  const [one, other] = await Promise.all([PrivateRedis.start(), PrivateRedis.start()]);
  const queues = [one, other].map(({ socket }) => new Queue("cookie-refresh", { connection: { path: socket } }));
  try {
    await queues[0]?.add("refresh", { reason: "manual_trigger" });
    assert.deepEqual(await Promise.all(queues.map((queue) => queue.getWaitingCount())), [1, 0]);
  } finally {
    await Promise.all(queues.map((queue) => queue.close()));
    await Promise.all([one.stop(), other.stop()]);
  }
  await assert.rejects(access(one.socket));
});
