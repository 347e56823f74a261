// A stage for browser tests: peers that a file's tests share, and for each test a browser with a home of its own.
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { program } from "../../integration/support/program.ts";
import { idFrom, lecture as makeLecture } from "../../peers/panopto/lecture.ts";
import type { Lecture } from "../../peers/panopto/lecture.ts";
import type { Course } from "../../peers/moodle/moodle.ts";
import { STUDENT } from "../../peers/panopto/session.ts";
import type { Peers } from "../../peers/peers.ts";
import { Belongings } from "./belongings.ts";
import type { Home } from "./home.ts";
import { LecturePage } from "./lecture-page.ts";
import type { Credentials } from "./lecture-page.ts";
import { Recording } from "./recording.ts";
import { holdBrowser, holdHome, holdPeers } from "./stage.ts";
import type { BrowserChoices, PeersChoices } from "./stage.ts";
import { eventually } from "./sleep.ts";
import { BROWSERS } from "./test-browser.ts";
import type { BrowserName, TestBrowser, TestPage, Where } from "./test-browser.ts";

const PICTURES = fileURLToPath(new URL("../../../artifacts/browser", import.meta.url));

const HOME_LINE_BYTES_PER_SECOND = 5_000_000;

/** So much later a download that is to break does so. */
const BREAKS_AFTER_BYTES = 1_000_000;

/** A download that stops in its middle. */
export interface Hold {
  /** Waits until it has stopped there. */
  reached(): Promise<void>;
  release(): void;
}

export interface SceneOptions extends BrowserChoices {
  /** False: as on a machine on which nobody has registered the host. */
  readonly registered?: boolean;
  /** What the host's configuration says beside how the peers are reached. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Plays a test's scene; given by `inEachBrowser`. */
export type Play = (options: SceneOptions, act: (scene: Scene) => Promise<void>) => Promise<void>;

/** The same tests in each of the browsers, one after the other before the same peers. `tests` declares them. */
export function inEachBrowser(what: string, choices: PeersChoices, tests: (play: Play, browser: BrowserName) => void, browsers = BROWSERS): void {
  let opened: { peers: Peers; close: () => Promise<void> } | undefined;
  const peers = (): Peers => {
    if (!opened) throw new Error("The peers are there only while tests run");
    return opened.peers;
  };
  before(async () => void (opened = await openPeers(choices)));
  after(() => opened?.close());
  for (const browser of browsers) {
    describe(`${what}, in ${browser}`, () => tests((options, act) => Scene.play(peers(), browser, options, act), browser));
  }
}

/** The peers of one test file. */
async function openPeers(choices: PeersChoices = {}): Promise<{ peers: Peers; close: () => Promise<void> }> {
  const belongings = new Belongings();
  const peers = await holdPeers(belongings, choices).catch(async (error: unknown) => {
    await belongings.end();
    throw error;
  });
  return { peers, close: () => belongings.end() };
}

export class Scene {
  /** Earlier scenes had the same peers: what those have seen is no business of this one. */
  readonly #requestsBefore: number;
  readonly #siteRequestsBefore: number;
  readonly #lecturesBefore: ReadonlySet<string>;

  private constructor(
    readonly peers: Peers,
    readonly home: Home,
    readonly browser: TestBrowser,
    readonly recording: Recording,
    readonly register: () => Promise<void>,
    lecturesBefore: readonly string[],
  ) {
    this.#requestsBefore = peers.cdn.requests.length;
    this.#siteRequestsBefore = peers.site.requests.length;
    this.#lecturesBefore = new Set(lecturesBefore);
  }

  /** Runs a test in a browser of its own, and judges at its end what holds for every test. */
  static async play(peers: Peers, browser: BrowserName, options: SceneOptions, act: (scene: Scene) => Promise<void>): Promise<void> {
    const belongings = new Belongings();
    let scene: Scene | undefined;
    try {
      scene = await Scene.#open(peers, browser, options, belongings);
      await act(scene);
    } finally {
      peers.cdn.clearFaults();
      peers.site.clearFaults();
      peers.site.partitionsLaunches = true;
      peers.backend.clearFaults();
      await peers.playback.calm();
      await scene?.browser.close();
      await scene?.judge().finally(() => belongings.end());
      await belongings.end();
    }
  }

  static async #open(peers: Peers, name: BrowserName, { registered = true, config = {}, ...choices }: SceneOptions, belongings: Belongings): Promise<Scene> {
    await mkdir(PICTURES, { recursive: true });
    const registration = await holdHome(belongings, peers, program(), name, config);
    const { home } = registration;
    const recording = await Recording.prepare(join(home.folder, "recording"), registration.program);
    const register = async (): Promise<void> => {
      await registration.install();
      await registration.divert(recording.program);
    };
    if (registered) await register();
    const browser = await holdBrowser(belongings, peers, registration, choices);
    const { origin, token } = peers.backend;
    await browser.store({ settings: { deliverTo: "backend", backendOrigin: origin, courseId: "", subfolder: "" }, backendToken: token });
    const before = await peers.backend.lectures();
    return new Scene(peers, home, browser, recording, register, before.map(({ id }) => id));
  }

  /** A lecture of an hour that no other test knows: long enough for a download to be met in its middle. */
  addLong(title: string): Lecture {
    const { audio, video } = this.peers.media.hour;
    return this.peers.site.add(makeLecture({ deliveryId: idFrom("browser test", this.browser.name, title), title, audio, video }));
  }

  /**
   * From now on a download of this lecture's sound goes at a home line's pace and stops after `share` of it. `breaks`: once
   * released it breaks soon, and its address holds no more, so that the site is asked for a new one.
   */
  holdDownload(lecture: Lecture, share = 0.5, breaks = false): Hold {
    const target = { method: "GET", path: this.#soundPath(lecture) };
    const afterBytes = Math.floor(lecture.audio.bytes * share);
    // Slow, because the host tells of progress only while bytes arrive, and a fifth of a second apart.
    this.peers.cdn.fail({ kind: "slow", bytesPerSecond: HOME_LINE_BYTES_PER_SECOND }, target);
    const rule = this.peers.cdn.fail({ kind: "stall", afterBytes }, target);
    if (breaks) {
      this.peers.cdn.fail({ kind: "reset", afterBytes: afterBytes + BREAKS_AFTER_BYTES }, target);
      this.peers.cdn.fail({ kind: "status", status: 403 }, { ...target, after: 1 });
    }
    return {
      reached: async () => {
        await this.peers.cdn.waitForRequest(({ path, bytesSent }) => this.isSoundOf(lecture, path) && bytesSent >= afterBytes);
      },
      release: () => rule.release(),
    };
  }

  /** A tab at a lecture, the student or somebody else signed in, the button there. */
  async at(lecture: Lecture, person: Credentials = STUDENT, where?: Where): Promise<LecturePage> {
    const page = new LecturePage(await this.browser.open(undefined, where));
    await page.open(this.peers.viewerUrl(lecture), person);
    return page;
  }

  /** A tab at a course's page, somebody signed in there, the first lecture embedded in it with the button. */
  async inCourse(course: Course, person: Credentials = STUDENT): Promise<{ tab: TestPage; page: LecturePage }> {
    const tab = await this.browser.open(this.peers.moodle.courseUrl(course));
    if ((await tab.url()).includes("/login/")) await new LecturePage(tab).signIn(person);
    return { tab, page: await this.embeddedIn(tab, course.lectures[0]) };
  }

  /** A lecture embedded in a page, with the button. */
  async embeddedIn(tab: TestPage, deliveryId = ""): Promise<LecturePage> {
    const page = new LecturePage(await tab.frame((url) => url.includes("/Panopto/Pages/Embed.aspx") && url.includes(deliveryId)));
    await page.isThere();
    return page;
  }

  /** Whose sign-ins the program has used so far (for a lecture's podcast), one word for each; a request that mixed two has “… and …”. */
  signInsUsed(lecture?: Lecture): string[] {
    const ofProgram = this.peers.site.requests.slice(this.#siteRequestsBefore).filter(({ headers, cookie, path }) => headers["sec-fetch-mode"] === undefined && cookie !== undefined && path.includes(lecture?.deliveryId ?? ""));
    const used = ofProgram.map(({ cookie = "" }) => {
      const secrets = [...cookie.matchAll(/(?:\.ASPXAUTH|csrfToken)=([^;]+)/g)].map(([, secret = ""]) => this.peers.site.personOf(secret)?.user ?? "nobody");
      return [...new Set(secrets)].join(" and ");
    });
    return [...new Set(used)].sort();
  }

  /** A tab at a lecture, the student signed in, where the extension may see nothing of it. */
  async unseenAt(lecture: Lecture): Promise<LecturePage> {
    await this.browser.takeAccessBack();
    const page = new LecturePage(await this.browser.open());
    await page.visit(this.peers.viewerUrl(lecture), this.peers.summary().signIn);
    assert.equal(await page.label(), null, "the button stands on a page that the extension may not see");
    return page;
  }

  /** Pictures of a page, or of one element of it, in light and in dark colours, to be looked at. */
  async picture(page: TestPage, name: string, selector?: string): Promise<void> {
    for (const scheme of ["dark", "light"] as const) {
      await page.colours(scheme);
      await page.screenshot(join(PICTURES, `${name}-${this.browser.name}-${scheme}.png`), selector);
    }
  }

  /** Lectures at the backend from this one's page: the peers are shared, the tests' lectures are not. */
  delivered(lecture: Lecture) {
    return this.deliveredFrom(this.peers.viewerUrl(lecture));
  }

  /** The same from a page's address. */
  async deliveredFrom(url: string) {
    return (await this.peers.backend.lectures()).filter(({ id, sourceUrl }) => sourceUrl === url && !this.#lecturesBefore.has(id));
  }

  /** The id of the extension's notification; waits for it, since a page shows a state before the person is told. */
  noticed(): Promise<string> {
    return eventually("a notification", async () => (await this.browser.notices())[0]);
  }

  /** Bytes of this lecture's sound that the CDN has sent so far. */
  fetched(lecture: Lecture): number {
    return this.peers.cdn.requests.slice(this.#requestsBefore).filter(({ method, path }) => method === "GET" && this.isSoundOf(lecture, path)).reduce((sum, { bytesSent }) => sum + bytesSent, 0);
  }

  /** Whether an address of the CDN, path and query, is that of this lecture's sound. */
  isSoundOf(lecture: Lecture, path: string): boolean {
    return path.startsWith(this.#soundPath(lecture));
  }

  #soundPath(lecture: Lecture): string {
    return new URL(this.peers.cdn.podcastUrl(lecture, "audioPodcast", "")).pathname;
  }

  /** What holds whatever a test does: no credential off its site, frames as the schema has them, and no secret in one. */
  async judge(): Promise<void> {
    const { cookiesAtCdn, cookiesAtBackend, cookiesAtStranger, cookiesAtMoodle, personalDataAtBackend } = this.peers.counters();
    assert.deepEqual({ cookiesAtCdn, cookiesAtBackend, cookiesAtStranger, cookiesAtMoodle, personalDataAtBackend }, { cookiesAtCdn: 0, cookiesAtBackend: 0, cookiesAtStranger: 0, cookiesAtMoodle: 0, personalDataAtBackend: 0 });
    assert.deepEqual(await this.recording.faults(), []);
    const said = await this.recording.text();
    for (const secret of [...this.peers.site.secrets(), ...this.peers.playback.secrets(), this.peers.backend.token]) assert.ok(!said.includes(secret), "a secret stands in a frame");
    this.peers.assertSound();
  }
}
