// The queues that the same tests run on: in this process, and BullMQ on a Redis of our own.

import { Redis } from "ioredis";
import { PrivateRedis } from "../redis/redis.ts";
import { BullQueue } from "./bull-queue.ts";
import { MemoryQueue } from "./memory-queue.ts";
import type { QueuePolicy, RefreshQueue } from "./refresh-queue.ts";

export interface TestQueues {
  readonly name: string;
  open(): Promise<void>;
  /** Empty; closed by whoever took it. */
  take(policy: QueuePolicy): Promise<RefreshQueue>;
  close(): Promise<void>;
}

export function testQueues(): readonly TestQueues[] {
  return [new InProcess(), new OnRedis()];
}

class InProcess implements TestQueues {
  readonly name = "a queue in this process";

  open(): Promise<void> {
    return Promise.resolve();
  }

  take(policy: QueuePolicy): Promise<RefreshQueue> {
    return Promise.resolve(new MemoryQueue(policy));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class OnRedis implements TestQueues {
  readonly name = "BullMQ on Redis";
  #redis: PrivateRedis | undefined;

  async open(): Promise<void> {
    this.#redis = await PrivateRedis.start();
  }

  async take(policy: QueuePolicy): Promise<RefreshQueue> {
    if (this.#redis === undefined) throw new Error("open() comes first");
    const client = new Redis(this.#redis.socket);
    await client.flushall();
    client.disconnect();
    return BullQueue.open(this.#redis.socket, policy);
  }

  async close(): Promise<void> {
    await this.#redis?.stop();
  }
}
