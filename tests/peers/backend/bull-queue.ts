// The queue on Redis, by BullMQ. Each person has a queue `cookie-refresh` under a prefix of their own; the machine at the other
// end of a long poll is its worker, so that jobs are fetched, kept and finished one call at a time and no processor runs here.

import { Queue, QueueEvents, UnrecoverableError, Worker } from "bullmq";
import type { Job } from "bullmq";
import { Redis } from "ioredis";
import { Listeners } from "./listeners.ts";
import type { Counts, HandedJob, JobOutcome, QueuePolicy, RefreshQueue, Standing, Wish } from "./refresh-queue.ts";
import { QUEUE_NAME, sameness, sum, USUAL_POLICY } from "./refresh-queue.ts";

const PREFIX = "auricle";
const PEOPLE = `${PREFIX}:people`;
/** Whoever holds a job of this queue is the person's own machine, or another of theirs: one lock for all. */
const LOCK = "host";
/** The longest that setTimeout takes (ms). */
const LONGEST_TIMER = 2 ** 31 - 1;

interface Line {
  readonly queue: Queue<Wish>;
  readonly worker: Worker<Wish>;
  readonly events: QueueEvents;
  /** Wakes whoever listens when the next delayed job is due. */
  due: NodeJS.Timeout | undefined;
}

export class BullQueue implements RefreshQueue {
  readonly #redis: Redis;
  readonly #policy: QueuePolicy;
  readonly #lines = new Map<string, Promise<Line>>();
  readonly #listeners = new Listeners();

  private constructor(redis: Redis, policy: QueuePolicy) {
    this.#redis = redis;
    this.#policy = policy;
  }

  /** `url`: `redis://HOST:PORT`, or the path of a socket. Throws where there is no Redis. */
  static async open(url: string, policy: QueuePolicy = USUAL_POLICY): Promise<BullQueue> {
    const redis = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true });
    // A server that goes away is met again by ioredis itself; without a listener it would end the process.
    redis.on("error", () => undefined);
    await redis.connect().catch((error: unknown) => {
      redis.disconnect();
      throw error;
    });
    return new BullQueue(redis, policy);
  }

  async add(person: string, wish: Wish): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const { queue } = await this.#line(person);
    await this.#redis.sadd(PEOPLE, person);
    const same = await queue.getDeduplicationJobId(sameness(wish));
    const job = await queue.add(wish.kind, wish, { deduplication: { id: sameness(wish) } });
    return { id: String(job.id), isNew: job.id !== same };
  }

  async take(person: string, most: number): Promise<readonly HandedJob[]> {
    const line = await this.#line(person);
    const taken: HandedJob[] = [];
    while (taken.length < most) {
      const job = await line.worker.getNextJob(LOCK, { block: false });
      if (job === undefined) break;
      // It has stalled too often, which BullMQ leaves to whoever fetches it to say.
      if (job.deferredFailure !== undefined) await job.moveToFailed(new UnrecoverableError(job.deferredFailure), LOCK, false);
      else taken.push(handed(job));
    }
    if (taken.length === 0) await this.#wakeWhenDue(person, line);
    return taken;
  }

  async keep(person: string, ids: readonly string[]): Promise<void> {
    const { queue } = await this.#line(person);
    for (const id of ids) {
      const job = await queue.getJob(id);
      // One that is over, or has stalled, holds no lock any more.
      await job?.extendLock(LOCK, this.#policy.stalledAfterMs).catch(() => undefined);
    }
  }

  async finish(person: string, id: string, { outcome, detail, retryable }: JobOutcome): Promise<{ readonly job: HandedJob; readonly standing: Standing } | undefined> {
    const { queue } = await this.#line(person);
    const job = await queue.getJob(id);
    if (job === undefined || !(await job.isActive())) return undefined;
    const why = detail ?? "The machine gave no reason.";
    try {
      if (outcome === "completed") await job.moveToCompleted(detail, LOCK, false);
      else await job.moveToFailed(retryable ? new Error(why) : new UnrecoverableError(why), LOCK, false);
    } catch (error) {
      // It has just stalled, or another answer was faster.
      if (!(error instanceof Error) || !/Missing (lock|key)|not in the active state/i.test(error.message)) throw error;
      return undefined;
    }
    const standing = outcome === "completed" ? outcome : (await job.isFailed()) ? "failed" : "delayed";
    // Whoever waits learns of the delay by asking once more.
    if (standing === "delayed") this.#listeners.wake(person);
    return { job: handed(job), standing };
  }

  async counts(person: string): Promise<Counts> {
    const { queue } = await this.#line(person);
    return countsOf(queue);
  }

  async totals(): Promise<Counts> {
    const people = await this.#redis.smembers(PEOPLE);
    return sum(await Promise.all(people.map((person) => this.counts(person))));
  }

  listen(person: string, wake: () => void): () => void {
    return this.#listeners.add(person, wake);
  }

  async close(): Promise<void> {
    const lines = await Promise.all(this.#lines.values());
    for (const { queue, worker, events, due } of lines) {
      clearTimeout(due);
      await Promise.all([worker.close(true), events.close(), queue.close()]);
    }
    this.#redis.disconnect();
  }

  #line(person: string): Promise<Line> {
    const line = this.#lines.get(person) ?? this.#open(person);
    this.#lines.set(person, line);
    return line;
  }

  async #open(person: string): Promise<Line> {
    const { attempts, backoffMs, stalledAfterMs, mostStalls, kept } = this.#policy;
    const common = { connection: this.#redis, prefix: `${PREFIX}:${person}` };
    const queue = new Queue<Wish>(QUEUE_NAME, {
      ...common,
      defaultJobOptions: { attempts, backoff: { type: "exponential", delay: backoffMs }, removeOnComplete: { count: kept }, removeOnFail: { count: kept } },
    });
    // It runs nothing here; while it is open, it looks for stalled jobs.
    const worker = new Worker<Wish>(QUEUE_NAME, null, { ...common, autorun: false, lockDuration: stalledAfterMs, stalledInterval: Math.max(10, stalledAfterMs / 2), maxStalledCount: mostStalls });
    const events = new QueueEvents(QUEUE_NAME, { ...common, connection: this.#redis.duplicate() });
    queue.on("error", () => undefined);
    worker.on("error", () => undefined);
    events.on("error", () => undefined);
    const wake = (): void => this.#listeners.wake(person);
    // Also what another process of this backend adds, and what has stalled.
    events.on("waiting", wake);
    events.on("delayed", wake);
    events.on("stalled", wake);
    await Promise.all([events.waitUntilReady(), worker.startStalledCheckTimer()]);
    return { queue, worker, events, due: undefined };
  }

  async #wakeWhenDue(person: string, line: Line): Promise<void> {
    const [, score] = await this.#redis.zrange(line.queue.toKey("delayed"), 0, 0, "WITHSCORES");
    clearTimeout(line.due);
    if (score === undefined) return;
    // BullMQ keeps the order of one millisecond in the last twelve bits.
    const inMs = Number(score) / 0x1000 - Date.now();
    line.due = setTimeout(() => this.#listeners.wake(person), Math.min(LONGEST_TIMER, Math.max(1, inMs)));
  }
}

async function countsOf(queue: Queue<Wish>): Promise<Counts> {
  const counts = await queue.getJobCounts("waiting", "active", "delayed", "completed", "failed");
  const of = (state: string): number => counts[state] ?? 0;
  return { waiting: of("waiting"), active: of("active"), delayed: of("delayed"), completed: of("completed"), failed: of("failed") };
}

function handed(job: Job<Wish>): HandedJob {
  const { kind, site, url, reason } = job.data;
  return { kind, site, url, reason, id: String(job.id), attempt: job.attemptsStarted };
}
