// The routes by which a backend asks a person's machine for something, and hears from it. The machine comes and asks for its
// jobs; no cookie travels.

import type { Answer } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";
import type { WireRequest } from "../wire/request.ts";
import { ApiError } from "./api-error.ts";
import type { FormLectureTable } from "./form-lecture-table.ts";
import { cookiesStatus, lacksCookies } from "./host-status.ts";
import type { HostStatusTable } from "./host-status.ts";
import { fieldsOf, only } from "./json-request.ts";
import type { LectureTable } from "./lecture-table.ts";
import { Metrics } from "./metrics.ts";
import type { RateLimit } from "./rate-limit.ts";
import { hostStatus, jobOutcome, queryNumber, trigger } from "./refresh-form.ts";
import type { Trigger } from "./refresh-form.ts";
import { QUEUE_NAME, STATES } from "./refresh-queue.ts";
import type { HandedJob, RefreshQueue, Wish } from "./refresh-queue.ts";
import { Webhook } from "./webhook.ts";
import type { WebhookOptions } from "./webhook.ts";

export interface RefreshApiParts {
  readonly queue: RefreshQueue;
  readonly lectures: LectureTable;
  readonly forms: FormLectureTable;
  readonly statuses: HostStatusTable;
  readonly limit: RateLimit;
  readonly webhook: Omit<WebhookOptions, "told"> | undefined;
}

const JOB_PATH = /^\/api\/host\/jobs\/([^/]{1,200})$/;
const USUAL_WAIT_S = 25;
const LONGEST_WAIT_S = 60;
const MOST_JOBS = 10;
/** A machine asks at least once in a long poll; after so long without (ms) it is taken for gone. */
const PRESENT_MS = 120_000;

export class RefreshApi {
  readonly #parts: RefreshApiParts;
  readonly #metrics: Metrics;
  readonly #webhook: Webhook | undefined;
  /** By person, when their machine last asked for jobs; ms. */
  readonly #askedAt = new Map<string, number>();

  constructor(parts: RefreshApiParts) {
    this.#parts = parts;
    this.#metrics = new Metrics(() => this.#look());
    this.#webhook = parts.webhook === undefined ? undefined : new Webhook({ ...parts.webhook, told: (outcome) => this.#metrics.webhookTold(outcome) });
  }

  /** Undefined where the address is none of these. Throws ApiError. */
  async handle(request: WireRequest, owner: string): Promise<Answer | undefined> {
    switch (request.path) {
      case "/api/cookies/trigger-refresh":
        return this.#trigger(only(request, "POST"), owner);
      case "/api/cookies/queue-status":
        return this.#queueStatus(only(request, "GET"), owner);
      case "/api/cookies/cookies-status":
        return this.#cookiesStatus(only(request, "GET"), owner);
      case "/api/host/status":
        return this.#takeStatus(only(request, "PUT"), owner);
      case "/api/host/jobs":
        return this.#jobs(only(request, "GET"), owner);
      default: {
        const [, id] = JOB_PATH.exec(request.path) ?? [];
        return id === undefined ? undefined : this.#finish(only(request, "POST"), owner, decodeURIComponent(id));
      }
    }
  }

  /** GET /metrics: for Prometheus, of all people together. */
  metrics(): Promise<Answer> {
    return this.#metrics.answer();
  }

  async close(): Promise<void> {
    await this.#webhook?.close();
  }

  async #trigger(request: WireRequest, owner: string): Promise<Answer> {
    const asked = trigger(await fieldsOf(request));
    const wish = await this.#wishOf(asked, owner);
    const waitSeconds = this.#parts.limit.take(owner);
    if (waitSeconds > 0) {
      this.#metrics.refused();
      throw new ApiError(429, "rate_limited", `Too many refreshes were asked for; ask again in ${String(waitSeconds)} s.`, { "retry-after": String(waitSeconds) });
    }
    const { isNew } = await this.#parts.queue.add(owner, wish);
    if (isNew) this.#metrics.triggered(wish);
    const message = isNew ? "Cookie refresh job triggered successfully" : "The same job is under way already";
    return json(200, { success: true, message, reason: wish.reason });
  }

  /** A page that this person's machine never registered is refused: nobody makes a machine fetch what it likes. */
  async #wishOf({ reason, site, url }: Trigger, owner: string): Promise<Wish> {
    const { lectures, forms } = this.#parts;
    if (url === null) return { kind: "refresh", site: named(site ?? (await lectures.newestSite(owner))), url, reason };
    const known = await lectures.siteOfSource(owner, url);
    if (known === undefined && !(await forms.hasSource(owner, url))) throw new ApiError(422, "not_registered", "Only a page that this person's machine has registered here before can be captured again.");
    return { kind: "capture", site: named(known ?? site ?? undefined), url, reason };
  }

  async #queueStatus(request: WireRequest, owner: string): Promise<Answer> {
    request.body.resume();
    const counts = await this.#parts.queue.counts(owner);
    const total = STATES.reduce((sum, state) => sum + counts[state], 0);
    return json(200, { success: true, queue: QUEUE_NAME, status: { ...counts, total } });
  }

  async #cookiesStatus(request: WireRequest, owner: string): Promise<Answer> {
    request.body.resume();
    return json(200, cookiesStatus(await this.#parts.statuses.of(owner), this.#isPresent(owner)));
  }

  async #takeStatus(request: WireRequest, owner: string): Promise<Answer> {
    await this.#parts.statuses.put(owner, hostStatus(await fieldsOf(request)));
    return { status: 204, headers: {}, body: Buffer.alloc(0) };
  }

  /** The long poll: answers as soon as there is something, and with an empty list when the time is over. */
  async #jobs({ query, closed }: WireRequest, owner: string): Promise<Answer> {
    const waitMs = queryNumber(query, "wait", USUAL_WAIT_S, LONGEST_WAIT_S) * 1000;
    const most = queryNumber(query, "limit", MOST_JOBS, MOST_JOBS);
    const working = (query.get("working") ?? "").split(",").filter((id) => id !== "");
    this.#askedAt.set(owner, Date.now());
    await this.#parts.queue.keep(owner, working);
    const jobs = await this.#await(owner, most, waitMs, closed);
    this.#askedAt.set(owner, Date.now());
    return json(200, { jobs: jobs.map(jobBody) });
  }

  async #await(owner: string, most: number, waitMs: number, closed: Promise<void>): Promise<readonly HandedJob[]> {
    let isOver = false;
    let wake = (): void => undefined;
    const end = (): void => {
      isOver = true;
      wake();
    };
    const timer = setTimeout(end, waitMs);
    void closed.then(end);
    const stopListening = this.#parts.queue.listen(owner, () => wake());
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => (wake = resolve));
        const jobs = most > 0 ? await this.#parts.queue.take(owner, most) : [];
        if (jobs.length > 0 || isOver) return jobs;
        await changed;
        // What came at the last moment would be given to a client that may have left.
        if (isOver) return [];
      }
    } finally {
      clearTimeout(timer);
      stopListening();
    }
  }

  async #finish(request: WireRequest, owner: string, id: string): Promise<Answer> {
    const outcome = jobOutcome(await fieldsOf(request));
    const finished = await this.#parts.queue.finish(owner, id, outcome);
    if (finished === undefined) throw new ApiError(404, "not_found", "No job of this id is with your machine.");
    const { job, standing } = finished;
    const now = new Date();
    this.#metrics.finished(job, standing, now);
    if (standing !== "delayed") this.#webhook?.tell(job, standing, now);
    return json(200, { id, status: standing });
  }

  #isPresent(owner: string): boolean {
    return Date.now() - (this.#askedAt.get(owner) ?? 0) < PRESENT_MS;
  }

  async #look(): ReturnType<ConstructorParameters<typeof Metrics>[0]> {
    const [queue, statuses] = await Promise.all([this.#parts.queue.totals(), this.#parts.statuses.all()]);
    const hosts = [...this.#askedAt.keys()].filter((owner) => this.#isPresent(owner)).length;
    const lackingCookies = statuses.filter(({ owner, status }) => this.#isPresent(owner) && lacksCookies(status)).length;
    return { queue, hosts, lackingCookies };
  }
}

function named(site: string | undefined): string {
  if (site === undefined) throw new ApiError(422, "invalid", "The field site must name the site: nothing of this person's is here that could tell.");
  return site;
}

function jobBody({ id, kind, site, url, reason, attempt }: HandedJob): object {
  return { id, kind, site, ...(url === null ? {} : { url }), reason, attempt };
}
