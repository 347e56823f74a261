// Captures that are under way, by key: what is needed to start them again after the host or this worker was ended. Never a secret.
import type { CaptureStartParams } from "@auricle/bridge";
import type { CookieSite } from "./site-session.ts";
import { api } from "../shared/browser.ts";
import type { Jar } from "../shared/jar.ts";

export interface Job {
  key: string;
  /** Panopto's where it says nothing. */
  site?: CookieSite;
  origin: string;
  params: CaptureStartParams;
  /** Whose cookies it uses. */
  jar: Jar;
  /** The login in use lies in the jar's partition: the one outside of it may be another person's, and never takes its place. */
  isPartitioned?: boolean;
  /** Where it was asked for. */
  tabId?: number;
}

/** Key in storage.session, which lives in memory and as long as the browser does. */
const JOBS_KEY = "jobs";

type Held = Record<string, Job>;

export class Jobs {
  #held: Promise<Held> | null = null;

  async all(): Promise<Job[]> {
    return Object.values(await this.#load());
  }

  async get(key: string): Promise<Job | undefined> {
    return (await this.#load())[key];
  }

  async keep(job: Job): Promise<void> {
    const held = await this.#load();
    held[job.key] = job;
    await api.storage.session.set({ [JOBS_KEY]: held });
  }

  async drop(key: string): Promise<void> {
    const held = await this.#load();
    if (!(key in held)) return;
    delete held[key];
    await api.storage.session.set({ [JOBS_KEY]: held });
  }

  #load(): Promise<Held> {
    this.#held ??= api.storage.session.get(JOBS_KEY).then(({ [JOBS_KEY]: stored }) => (stored as Held | undefined) ?? {});
    return this.#held;
  }
}
