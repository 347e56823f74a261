// What the routes need of the queue `cookie-refresh`: BullMQ on Redis (bull-queue.ts), or the same behaviour in this process
// (memory-queue.ts). Each person's jobs are a queue of their own, since no machine may be given another person's.

export const QUEUE_NAME = "cookie-refresh";

/** What a machine is asked to do. Nothing in it is a secret. */
export interface Wish {
  readonly kind: "refresh" | "capture";
  readonly site: string;
  /** Of a capture: a page that this person's machine registered before. */
  readonly url: string | null;
  readonly reason: string;
}

export interface HandedJob extends Wish {
  readonly id: string;
  /** 1 the first time it is given out. */
  readonly attempt: number;
}

export interface JobOutcome {
  readonly outcome: "completed" | "failed";
  readonly detail: string | null;
  /** Of a failure: whether another try may help. */
  readonly retryable: boolean;
}

/** What became of a job: `delayed` is tried again. */
export type Standing = "completed" | "failed" | "delayed";

export const STATES = ["waiting", "active", "delayed", "completed", "failed"] as const;
export type Counts = Readonly<Record<(typeof STATES)[number], number>>;

export interface QueuePolicy {
  /** How often a job is tried before it has failed. */
  readonly attempts: number;
  /** Before the first repetition (ms); twice as long before each further one. */
  readonly backoffMs: number;
  /** A job whose machine has not been heard of for so long (ms) is stalled, and given out again. */
  readonly stalledAfterMs: number;
  /** More often than this it does not stall: then it has failed. */
  readonly mostStalls: number;
  /** As many jobs that are over are remembered, of each kind. */
  readonly kept: number;
}

export const USUAL_POLICY: QueuePolicy = { attempts: 3, backoffMs: 30_000, stalledAfterMs: 60_000, mostStalls: 3, kept: 1000 };

export interface RefreshQueue {
  /** `isNew` is false where this person has the same job already and it is not over: then the id is that one's. */
  add(person: string, wish: Wish): Promise<{ readonly id: string; readonly isNew: boolean }>;
  /** Gives out what waits, the oldest first, `most` at most. They are active from now on. */
  take(person: string, most: number): Promise<readonly HandedJob[]>;
  /** A machine is still at these: they do not stall. Others than this person's active ones are passed over. */
  keep(person: string, ids: readonly string[]): Promise<void>;
  /** Undefined where no job of this id is active. `job` is as it was given out. */
  finish(person: string, id: string, outcome: JobOutcome): Promise<{ readonly job: HandedJob; readonly standing: Standing } | undefined>;
  counts(person: string): Promise<Counts>;
  /** Of all people together. */
  totals(): Promise<Counts>;
  /** Calls `wake` whenever there may be something to take; gives what ends it. */
  listen(person: string, wake: () => void): () => void;
  close(): Promise<void>;
}

/** The same wish while the first one is not over is the same job. */
export function sameness({ kind, site, url }: Wish): string {
  return url === null ? `${kind} ${site}` : `${kind} ${url}`;
}

export function backoffMs(policy: QueuePolicy, attemptsMade: number): number {
  return policy.backoffMs * 2 ** (attemptsMade - 1);
}

export function sum(all: readonly Counts[]): Counts {
  const total = { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0 };
  for (const counts of all) for (const state of STATES) total[state] += counts[state];
  return total;
}
