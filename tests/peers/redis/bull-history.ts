// Random histories of a queue, lived through by BullMQ itself on a real Redis. BullMQ tells its scripts what time it is, so a
// history's own clock stands in for Date.now and nothing is waited for; only locks end by Redis's clock: these are taken away
// when the history's clock says that their time is over.

import { Job, Queue, UnrecoverableError, Worker } from "bullmq";
import { Redis } from "ioredis";

/** Numbers in [0, 1). */
export type Chance = () => number;

export interface HistoryRules {
  readonly lockMs: number;
  readonly maxStalled: number;
  /** Of completed and of failed jobs, so many are kept. */
  readonly keep: number;
}

/** What was done, what BullMQ answered, and where each job was then, in the words of tests/replay/refresh_queue_replay.cpp. */
export interface Step {
  readonly operation: string;
  readonly outcome: string;
}

const QUEUE = "cookie-refresh";
const KEYS = ["panopto", "youtube", "mubi", "playback"] as const;
const STALLED_LIMITS = [0, 1, 2] as const;
/** Longer than any test: what ends a lock is the history. */
const NEVER_MS = 36_000_000;

function pick<T>(from: readonly [T, ...T[]], chance: Chance): T {
  return from[Math.floor(chance() * from.length)] ?? from[0];
}

interface Held {
  readonly job: Job;
  readonly token: string;
  readonly lockEndsMs: number;
}

/** The private part of a worker that its own timer calls. */
interface Sweeper {
  moveStalledJobsToWait(): Promise<void>;
}

export class BullHistories {
  readonly #redis: Redis;
  readonly #queue: Queue;
  readonly #workers: ReadonlyMap<number, Worker>;

  private constructor(redis: Redis, queue: Queue, workers: ReadonlyMap<number, Worker>) {
    this.#redis = redis;
    this.#queue = queue;
    this.#workers = workers;
  }

  /** On a Redis that is emptied for each history. */
  static async open(socket: string): Promise<BullHistories> {
    const connection = { path: socket };
    const settings = { connection, autorun: false, lockDuration: NEVER_MS, stalledInterval: 1, skipStalledCheck: true };
    const workers = new Map(STALLED_LIMITS.map((maxStalledCount) => [maxStalledCount, new Worker(QUEUE, null, { ...settings, maxStalledCount })]));
    const queue = new Queue(QUEUE, { connection });
    await Promise.all([queue.waitUntilReady(), ...[...workers.values()].map((worker) => worker.waitUntilReady())]);
    return new BullHistories(new Redis(socket), queue, workers);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.close()));
    await this.#queue.close();
    await this.#redis.quit();
  }

  /** Rules that a chance gives. */
  static rules(chance: Chance): HistoryRules {
    return { lockMs: pick([100, 1_000, 30_000], chance), maxStalled: pick(STALLED_LIMITS, chance), keep: pick([1, 2, 5], chance) };
  }

  /** Lives through `length` operations. The clocks of this process are the history's meanwhile. */
  async live(rules: HistoryRules, length: number, chance: Chance): Promise<Step[]> {
    const worker = this.#workers.get(rules.maxStalled);
    if (worker === undefined) throw new Error(`no worker allows ${String(rules.maxStalled)}`);
    await this.#redis.flushdb();
    const { now, random } = { now: Date.now, random: Math.random };
    try {
      const history = new History(this.#redis, this.#queue, worker, rules, chance);
      const steps: Step[] = [];
      while (steps.length < length) steps.push(await history.step());
      await history.confirm();
      return steps;
    } finally {
      Date.now = now;
      Math.random = random;
    }
  }
}

class History {
  #nowMs = 1_000_000;
  #lastId = 0;
  #tokens = 0;
  readonly #held = new Map<string, Held>();

  constructor(
    readonly redis: Redis,
    readonly queue: Queue,
    readonly worker: Worker,
    readonly rules: HistoryRules,
    readonly chance: Chance,
  ) {}

  async step(): Promise<Step> {
    await this.#passTime();
    const act = pick([() => this.#add(), () => this.#add(), () => this.#take(), () => this.#take(), () => this.#take(), () => this.#complete(), () => this.#fail(), () => this.#fail(), () => this.#fail(), () => this.#promote(), () => this.#remove(), () => this.#sweep(), () => this.#sweep()], this.chance);
    const [operation, answer] = await act();
    return { operation, outcome: `${answer} |${await this.#states()}` };
  }

  /** BullMQ's own word for where every job is, and for how many are where, agrees with what was read of its keys. */
  async confirm(): Promise<void> {
    const [states, counts] = (await this.#states()).split(" | ");
    const entries = (states ?? "").split(" ").filter((text) => text !== "");
    await Promise.all(
      entries.map(async (entry) => {
        const [id = "", state] = entry.split(":");
        const said = await (await Job.fromId(this.queue, id))?.getState();
        if (said !== state) throw new Error(`BullMQ calls job ${id} ${String(said)}, its keys say ${String(state)}`);
      }),
    );
    const { waiting, active, delayed, completed, failed } = await this.queue.getJobCounts("waiting", "active", "delayed", "completed", "failed");
    const said = [waiting, active, delayed, completed, failed].join(" ");
    if (said !== counts) throw new Error(`BullMQ counts ${said}, its keys say ${String(counts)}`);
  }

  async #passTime(): Promise<void> {
    this.#nowMs += pick([1, 1, 7, 50, 100, 250, 1_000, 31_000], this.chance);
    Date.now = () => this.#nowMs;
    const over = [...this.#held].filter(([, { lockEndsMs }]) => lockEndsMs <= this.#nowMs).map(([id]) => id);
    if (over.length > 0) await this.redis.del(...over.map((id) => `bull:${QUEUE}:${id}:lock`));
  }

  async #add(): Promise<[string, string]> {
    const key = pick(KEYS, this.chance);
    const attempts = pick([1, 2, 3, 4], this.chance);
    const backoffMs = pick([0, 40, 100], this.chance);
    const jitter = pick([0, 0.5, 1], this.chance);
    const delay = pick([0, 0, 0, 60, 300], this.chance);
    const kept = { count: this.rules.keep };
    const backoff = backoffMs === 0 ? {} : { backoff: { type: "exponential", delay: backoffMs, jitter } };
    const job = await this.queue.add("refresh", {}, { attempts, delay, ...backoff, deduplication: { id: key }, removeOnComplete: kept, removeOnFail: kept });
    this.#lastId += 1;
    return [`add ${String(this.#nowMs)} ${key} ${String(attempts)} ${String(backoffMs)} ${String(jitter)} ${String(delay)}`, String(job.id)];
  }

  async #take(): Promise<[string, string]> {
    this.#tokens += 1;
    const token = `t${String(this.#tokens)}`;
    const job = await this.worker.getNextJob(token, { block: false });
    const operation = `take ${String(this.#nowMs)} ${token}`;
    if (job?.id === undefined) return [operation, "none"];
    this.#held.set(job.id, { job, token, lockEndsMs: this.#nowMs + this.rules.lockMs });
    return [operation, `${job.id} start ${String(job.attemptsStarted)}${job.deferredFailure === undefined ? "" : " stalled"}`];
  }

  /** Mostly an attempt under way with its own token; now and then anything. */
  async #attempt(): Promise<{ id: string; token: string; job: Job | undefined }> {
    const held = [...this.#held];
    const [id, { job, token }] = pick(held as [[string, Held]], this.chance) ?? ["0", { job: undefined, token: "t" }];
    if (held.length > 0 && this.chance() < 0.85) return { id, token, job };
    const other = this.#anyId();
    return { id: other, token: pick([token, "t1", "nobody"], this.chance), job: await Job.fromId(this.worker, other) };
  }

  #anyId(): string {
    return String(1 + Math.floor(this.chance() * Math.max(this.#lastId, 1)));
  }

  async #complete(): Promise<[string, string]> {
    const { id, token, job } = await this.#attempt();
    const answer = await this.#ended(id, job, () => job?.moveToCompleted("", token, false));
    return [`complete ${String(this.#nowMs)} ${id} ${token}`, answer];
  }

  async #fail(): Promise<[string, string]> {
    const { id, token, job } = await this.#attempt();
    const isFinal = job?.deferredFailure !== undefined || this.chance() < 0.15;
    const drawn = this.chance();
    Math.random = () => drawn;
    const answer = await this.#ended(id, job, () => job?.moveToFailed(isFinal ? new UnrecoverableError("no") : new Error("no"), token, false));
    return [`fail ${String(this.#nowMs)} ${id} ${token} ${isFinal ? "1" : "0"} ${drawn.toString()}`, answer];
  }

  async #ended(id: string, job: Job | undefined, act: () => Promise<unknown> | undefined): Promise<string> {
    const answer = await answered(job, act);
    if (answer === "yes") this.#held.delete(id);
    return answer;
  }

  async #promote(): Promise<[string, string]> {
    const id = this.#anyId();
    const job = await Job.fromId(this.queue, id);
    return [`promote ${String(this.#nowMs)} ${id}`, await answered(job, () => job?.promote())];
  }

  async #remove(): Promise<[string, string]> {
    const id = this.#anyId();
    const job = await Job.fromId(this.queue, id);
    const answer = await answered(job, () => job?.remove());
    if (answer === "yes") this.#held.delete(id);
    return [`remove ${String(this.#nowMs)} ${id}`, answer];
  }

  async #sweep(): Promise<[string, string]> {
    const swept: string[] = [];
    const note = (id: string): void => void swept.push(id);
    // So that several workers do not all look, one look bars the others for a while: by Redis's clock.
    await this.redis.del(`bull:${QUEUE}:stalled-check`);
    this.worker.on("stalled", note);
    await (this.worker as unknown as Sweeper).moveStalledJobsToWait();
    this.worker.off("stalled", note);
    for (const id of swept) this.#held.delete(id);
    return [`sweep ${String(this.#nowMs)}`, swept.length === 0 ? "none" : swept.join(",")];
  }

  async #states(): Promise<string> {
    const key = (name: string): string => `bull:${QUEUE}:${name}`;
    const replies = await this.redis.pipeline().lrange(key("wait"), 0, -1).lrange(key("active"), 0, -1).zrange(key("delayed"), 0, -1, "WITHSCORES").zrange(key("completed"), 0, -1).zrange(key("failed"), 0, -1).exec();
    const [waiting = [], active = [], scored = [], completed = [], failed = []] = (replies ?? []).map(([, reply]) => reply as string[]);
    const delayed = scored.filter((_, index) => index % 2 === 0);
    const groups = { waiting, active, delayed, completed, failed };
    const states = Object.entries(groups).flatMap(([state, ids]) => ids.map((id) => ({ id: Number(id), state }))).sort((one, other) => one.id - other.id);
    const due = scored[1] === undefined ? "-" : String(Math.floor(Number(scored[1]) / 4096));
    const counts = Object.values(groups).map((ids) => String(ids.length)).join(" ");
    return `${states.map(({ id, state }) => ` ${String(id)}:${state}`).join("")} | ${counts} | ${due}`;
  }
}

async function answered(job: Job | undefined, act: () => Promise<unknown> | undefined): Promise<string> {
  if (job === undefined) return "no";
  try {
    await act();
    return "yes";
  } catch (error) {
    // A refusal of BullMQ's scripts; whatever else went wrong is a fault of the test.
    if (error instanceof Error && /lock|not found|not in the|Missing|could not be removed|is not in/i.test(error.message)) return "no";
    throw error;
  }
}
