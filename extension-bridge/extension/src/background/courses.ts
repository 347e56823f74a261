// A whole course: what a site's page holds, and capturing what the person has ticked, in their order.
import { HostError, type Bridge, type Capture, type SiteListResult } from "@auricle/bridge";
import type { Job } from "./jobs.ts";
import { jarOf } from "./tab.ts";
import { deliveryOf, targetOf } from "../shared/backend.ts";
import { api } from "../shared/browser.ts";
import { giveConsent, hasConsent, readConsents } from "../shared/consent.ts";
import { courseFile, recogniseCourse, type CoursePage } from "../shared/course.ts";
import { isPrivate, jarNamed, nameOf } from "../shared/jar.ts";
import { captureKey, recognise } from "../shared/page.ts";
import { readSettings } from "../shared/settings.ts";
import type { CourseSource, Refused, Ticked } from "../shared/wire.ts";

/** Recordings in one part of a list. */
const PART = 100;
/** Of a page's title, characters. */
const LONGEST_TITLE = 300;

/** What of the desk is needed. */
export interface CourseDesk {
  ready(): Promise<Bridge>;
  vanityHosts(): readonly string[];
  hasAccess(origin: string): Promise<boolean>;
  /** Cookies, and where there is one the token, for what follows. */
  putSecrets(job: Job): Promise<void>;
  keep(job: Job): Promise<void>;
  drop(key: string): Promise<void>;
  learn(capture: Capture): void;
}

export class Courses {
  readonly #desk: CourseDesk;

  constructor(desk: CourseDesk) {
    this.#desk = desk;
  }

  /** Opens our own page with the list that a tab shows. What it shows the browser says, not the page. */
  async open(tabId: number): Promise<void> {
    const tab = await api.tabs.get(tabId);
    const page = tab.url === undefined ? null : recogniseCourse(tab.url, this.#desk.vanityHosts());
    if (!page) throw new Error("This page lists no recordings.");
    const jar = await jarOf({ url: page.url, title: "", tabId, frameId: 0 }, page.origin);
    if (isPrivate(jar)) throw new Error("What a private window shows is shown nowhere else: capture its lectures one by one, each on its own page.");
    const title = (tab.title ?? "").slice(0, LONGEST_TITLE);
    await api.tabs.create({ url: api.runtime.getURL(courseFile({ url: page.url, title, store: nameOf(jar) })), openerTabId: tabId, index: tab.index + 1 });
  }

  /** The person agrees that their sign-in is used at this site. */
  async agree(source: CourseSource): Promise<void> {
    const { origin } = this.#recognise(source);
    await giveConsent(origin, false, Date.now());
  }

  /** A part of the list, asked for with the site's cookies as they are now. */
  async list(source: CourseSource, after: string | number | undefined): Promise<SiteListResult> {
    const page = await this.#allowed(source);
    const bridge = await this.#desk.ready();
    await this.#desk.putSecrets(jobAt(page, source));
    return bridge.sites.list({ page: page.url, limit: PART, store: nameOf(jarNamed(source.store)), ...(after === undefined ? {} : { after }) });
  }

  /** Hands them to the program in their order, which is the order in which it serves them. Gives those that it would not take. */
  async capture(source: CourseSource, ticked: readonly Ticked[]): Promise<Refused[]> {
    const page = await this.#allowed(source);
    const [bridge, settings] = await Promise.all([this.#desk.ready(), readSettings()]);
    const deliver = deliveryOf(settings);
    await this.#desk.putSecrets({ ...jobAt(page, source), params: { page: page.url, deliver } });
    const refused: Refused[] = [];
    for (const one of ticked) {
      const lecture = recognise(one.page, this.#desk.vanityHosts());
      if (lecture?.origin !== page.origin) {
        refused.push({ page: one.page, said: "This is no recording of that site." });
        continue;
      }
      const base = jobAt(page, source);
      const key = captureKey(lecture, targetOf(settings), base.jar);
      const title = one.title.trim();
      const job: Job = { ...base, key, params: { page: lecture.url, key, quality: "audio-only", deliver, store: nameOf(base.jar), ...(title === "" ? {} : { title }) } };
      await this.#desk.keep(job);
      try {
        this.#desk.learn(await bridge.captures.start(job.params));
      } catch (error) {
        // Without a connection the job stays, and is started with the host; a refusal is final.
        if (!(error instanceof HostError)) throw error;
        await this.#desk.drop(key);
        refused.push({ page: one.page, said: error.message });
      }
    }
    return refused;
  }

  #recognise({ url }: CourseSource): CoursePage {
    const page = recogniseCourse(url, this.#desk.vanityHosts());
    if (!page) throw new Error("This page lists no recordings.");
    return page;
  }

  async #allowed(source: CourseSource): Promise<CoursePage> {
    const page = this.#recognise(source);
    if (!hasConsent(await readConsents(false), page.origin)) throw new Error(`Allow Auricle to use your sign-in at ${page.host} first.`);
    if (!(await this.#desk.hasAccess(page.origin))) throw new Error(`Your browser does not let Auricle see ${page.host}. Allow it first.`);
    return page;
  }
}

/** A list is shown in a tab of its own: its cookies are those of the site itself, in no other site's partition. */
function jobAt(page: CoursePage, { store }: CourseSource): Job {
  return { key: page.url, origin: page.origin, jar: jarNamed(store), params: { page: page.url } };
}
