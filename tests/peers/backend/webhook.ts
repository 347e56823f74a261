// Tells one address of each refresh and capture that is over. No name of a person, no address of a page and no word of a
// machine's goes along: whoever wants to know more asks this backend.

import type { HandedJob } from "./refresh-queue.ts";

export interface WebhookOptions {
  readonly url: string;
  /** 5 when left out. */
  readonly attempts?: number;
  /** Before the first repetition (ms), twice as long before each further one; 1000 when left out. */
  readonly backoffMs?: number;
  /** Told how each telling ended. */
  readonly told?: (outcome: "delivered" | "failed") => void;
}

export type WebhookEvent = "cookies.refreshed" | "cookies.refresh_failed" | "capture.completed" | "capture.failed";

const ANSWER_WITHIN_MS = 10_000;

export class Webhook {
  readonly #options: WebhookOptions;
  readonly #ended = new AbortController();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** Returns at once. What is not told when the backend ends is not told. */
  tell(job: HandedJob, outcome: "completed" | "failed", at: Date): void {
    const { id, kind, site, reason, attempt } = job;
    const body = JSON.stringify({ event: eventOf(kind, outcome), job: id, site, reason, attempt, at: at.toISOString() });
    const telling = this.#deliver(body).finally(() => this.#underWay.delete(telling));
    this.#underWay.add(telling);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await Promise.all(this.#underWay);
  }

  async #deliver(body: string): Promise<void> {
    const { attempts = 5, backoffMs = 1000, told } = this.#options;
    for (let attempt = 1; attempt <= attempts && !this.#ended.signal.aborted; attempt += 1) {
      if (attempt > 1) await this.#pause(backoffMs * 2 ** (attempt - 2));
      const verdict = await this.#post(body);
      if (verdict === "again") continue;
      return told?.(verdict);
    }
    told?.("failed");
  }

  async #post(body: string): Promise<"delivered" | "failed" | "again"> {
    try {
      const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
      // A redirect could lead anywhere; nobody who gave an address meant that.
      const { status } = await fetch(this.#options.url, { method: "POST", headers: { "content-type": "application/json" }, body, redirect: "manual", signal });
      if (status >= 200 && status < 300) return "delivered";
      return status === 408 || status === 429 || status >= 500 ? "again" : "failed";
    } catch {
      return "again";
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#ended.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function eventOf(kind: HandedJob["kind"], outcome: "completed" | "failed"): WebhookEvent {
  if (kind === "capture") return outcome === "completed" ? "capture.completed" : "capture.failed";
  return outcome === "completed" ? "cookies.refreshed" : "cookies.refresh_failed";
}
