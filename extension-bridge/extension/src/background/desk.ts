// The desk where all comes together: what the person presses, what the host wants, what the browser says of cookies.
import { ChannelError, HostError, isFinal, type Capture, type CaptureStartParams, type Cookie, type RefreshAnswer, type RefreshWanted } from "@auricle/bridge";
import { alarm, announce, askForAccess, askForSignIn, askForSignInAt, badge, takeSignInBack, tellOfRefusal } from "./announce.ts";
import { dropAwaited, keepAwaited, takeAwaited } from "./awaited.ts";
import { Courses } from "./courses.ts";
import { fingerprint, isPartitioned, ofJar, ofOneLogin, readCookies, type CookieSource } from "./cookies.ts";
import { Jobs, type Job } from "./jobs.ts";
import { awaitedBackend } from "./standby.ts";
import { Link } from "./link.ts";
import { Listening } from "./listening.ts";
import type { SignInPlace } from "./notice.ts";
import { cookieSite, endpoints, isLoginName, loginOf, signInUrl, type CookieSite } from "./site-session.ts";
import { bringUp, hasPrivateWindow, jarOf, openIn } from "./tab.ts";
import { placeButton, placeOnOpenPages } from "./vanity.ts";
import { covers, readGranted } from "../shared/access.ts";
import { api, isFirefox } from "../shared/browser.ts";
import { deliveryOf, targetOf } from "../shared/backend.ts";
import { dropPrivateConsents, giveConsent, hasConsent, readConsents, takeConsentBack } from "../shared/consent.ts";
import { isPrivate, isSameJar, jarNamed, nameOf, type Jar } from "../shared/jar.ts";
import { MUBI_SIGN_IN } from "../shared/mubi.ts";
import { recogniseNamed } from "../shared/own-servers.ts";
import { captureKey, jarOfKey, recognise, siteOfPage, type LecturePage } from "../shared/page.ts";
import { readSettings, readToken } from "../shared/settings.ts";
import { sentence } from "../shared/sentence.ts";
import type { Action } from "../shared/advice.ts";
import type { Order, Outcome, PageSnapshot, Place, Snapshot } from "../shared/wire.ts";

/** A login often sets several cookies one after the other; the last one counts, ms. */
const SIGN_IN_SETTLES_MS = 400;

/** Reasons for which the same login again is an answer: the host has not got it, or only wants it newer if there is one. */
const UNCHANGED_WILL_DO: ReadonlySet<RefreshWanted["reason"]> = new Set(["missing_cookies", "manual_trigger", "stale"]);

/** States that a capture leaves by itself. */
const RUNS: ReadonlySet<Capture["state"]> = new Set(["queued", "resolving", "downloading", "finishing", "uploading"]);

function siteOf({ site, params }: Job): CookieSite {
  return site ?? siteOfPage(params.page);
}

function jarNameOf(job: Job): string {
  return `${siteOf(job)} ${job.origin} ${nameOf(job.jar)}`;
}

function signInPlaceOf(job: Job): SignInPlace {
  return { site: siteOf(job), origin: job.origin, jar: job.jar };
}

/** Whether a login that has just been set is the one which a job would use. */
function isLoginOf(job: Job, cookie: Cookie): boolean {
  const { origin, jar, isPartitioned: onlyPartitioned = false } = job;
  if (!isLoginName(siteOf(job), cookie.name)) return false;
  const domain = cookie.domain.replace(/^\./, "");
  const { hostname } = new URL(origin);
  const isAtSite = hostname === domain || hostname.endsWith(`.${domain}`);
  return isAtSite && cookie.storeId === jar.store && ofJar([cookie], jar, origin).length > 0 && (!onlyPartitioned || isPartitioned(cookie));
}

/** Who has to sign in at MUBI is not sent to do so by the film's own page. */
function asksToSignIn({ page, state, error }: Capture): boolean {
  const kind = error?.data.kind;
  const isAsked = state === "waiting_for_cookies" || kind === "login_required" || kind === "cookies_missing";
  return isAsked && siteOfPage(page) === "mubi";
}

/** Notices outlive a private window: they name nothing that was watched there. */
function withoutName(capture: Capture): Capture {
  return isPrivate(jarOfKey(capture.key)) ? { ...capture, title: null } : capture;
}

export class Desk {
  /** For whoever wants to hear what was captured. */
  readonly listening: Listening;
  readonly #link: Link;
  readonly #jobs = new Jobs();
  readonly #courses: Courses;
  readonly #putLogins = new Map<string, string>();
  /** Sign-ins that the host waits for though nothing is captured there; with the host's end they are moot, so they are not kept. */
  readonly #awaitedSignIns = new Map<string, Job>();
  readonly #jars = new WeakMap<Place, Promise<Jar>>();
  readonly #tell: () => void;
  readonly #settling = new Map<string, ReturnType<typeof setTimeout>>();
  #vanityHosts: string[] = [];

  /** `tell`: something changed that panels and pages show. `isWatched`: whether one of them is open. */
  constructor(tell: () => void, isWatched: () => boolean) {
    this.#tell = tell;
    this.#link = new Link({
      changed: () => {
        badge(this.#link.captures);
        tell();
      },
      capture: (now, before) => this.#captureChanged(now, before),
      connected: (again) => void this.windowClosed().finally(() => this.#startAgain(again).finally(() => (again ? this.#standBy() : undefined))),
      refreshWanted: (wanted) => this.#refresh(wanted),
      warned: alarm,
      isWatched,
      isAwaited: async () => (await awaitedBackend()) !== null,
    });
    this.listening = new Listening({ ready: () => this.#link.ready(), putToken: async () => this.#putToken((await readSettings()).backendOrigin) });
    this.#courses = new Courses({
      ready: () => this.#link.ready(),
      vanityHosts: () => this.#vanityHosts,
      hasAccess: (origin) => this.#hasAccess(origin),
      putSecrets: (job) => this.#putSecrets(job),
      keep: (job) => this.#jobs.keep(job),
      drop: (key) => this.#jobs.drop(key),
      learn: (capture) => this.#link.learn(capture),
    });
  }

  /** The worker begins: captures that were under way when it was ended go on. */
  async wake(): Promise<void> {
    this.#vanityHosts = await placeButton().catch(() => []);
    this.#tell();
    if ((await this.#jobs.all()).length > 0) await this.#link.ready().catch(() => undefined);
    await this.#standBy();
  }

  async vanityChanged(): Promise<void> {
    this.#vanityHosts = await placeButton().catch(() => this.#vanityHosts);
    this.#tell();
  }

  /** The browser lets us see more than before: what waited for that goes on. */
  async accessGiven(): Promise<void> {
    await this.vanityChanged();
    await placeOnOpenPages();
    await this.#goOnWithAccess();
    const place = await takeAwaited(Date.now());
    const page = place && this.recognise(place.url);
    if (!place || !page || !(await this.#hasAccess(page.origin)) || (await this.#isUnderWay(place, page))) return;
    await this.press("allow", place).catch((error: unknown) => {
      // The lack of a program is told by the card itself, with its button.
      if (!(error instanceof ChannelError)) tellOfRefusal(sentence(error));
    });
  }

  /** A panel was opened: what it shows should be true, and a program installed meanwhile be found. */
  async look(): Promise<void> {
    const { state } = this.#link.host;
    if (state === "idle" || state === "unreachable") await this.#link.ready().catch(() => undefined);
    if (this.#link.host.state === "connected") await this.#standBy();
  }

  /** A lecture's page was opened: whether it is captured already is asked only where the person has agreed to be served. */
  async lookFrom(place: Place): Promise<void> {
    const page = this.recognise(place.url);
    if (!page || this.#link.host.state !== "idle") return;
    const jar = await this.#jarAt(place, page.origin).catch(() => null);
    if (!jar || !hasConsent(await readConsents(isPrivate(jar)), page.origin)) return;
    await this.#link.ready().catch(() => undefined);
  }

  /** For a panel above a tab in which lectures may be at `places`. Nothing of a private window is shown in an ordinary one. */
  async snapshot(places: readonly Place[], isInPrivate: boolean): Promise<Snapshot> {
    const [consents, granted, settings, pages] = await Promise.all([readConsents(isInPrivate), readGranted(), readSettings(), Promise.all(places.map((place) => this.pageSnapshot(place)))]);
    return {
      granted,
      host: this.#link.host,
      captures: this.#link.captures.filter(({ key }) => isInPrivate || !isPrivate(jarOfKey(key))),
      consented: Object.keys(consents),
      target: targetOf(settings),
      vanityHosts: this.#vanityHosts,
      ownServers: this.#link.ownServers,
      lectures: places.flatMap((place, index) => {
        const page = pages[index];
        return page ? [{ place, page }] : [];
      }),
    };
  }

  async pageSnapshot(place: Place): Promise<PageSnapshot | null> {
    const page = this.recognise(place.url);
    if (!page) return null;
    // Where the browser does not tell the jar, a press says why.
    const [settings, access, jar] = await Promise.all([readSettings(), this.#hasAccess(page.origin), this.#jarAt(place, page.origin).catch(() => null)]);
    const consents = await readConsents(jar !== null && isPrivate(jar));
    const capture = jar && this.#link.byKey(captureKey(page, targetOf(settings), jar));
    return { host: this.#link.host, consented: hasConsent(consents, page.origin), access, capture };
  }

  recognise(url: string): LecturePage | null {
    return recognise(url, this.#vanityHosts) ?? recogniseNamed(url, this.#link.ownServers);
  }

  /** Whatever a panel orders. */
  async obey(order: Order): Promise<Outcome> {
    try {
      switch (order.order) {
        case "press":
          await this.press(order.action, order.place, order.captureId);
          return { ok: true };
        case "course_open":
          await this.#courses.open(order.tabId);
          return { ok: true };
        case "course_agree":
          await this.#courses.agree(order.source);
          this.#tell();
          return { ok: true };
        case "course_list":
          return { ok: true, listed: await this.#courses.list(order.source, order.after) };
        case "course_capture":
          return { ok: true, refused: await this.#courses.capture(order.source, order.ticked) };
        case "revoke":
          await this.#revoke(order.origin);
          return { ok: true };
        case "await_access":
          await keepAwaited(order.place, Date.now());
          return { ok: true };
        case "access_denied":
          await dropAwaited();
          return { ok: true };
        case "forget_all": {
          const bridge = await this.#link.ready();
          this.#putLogins.clear();
          return { ok: true, forgotten: await bridge.vault.forget() };
        }
        case "vault": {
          const bridge = await this.#link.ready();
          return { ok: true, entries: (await bridge.vault.status()).entries };
        }
      }
    } catch (error) {
      return { ok: false, said: sentence(error), ...(error instanceof HostError ? { kind: error.kind } : {}) };
    }
  }

  /** A button was pressed: about a capture, or about the lecture at a place. */
  async press(action: Action, place: Place | undefined, captureId?: string): Promise<void> {
    const id = captureId ?? (place ? (await this.pageSnapshot(place))?.capture?.id : undefined);
    switch (action) {
      case "allow":
        await this.#allow(place);
        return this.#startAt(place);
      case "capture":
        return this.#startAt(place);
      case "continue":
      case "retry":
        return id === undefined ? this.#startAt(place) : this.#retry(id);
      case "connect":
        await this.#link.ready();
        return;
      case "grant":
        return this.#askInPanel();
      case "open_settings":
        return api.runtime.openOptionsPage();
      case "install_help":
        await api.tabs.create({ url: api.runtime.getURL("options.html#install") });
        return;
      default:
        if (id !== undefined) await this.#act(action, id);
    }
  }

  /** The person signed in somewhere, or out. Only the login of a site with a capture under way is of interest. */
  async cookieChanged(cookie: chrome.cookies.Cookie, removed: boolean): Promise<void> {
    if (removed) return;
    for (const job of [...(await this.#jobs.all()), ...this.#awaitedSignIns.values()]) {
      if (!isLoginOf(job, cookie as Cookie)) continue;
      clearTimeout(this.#settling.get(job.key));
      this.#settling.set(job.key, setTimeout(() => void this.#signedIn(job), SIGN_IN_SETTLES_MS));
    }
  }

  async openPageOf(captureId: string): Promise<void> {
    const capture = this.#link.capture(captureId);
    if (!capture) return;
    const jar = jarOfKey(capture.key);
    const job = await this.#jobs.get(capture.key ?? capture.id);
    // A sign-in within another site's page is made by that site, in its page alone.
    if (jar.within !== undefined && job?.tabId !== undefined && (await bringUp(job.tabId))) return;
    await openIn(jar, jar.within ?? (asksToSignIn(capture) ? MUBI_SIGN_IN : capture.page));
  }

  /** A click on the wish that they sign in. */
  async openSignIn({ site, origin, jar }: SignInPlace): Promise<void> {
    await openIn(jar, signInUrl(site, origin));
  }

  /** Perhaps the last private one: what came of private windows is then forgotten here as it is by the browser. */
  async windowClosed(): Promise<void> {
    const jobs = (await this.#jobs.all()).filter(({ jar }) => isPrivate(jar));
    const captures = this.#link.captures.filter(({ key }) => isPrivate(jarOfKey(key)));
    if (await hasPrivateWindow()) return;
    await dropPrivateConsents();
    if (jobs.length === 0 && captures.length === 0) return;
    const bridge = await this.#link.ready().catch(() => null);
    for (const capture of captures) if (!RUNS.has(capture.state)) await this.#forgetCapture(capture).catch(() => undefined);
    // Ordinary windows' sign-ins at the same site go along, and are read again when they are needed.
    for (const origin of new Set(jobs.map((job) => job.origin))) await bridge?.vault.forget({ origin }).catch(() => undefined);
  }

  /** The browser takes such a question from a press in our own pages only, not from one on a site's. */
  async #askInPanel(): Promise<void> {
    // Without a window of its own kind (a fullscreen player, say) the browser shows no popup.
    await api.action.openPopup().catch(() => api.tabs.create({ url: api.runtime.getURL("options.html#access") }));
  }

  async #hasAccess(origin: string): Promise<boolean> {
    return covers(await readGranted(), origin);
  }

  async #isUnderWay(place: Place, page: LecturePage): Promise<boolean> {
    const key = captureKey(page, targetOf(await readSettings()), await this.#jarAt(place, page.origin));
    const capture = this.#link.byKey(key);
    return capture !== null && !isFinal(capture);
  }

  /** A page stays in its jar; the browser is asked once for each, unless it would not say. */
  #jarAt(place: Place, origin: string): Promise<Jar> {
    const known = this.#jars.get(place);
    if (known) return known;
    const asked = jarOf(place, origin);
    this.#jars.set(place, asked);
    asked.catch(() => this.#jars.delete(place));
    return asked;
  }

  /** Captures that waited for cookies which we could not see. */
  async #goOnWithAccess(): Promise<void> {
    for (const job of await this.#jobs.all()) {
      if (this.#link.byKey(job.key)?.state === "waiting_for_cookies" && (await this.#hasAccess(job.origin))) await this.#signedIn(job);
    }
  }

  async #allow(place: Place | undefined): Promise<void> {
    const page = place && this.recognise(place.url);
    if (!place || !page) throw new Error("This page shows no lecture.");
    await giveConsent(page.origin, isPrivate(await this.#jarAt(place, page.origin)), Date.now());
    this.#tell();
  }

  async #revoke(origin: string): Promise<void> {
    await takeConsentBack(origin);
    this.#tell();
    const bridge = await this.#link.ready();
    await bridge.vault.forget({ origin });
  }

  async #startAt(place: Place | undefined): Promise<void> {
    const page = place && this.recognise(place.url);
    if (!place || !page) throw new Error("This page shows no lecture.");
    const jar = await this.#jarAt(place, page.origin);
    if (!hasConsent(await readConsents(isPrivate(jar)), page.origin)) throw new Error(`Allow Auricle to use your sign-in at ${page.host} first.`);
    if (!(await this.#hasAccess(page.origin))) throw new Error(`Your browser does not let Auricle see ${page.host}. Open Auricle from the toolbar and allow it.`);
    const settings = await readSettings();
    const key = captureKey(page, targetOf(settings), jar);
    const title = place.title.trim();
    const params: Job["params"] = {
      page: page.url, key, quality: "audio-only", deliver: deliveryOf(settings), store: nameOf(jar),
      ...(title === "" ? {} : { title }),
    };
    // An address may be signed: it goes along this once, and is not kept with the job.
    const media = place.stream === undefined ? {} : { media: { url: place.stream } };
    await this.#start({ key, origin: page.origin, jar, params, tabId: place.tabId }, media);
  }

  async #start(job: Job, media: Pick<CaptureStartParams, "media"> = {}): Promise<void> {
    const bridge = await this.#link.ready();
    await this.#putSecrets(job);
    await this.#jobs.keep(job);
    try {
      this.#link.learn(await bridge.captures.start({ ...job.params, ...media }));
    } catch (error) {
      // Without a connection the job stays, and is started again with the host; a refusal is final.
      if (error instanceof HostError) await this.#jobs.drop(job.key);
      throw error;
    }
  }

  /** Cookies and token, as far as there are any: the host tries without, which is enough for public recordings. */
  async #putSecrets(job: Job): Promise<void> {
    await this.#putCookies(job);
    if (job.params.deliver?.to === "backend") await this.#putToken(job.params.deliver.origin);
  }

  /** All of one login, whosoever else is signed in beside it. */
  async #cookiesOf(job: Job) {
    const { origin, params, jar, isPartitioned = false } = job;
    const site = siteOf(job);
    const wanted = { site, origin, url: params.page, jar };
    return ofOneLogin(site, await readCookies(api.cookies as unknown as CookieSource, wanted, isFirefox()), isPartitioned);
  }

  /** Whether the program has them now. */
  async #putCookies(job: Job): Promise<boolean> {
    const site = siteOf(job);
    const cookies = await this.#cookiesOf(job);
    const login = loginOf(site, cookies);
    if (login === null) return false;
    const wasPartitioned = job.isPartitioned ?? false;
    job.isPartitioned = cookies.every(isPartitioned);
    if (job.isPartitioned !== wasPartitioned && (await this.#jobs.get(job.key)) === job) await this.#jobs.keep(job);
    const bridge = await this.#link.ready();
    try {
      await bridge.putCookies({ site, origin: job.origin, store: nameOf(job.jar), cookies });
    } catch (error) {
      // Of a player's cookies it takes only those that its configuration names.
      if (site === "playback" && error instanceof HostError && error.kind === "cookies_missing") return false;
      throw error;
    }
    this.#putLogins.set(jarNameOf(job), await fingerprint(login));
    return true;
  }

  /** Whether there was one. */
  async #putToken(origin: string): Promise<boolean> {
    const [token, settings] = await Promise.all([readToken(), readSettings()]);
    // The token belongs to the backend of the settings, and to no other that an older capture may name.
    if (token === null || settings.backendOrigin !== origin) return false;
    const bridge = await this.#link.ready();
    await bridge.putBearer({ origin, token });
    return true;
  }

  /** The study backend may have a wish: the program hears of it once it has the backend's token. */
  async #standBy(): Promise<void> {
    const origin = await awaitedBackend();
    if (origin !== null) await this.#putToken(origin).catch(() => undefined);
  }

  async #retry(id: string): Promise<void> {
    const capture = this.#link.capture(id);
    const bridge = await this.#link.ready();
    if (capture) {
      const job = await this.#jobFor(capture);
      if (job) {
        await this.#putSecrets(job);
        await this.#jobs.keep(job);
      }
    }
    this.#link.learn(await bridge.captures.retry(id));
  }

  /** The job of a capture; made up from the capture itself when it is of an earlier day of this browser. */
  async #jobFor(capture: Capture): Promise<Job | null> {
    const key = capture.key ?? capture.id;
    const held = await this.#jobs.get(key);
    if (held) return held;
    const page = this.recognise(capture.page);
    const jar = jarOfKey(capture.key);
    if (!page || !hasConsent(await readConsents(isPrivate(jar)), page.origin)) return null;
    const settings = await readSettings();
    const deliver = key.endsWith(`>${targetOf(settings)}`) ? { deliver: deliveryOf(settings) } : {};
    return { key, origin: page.origin, jar, isPartitioned: jar.within !== undefined, params: { page: capture.page, key, store: nameOf(jar), ...deliver } };
  }

  async #act(action: Action, id: string): Promise<void> {
    if (action === "sign_in" || action === "open_page") return this.openPageOf(id);
    const bridge = await this.#link.ready();
    if (action === "cancel") this.#link.learn(await bridge.captures.cancel(id));
    if (action === "reveal") await bridge.captures.reveal(id);
    if (action === "remove") {
      const capture = this.#link.capture(id);
      if (capture) await this.#forgetCapture(capture);
    }
  }

  async #forgetCapture({ id, key }: Capture): Promise<void> {
    const bridge = await this.#link.ready();
    await bridge.captures.remove(id);
    if (key) await this.#jobs.drop(key);
    this.#link.forget(id);
  }

  #captureChanged(now: Capture, before: Capture | undefined): void {
    announce(withoutName(now), before);
    const waitsForPerson = isFinal(now) && now.error?.data.kind === "login_required";
    if (isFinal(now) && !waitsForPerson && now.key) void this.#jobs.drop(now.key);
    if (isFinal(now) && isPrivate(jarOfKey(now.key))) void this.windowClosed();
  }

  /** The host is new and knows no cookie and no token any more: what was under way is started again, under the same keys. */
  async #startAgain(again: boolean): Promise<void> {
    for (const job of await this.#jobs.all()) {
      const capture = this.#link.byKey(job.key);
      if (capture && isFinal(capture)) continue;
      if (!again && capture && capture.state !== "parked") continue;
      await this.#start(job).catch(() => undefined);
    }
  }

  async #refresh(wanted: RefreshWanted): Promise<RefreshAnswer> {
    if (wanted.kind === "bearer") return (await this.#putToken(wanted.origin)) ? { done: true } : { failed: "no_token" };
    const site = cookieSite(wanted.site);
    if (site === null) return { failed: "no_handler" };
    const job = await this.#jobAt(site, wanted.origin, jarNamed(wanted.store));
    if (!hasConsent(await readConsents(isPrivate(job.jar)), wanted.origin)) return { failed: "no_consent" };
    if (!(await this.#hasAccess(wanted.origin))) {
      const capture = this.#waitingAt(job);
      if (capture) askForAccess(capture);
      return { failed: "no_access" };
    }
    const login = loginOf(site, await this.#cookiesOf(job));
    const unchanged = login !== null && this.#putLogins.get(jarNameOf(job)) === (await fingerprint(login));
    if (login === null || (unchanged && !UNCHANGED_WILL_DO.has(wanted.reason))) {
      this.#askForSignIn(job);
      return { failed: "login_required" };
    }
    if (await this.#putCookies(job)) return { done: true };
    this.#askForSignIn(job);
    return { failed: "login_required" };
  }

  /** A job at an origin that uses this jar; made up for one of an earlier day of this browser. */
  async #jobAt(site: CookieSite, origin: string, jar: Jar): Promise<Job> {
    const found = (await this.#jobs.all()).find((job) => siteOf(job) === site && job.origin === origin && isSameJar(job.jar, jar));
    return found ?? { key: `${site} ${origin} ${nameOf(jar)}`, site, origin, jar, isPartitioned: jar.within !== undefined, params: { page: endpoints(site, { origin })[0] ?? origin } };
  }

  #waitingAt({ origin, jar }: Job): Capture | undefined {
    const capture = this.#link.captures.find((one) => !isFinal(one) && one.page.startsWith(`${origin}/`) && isSameJar(jarOfKey(one.key), jar));
    return capture && withoutName(capture);
  }

  #askForSignIn(job: Job): void {
    const capture = this.#waitingAt(job);
    if (capture) return askForSignIn(capture);
    this.#awaitedSignIns.set(job.key, job);
    askForSignInAt(signInPlaceOf(job));
  }

  async #signedIn(job: Job): Promise<void> {
    this.#settling.delete(job.key);
    if (this.#awaitedSignIns.delete(job.key)) takeSignInBack(signInPlaceOf(job));
    const capture = this.#link.byKey(job.key);
    try {
      if (capture && isFinal(capture)) await this.#retry(capture.id);
      else await this.#putCookies(job);
    } catch {
      // Without a connection the job is started again with the host, and its cookies are put then.
    }
  }
}
