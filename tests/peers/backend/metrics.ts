// What Prometheus reads at /metrics: jobs, how they ended, and what the machines say. Nobody is named in it.

import { Counter, Gauge, Registry } from "prom-client";
import type { Answer } from "../wire/answer.ts";
import { bytesAnswer } from "../wire/answer.ts";
import { STATES } from "./refresh-queue.ts";
import type { Counts, HandedJob, Standing } from "./refresh-queue.ts";

/** A reason is a word that a caller chose; only these become a label, or anybody could make as many series as they like. */
const REASONS: ReadonlySet<string> = new Set(["missing_cookies", "session_expired", "bot_detection", "forbidden", "stale", "manual_trigger"]);
const KINDS = ["refresh", "capture"] as const;
const OUTCOMES = ["completed", "failed", "delayed"] as const;

export interface Seen {
  readonly queue: Counts;
  /** Machines that have been heard of lately. */
  readonly hosts: number;
  /** Those of them that lack cookies: see `lacksCookies`. */
  readonly lackingCookies: number;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #triggered: Counter<"kind" | "reason">;
  readonly #refused: Counter;
  readonly #finished: Counter<"kind" | "outcome">;
  readonly #lastRefresh: Gauge;
  readonly #webhook: Counter<"outcome">;
  readonly #collect: () => Promise<void>;

  /** `look` is asked at each reading. */
  constructor(look: () => Promise<Seen>) {
    const registers = [this.#registry];
    this.#triggered = new Counter({ name: "auricle_refresh_jobs_triggered_total", help: "Jobs that were asked of a machine.", labelNames: ["kind", "reason"], registers });
    this.#refused = new Counter({ name: "auricle_refresh_triggers_refused_total", help: "Triggers that were answered with 429.", registers });
    this.#finished = new Counter({ name: "auricle_refresh_jobs_finished_total", help: "Answers of machines; delayed: failed, and tried again.", labelNames: ["kind", "outcome"], registers });
    this.#lastRefresh = new Gauge({ name: "auricle_last_refresh_timestamp_seconds", help: "When cookies were last refreshed, since 1970; 0: not yet.", registers });
    this.#webhook = new Counter({ name: "auricle_webhook_deliveries_total", help: "How tellings of the webhook ended.", labelNames: ["outcome"], registers });
    // A series that begins at its first event has no rate for that event.
    for (const kind of KINDS) for (const outcome of OUTCOMES) this.#finished.inc({ kind, outcome }, 0);
    const queue = new Gauge({ name: "auricle_refresh_queue_jobs", help: "Jobs in the queue cookie-refresh, of all people together.", labelNames: ["state"], registers });
    const hosts = new Gauge({ name: "auricle_hosts", help: "Machines that have been heard of in the last minutes.", registers });
    const lacking = new Gauge({ name: "auricle_hosts_lacking_cookies", help: "Those of them where a capture waits for cookies, or cookies have expired.", registers });
    this.#collect = async () => {
      const seen = await look();
      for (const state of STATES) queue.set({ state }, seen.queue[state]);
      hosts.set(seen.hosts);
      lacking.set(seen.lackingCookies);
    };
  }

  triggered({ kind, reason }: Pick<HandedJob, "kind" | "reason">): void {
    this.#triggered.inc({ kind, reason: REASONS.has(reason) ? reason : "other" });
  }

  refused(): void {
    this.#refused.inc();
  }

  finished({ kind }: HandedJob, standing: Standing, at: Date): void {
    this.#finished.inc({ kind, outcome: standing });
    if (kind === "refresh" && standing === "completed") this.#lastRefresh.set(at.getTime() / 1000);
  }

  webhookTold(outcome: "delivered" | "failed"): void {
    this.#webhook.inc({ outcome });
  }

  async answer(): Promise<Answer> {
    await this.#collect();
    return bytesAnswer(200, this.#registry.contentType, await this.#registry.metrics());
  }
}
