// The queue in this process, where no Redis is configured: it ends with the process, and behaves as the other one does.

import { Listeners } from "./listeners.ts";
import type { Counts, HandedJob, JobOutcome, QueuePolicy, RefreshQueue, Standing, Wish } from "./refresh-queue.ts";
import { backoffMs, sameness, sum, USUAL_POLICY } from "./refresh-queue.ts";

interface Job {
  readonly id: string;
  readonly wish: Wish;
  attemptsStarted: number;
  attemptsMade: number;
  stalls: number;
}

/** One person's. */
class Shelf {
  readonly waiting: Job[] = [];
  /** By id: its stalling. */
  readonly active = new Map<string, { readonly job: Job; stalling: NodeJS.Timeout }>();
  readonly delayed = new Map<Job, NodeJS.Timeout>();
  readonly unfinished = new Map<string, string>();
  completed = 0;
  failed = 0;
  lastId = 0;

  counts(): Counts {
    return { waiting: this.waiting.length, active: this.active.size, delayed: this.delayed.size, completed: this.completed, failed: this.failed };
  }
}

export class MemoryQueue implements RefreshQueue {
  readonly #policy: QueuePolicy;
  readonly #shelves = new Map<string, Shelf>();
  readonly #listeners = new Listeners();

  constructor(policy: QueuePolicy = USUAL_POLICY) {
    this.#policy = policy;
  }

  add(person: string, wish: Wish): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const shelf = this.#shelf(person);
    const same = shelf.unfinished.get(sameness(wish));
    if (same !== undefined) return Promise.resolve({ id: same, isNew: false });
    shelf.lastId += 1;
    const id = String(shelf.lastId);
    shelf.unfinished.set(sameness(wish), id);
    shelf.waiting.push({ id, wish, attemptsStarted: 0, attemptsMade: 0, stalls: 0 });
    this.#listeners.wake(person);
    return Promise.resolve({ id, isNew: true });
  }

  take(person: string, most: number): Promise<readonly HandedJob[]> {
    const shelf = this.#shelf(person);
    const taken = shelf.waiting.splice(0, most);
    for (const job of taken) {
      job.attemptsStarted += 1;
      shelf.active.set(job.id, { job, stalling: this.#stalling(person, job) });
    }
    return Promise.resolve(taken.map(handed));
  }

  keep(person: string, ids: readonly string[]): Promise<void> {
    const { active } = this.#shelf(person);
    for (const id of ids) {
      const held = active.get(id);
      if (held === undefined) continue;
      clearTimeout(held.stalling);
      held.stalling = this.#stalling(person, held.job);
    }
    return Promise.resolve();
  }

  finish(person: string, id: string, outcome: JobOutcome): Promise<{ readonly job: HandedJob; readonly standing: Standing } | undefined> {
    const shelf = this.#shelf(person);
    const held = shelf.active.get(id);
    if (held === undefined) return Promise.resolve(undefined);
    clearTimeout(held.stalling);
    shelf.active.delete(id);
    const { job } = held;
    job.attemptsMade += 1;
    const mayTryAgain = outcome.outcome === "failed" && outcome.retryable && job.attemptsMade < this.#policy.attempts;
    if (mayTryAgain) this.#delay(person, job);
    else this.#end(shelf, job, outcome.outcome);
    return Promise.resolve({ job: handed(job), standing: mayTryAgain ? "delayed" : outcome.outcome });
  }

  counts(person: string): Promise<Counts> {
    return Promise.resolve(this.#shelf(person).counts());
  }

  totals(): Promise<Counts> {
    return Promise.resolve(sum([...this.#shelves.values()].map((shelf) => shelf.counts())));
  }

  listen(person: string, wake: () => void): () => void {
    return this.#listeners.add(person, wake);
  }

  close(): Promise<void> {
    for (const shelf of this.#shelves.values()) {
      for (const { stalling } of shelf.active.values()) clearTimeout(stalling);
      for (const timer of shelf.delayed.values()) clearTimeout(timer);
    }
    return Promise.resolve();
  }

  #shelf(person: string): Shelf {
    const shelf = this.#shelves.get(person) ?? new Shelf();
    this.#shelves.set(person, shelf);
    return shelf;
  }

  #stalling(person: string, job: Job): NodeJS.Timeout {
    return setTimeout(() => {
      const shelf = this.#shelf(person);
      shelf.active.delete(job.id);
      job.stalls += 1;
      if (job.stalls > this.#policy.mostStalls) return this.#end(shelf, job, "failed");
      // It has waited before.
      shelf.waiting.unshift(job);
      this.#listeners.wake(person);
    }, this.#policy.stalledAfterMs);
  }

  #delay(person: string, job: Job): void {
    const { delayed, waiting } = this.#shelf(person);
    const timer = setTimeout(() => {
      delayed.delete(job);
      waiting.push(job);
      this.#listeners.wake(person);
    }, backoffMs(this.#policy, job.attemptsMade));
    delayed.set(job, timer);
  }

  #end(shelf: Shelf, job: Job, how: "completed" | "failed"): void {
    shelf.unfinished.delete(sameness(job.wish));
    shelf[how] = Math.min(shelf[how] + 1, this.#policy.kept);
  }
}

function handed({ id, wish, attemptsStarted }: Job): HandedJob {
  return { ...wish, id, attempt: attemptsStarted };
}
