// The stand-in for a Panopto site: one server for all its tenants, told apart by their names.

import { randomUUID } from "node:crypto";
import type { Certificate } from "../authority/authority.ts";
import type { Answer } from "../wire/answer.ts";
import { bytesAnswer, html, json, redirect } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import { bodyBytes, bodyForm } from "../wire/request.ts";
import type { WireRequest } from "../wire/request.ts";
import type { Cdn, PodcastTarget } from "./cdn.ts";
import { ACCESS_ERROR, MISSING_ERROR, captions, captionsFile, deliveryInfo, panoptoJson } from "./delivery-info.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import type { Platform } from "./launch.ts";
import type { Lecture, LoggedOutForm, PodcastRefusal } from "./lecture.ts";
import { folderInfo, playlist, playlistBody, sessionListBody, sessionListId, sessionRows } from "./listing.ts";
import type { ListRefusal, Playlist } from "./listing.ts";
import { embedPage, listPage, plainPage, signInPage, viewerPage } from "./pages.ts";
import type { Person, Session } from "./session.ts";
import { AUTH_COOKIE, NEIGHBOUR, STUDENT, Sessions, authCookie, signInCookies, signOutCookies } from "./session.ts";

export const SITE_HOST = "uni.hosted.panopto.com";

export interface SiteOptions {
  readonly certificate: Certificate;
  /** One certificate for each tenant; their names are the tenants. */
  readonly tenants: ReadonlyMap<string, Certificate>;
  readonly cdn: Cdn;
  readonly idp: IdentityProvider;
  /** Whose launches sign people in. */
  readonly platform: Platform;
  readonly people?: readonly Person[];
  /** What DeliveryInfo says to the logged out, where the lecture does not choose; `json-error-2` when left out. */
  readonly loggedOut?: LoggedOutForm;
  readonly podcastRefusal?: PodcastRefusal;
  /** `sso`: Viewer pages send a person who is not signed in through the university's sign-in at once. */
  readonly signIn?: "form" | "sso";
  /** Speaks no HTTP/2. */
  readonly http1Only?: boolean;
}

const LOGIN_PATH = "/Panopto/Pages/Auth/Login.aspx";

export class PanoptoSite extends Peer {
  /** May be changed between requests. */
  loggedOut: LoggedOutForm;
  podcastRefusal: PodcastRefusal;
  signIn: "form" | "sso";
  listRefusal: ListRefusal = "public-only";
  /** Whether a launch's cookies say themselves that they are for the page around alone; browsers that part them anyway need no such word. */
  partitionsLaunches = true;
  readonly #options: SiteOptions;
  readonly #people: readonly Person[];
  readonly #sessions = new Sessions();
  readonly #lectures: Lecture[] = [];
  readonly #playlists: Playlist[] = [];

  constructor(options: SiteOptions) {
    super({ server: "site", tls: { certificate: options.certificate, byName: options.tenants, http1Only: options.http1Only ?? false } });
    this.#options = options;
    this.loggedOut = options.loggedOut ?? "json-error-2";
    this.podcastRefusal = options.podcastRefusal ?? "403";
    this.signIn = options.signIn ?? "form";
    this.#people = options.people ?? [STUDENT, NEIGHBOUR];
  }

  get lectures(): readonly Lecture[] {
    return this.#lectures;
  }

  /** Puts a lecture on the site, its files on the CDN, and gives it back. */
  add(lecture: Lecture): Lecture {
    this.#lectures.push(lecture);
    this.#options.cdn.shelve(lecture);
    return lecture;
  }

  /** Puts a playlist of lectures on the site and gives it back. */
  addPlaylist(name: string, lectures: readonly Lecture[]): Playlist {
    const made = playlist(name, lectures);
    this.#playlists.push(made);
    return made;
  }

  /** A new session, with no browser: the value of its .ASPXAUTH (512 upper-case hex digits). */
  signInDirectly(host = SITE_HOST, person: Person = STUDENT): string {
    return this.#sessions.open(person, host).values[0] ?? "";
  }

  /** Logs out on the server's side, whatever runs; any .ASPXAUTH of the session will do. False when there is none. */
  endSession(value: string): boolean {
    return this.#sessions.end(value);
  }

  endAllSessions(): void {
    this.#sessions.endAll();
  }

  /** Whose .ASPXAUTH or csrfToken that is or was. */
  personOf(secret: string): Person | undefined {
    return this.#sessions.personOf(secret);
  }

  /** Every secret given out so far: all of them may be met on this site alone. */
  secrets(): string[] {
    return this.#sessions.secrets();
  }

  /** What DeliveryInfo tells of the people: name and address, which are to reach nobody. */
  personalData(): string[] {
    return this.#people.flatMap(({ name, mail, user }) => [name, mail, user]);
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    if (!this.#options.tenants.has(request.host)) return html(421, plainPage("Misdirected", "No such site here."));
    const session = this.#sessions.find(request.cookies.get(AUTH_COOKIE), request.host);
    const path = request.path.toLowerCase();
    switch (path) {
      case "/panopto/pages/viewer.aspx":
      case "/panopto/pages/embed.aspx":
        return this.#watch(request, session, path.endsWith("embed.aspx"));
      case "/panopto/pages/viewer/deliveryinfo.aspx":
        return this.#deliveryInfo(request, session);
      case "/panopto/pages/transcription/generatesrt.ashx":
        return this.#generateSrt(request, session);
      case LOGIN_PATH.toLowerCase():
        return this.#login(request);
      case "/panopto/lti/lti.aspx":
        return this.#launched(request);
      case "/panopto/pages/auth/logout.aspx":
        return this.#logout(request);
      case "/panopto/services/data.svc/getsessions":
      case "/panopto/services/data.svc/getfolderinfo":
        return this.#dataService(request, session);
      case "/":
      case "/panopto":
      case "/panopto/pages/home.aspx":
      case "/panopto/pages/sessions/list.aspx":
        return this.#list(request, session);
      default:
        return path.startsWith("/panopto/api/") ? this.#api(request, session) : this.#podcast(request, session);
    }
  }

  #watch(request: WireRequest, session: Session | undefined, embedded: boolean): Answer {
    const lecture = this.#byPage(request.query);
    if (lecture === undefined) return html(200, plainPage("Not found", "This session could not be found."));
    if (!mayPlay(lecture, session)) return redirect(this.#signInAddress(embedded ? "Embed" : "Viewer", request.target));
    return html(200, embedded ? embedPage(lecture) : viewerPage(lecture, request.host, session?.person.name));
  }

  /** The page asks for its rows itself, by what stands in its fragment. */
  #list(request: WireRequest, session: Session | undefined): Answer {
    if (session === undefined) return redirect(`${this.#signInAddress("FolderView", request.target)}&ErrorKey=Controls_Login_NoFolderAccess`);
    return html(200, listPage(session.person.name));
  }

  /** GET with a query and POST with a form are the same to Panopto. */
  async #deliveryInfo(request: WireRequest, session: Session | undefined): Promise<Answer> {
    const asked = request.method === "POST" ? await bodyForm(request) : request.query;
    if (asked.get("responseType") !== "json") return html(200, plainPage("Delivery", "This page answers in JSON when it is asked to."));
    const lecture = this.#byDelivery(asked);
    if (lecture === undefined) return panoptoJson(MISSING_ERROR);
    if (!mayPlay(lecture, session)) return this.#refuse(request, lecture, session);
    if (asked.get("getCaptions") === "true") return panoptoJson(captions(lecture, Number(asked.get("language") ?? 0)));
    const renewed = session !== undefined && asked.get("refreshAuthCookie") === "true" ? { "set-cookie": authCookie(this.#sessions.renew(session)) } : {};
    return panoptoJson(deliveryInfo({ lecture, host: request.host, session, cdn: this.#options.cdn }), renewed);
  }

  #generateSrt(request: WireRequest, session: Session | undefined): Answer {
    const lecture = this.#find(request.query.get("id"), null);
    if (lecture === undefined || !mayPlay(lecture, session)) return html(200, this.#loginPage(request.host, `${LOGIN_PATH}?Auth=SessionView`));
    return bytesAnswer(200, "application/x-subrip", captionsFile(lecture, Number(request.query.get("language") ?? 0)), { "content-disposition": "attachment" });
  }

  #refuse(request: WireRequest, lecture: Lecture, session: Session | undefined): Answer {
    // Whoever is signed in and may not look is told so in JSON; only the others are sent to sign in.
    if (session !== undefined) return panoptoJson(ACCESS_ERROR);
    switch (lecture.loggedOut ?? this.loggedOut) {
      case "json-error-2":
        return panoptoJson(ACCESS_ERROR);
      case "html-200":
        return html(200, this.#loginPage(request.host, `${LOGIN_PATH}?Auth=SessionView`));
      case "redirect-to-login":
        return redirect(`${LOGIN_PATH}?Auth=SessionView&panoptoState=${randomUUID()}`);
      case "redirect-sso":
        return redirect(this.#ssoAddress(request.host, "/Panopto/Pages/Home.aspx"));
      case "401":
        return html(401, plainPage("Unauthorized", "You are not signed in."));
    }
  }

  #podcast(request: WireRequest, session: Session | undefined): Answer {
    const match = /^\/Panopto\/Podcast\/(?:Download|Syndication|Stream)\/([0-9a-f-]+)\.mp4$/i.exec(request.path);
    const lecture = this.#lectures.find(({ deliveryId }) => deliveryId === match?.[1]?.toLowerCase());
    if (lecture === undefined) return html(404, plainPage("Not found", "There is nothing here."));
    if (!mayPlay(lecture, session)) return this.#refusePodcast(request.host, lecture);
    if (!lecture.downloads) return forbiddenPodcast();
    const target: PodcastTarget = request.query.get("mediaTargetType") === "audioPodcast" ? "audioPodcast" : "videoPodcast";
    if (lecture.purged || (target === "audioPodcast" && !lecture.audioEncoded)) return html(404, plainPage("Not found", "This podcast has not been made."));
    return redirect(this.#options.cdn.podcastUrl(lecture, target, request.host));
  }

  #refusePodcast(host: string, lecture: Lecture): Answer {
    switch (lecture.podcastRefusal ?? this.podcastRefusal) {
      case "403":
        return forbiddenPodcast();
      case "html-200":
        return html(200, this.#loginPage(host, `${LOGIN_PATH}?Auth=Podcast`));
      case "redirect-to-login":
        return redirect(`${LOGIN_PATH}?Auth=SessionView&panoptoState=${randomUUID()}`);
    }
  }

  async #login(request: WireRequest): Promise<Answer> {
    const returnUrl = localPath(request.query.get("ReturnUrl"));
    if (request.method === "POST") return this.#signInPost(request, returnUrl);
    if (request.query.get("AllowBounce") === "true") return redirect(this.#ssoAddress(request.host, returnUrl));
    return html(200, this.#loginPage(request.host, request.target));
  }

  /** Either our own form or the answer of the university's sign-in. A wrong password gets the page again, with 200. */
  async #signInPost(request: WireRequest, returnUrl: string): Promise<Answer> {
    const form = await bodyForm(request);
    const samlResponse = form.get("SAMLResponse");
    const person = samlResponse === null ? this.#byPassword(form) : this.#options.idp.redeem(samlResponse);
    if (person === undefined) return html(200, this.#loginPage(request.host, request.target, "Invalid user name or password."));
    const session = this.#sessions.open(person, request.host);
    const next = samlResponse === null ? returnUrl : localPath(form.get("RelayState"));
    return redirect(next, { "set-cookie": signInCookies(session, next) });
  }

  /** A learning platform opens a lecture in its page, for a person for whom it vouches. */
  async #launched(request: WireRequest): Promise<Answer> {
    const form = await bodyForm(request);
    const launch = this.#options.platform.redeem(form.get("oauth_signature") ?? "");
    if (launch === undefined) return html(401, plainPage("Unauthorized", "This launch is not signed by a platform that we know, or has been used."));
    const next = `/Panopto/Pages/Embed.aspx?id=${launch.lecture}`;
    return redirect(next, { "set-cookie": signInCookies(this.#sessions.open(launch.person, request.host), next, this.partitionsLaunches) });
  }

  #logout(request: WireRequest): Answer {
    const value = request.cookies.get(AUTH_COOKIE);
    if (value !== undefined) this.#sessions.end(value);
    return redirect(LOGIN_PATH, { "set-cookie": signOutCookies() });
  }

  /** Somebody who is not signed in gets the public ones, or is sent away: both forms were met. */
  async #dataService(request: WireRequest, session: Session | undefined): Promise<Answer> {
    const refused = session === undefined ? this.#refuseList(request.host) : undefined;
    if (refused !== undefined) return refused;
    let asked: unknown;
    try {
      asked = JSON.parse((await bodyBytes(request, 64 * 1024)).toString("utf8"));
    } catch {
      return json(400, { Message: "The request could not be read." });
    }
    const visible = this.#lectures.filter((lecture) => mayPlay(lecture, session));
    if (request.path.toLowerCase().endsWith("/getsessions")) return json(200, sessionRows(visible, request.host, asked));
    const folder = folderInfo(visible, asked);
    return folder === undefined ? json(404, { Message: "The folder could not be found." }) : json(200, folder);
  }

  #api(request: WireRequest, session: Session | undefined): Answer {
    const [, kind, id] = /^\/panopto\/api\/(playlists|sessionlists)\/([0-9a-f-]{36})$/.exec(request.path.toLowerCase()) ?? [];
    const found = this.#playlists.find((one) => id === (kind === "playlists" ? one.id : sessionListId(one)));
    if (found === undefined) return json(404, { Message: "The playlist could not be found." });
    if (session === undefined) return this.#refuseList(request.host) ?? json(401, { Message: "You are not signed in." });
    const visible = found.lectures.filter((lecture) => mayPlay(lecture, session));
    return json(200, kind === "playlists" ? playlistBody(found) : sessionListBody(found, visible, request.host, request.query));
  }

  #refuseList(host: string): Answer | undefined {
    switch (this.listRefusal) {
      case "public-only":
        return undefined;
      case "html-200":
        return html(200, this.#loginPage(host, `${LOGIN_PATH}?Auth=FolderView`));
      case "redirect-to-login":
        return redirect(`${LOGIN_PATH}?Auth=FolderView&panoptoState=${randomUUID()}&ErrorKey=Controls_Login_NoFolderAccess`);
    }
  }

  #byPassword(form: URLSearchParams): Person | undefined {
    return this.#people.find(({ user, password }) => user === form.get("username") && password === form.get("password"));
  }

  #byPage(query: URLSearchParams): Lecture | undefined {
    return this.#find(query.get("id"), query.get("tid")) ?? this.#firstOf(query.get("pid"));
  }

  /** A playlist's page begins with its first recording. */
  #firstOf(pid: string | null): Lecture | undefined {
    return this.#playlists.find(({ id }) => id === pid?.toLowerCase())?.lectures[0];
  }

  #byDelivery(form: URLSearchParams): Lecture | undefined {
    return this.#find(form.get("deliveryId"), form.get("tid"));
  }

  /** `id` wins where both are given. A `tid` is no delivery id, nor the other way round. */
  #find(id: string | null, tid: string | null): Lecture | undefined {
    if (id !== null) return this.#lectures.find(({ deliveryId }) => deliveryId === id.toLowerCase());
    return tid === null ? undefined : this.#lectures.find((lecture) => lecture.tid === tid.toLowerCase());
  }

  #signInAddress(auth: string, returnUrl: string): string {
    if (this.signIn === "sso") return `${LOGIN_PATH}?instance=uni&AllowBounce=true&ReturnUrl=${encodeURIComponent(returnUrl)}`;
    return `${LOGIN_PATH}?Auth=${auth}&ReturnUrl=${encodeURIComponent(returnUrl)}`;
  }

  #ssoAddress(host: string, returnUrl: string): string {
    return this.#options.idp.bounceUrl(`https://${host}${LOGIN_PATH}`, returnUrl);
  }

  #loginPage(host: string, action: string, complaint?: string): string {
    const returnUrl = new URL(action, `https://${host}`).searchParams.get("ReturnUrl") ?? "";
    const sso = `${LOGIN_PATH}?instance=uni&AllowBounce=true&ReturnUrl=${encodeURIComponent(returnUrl)}`;
    return signInPage({ heading: "Panopto", line: "Sign in to watch this recording", action, sso, ...(complaint === undefined ? {} : { complaint }) });
  }
}

function mayPlay(lecture: Lecture, session: Session | undefined): boolean {
  return lecture.access === "public" || (lecture.access === "members" && session !== undefined);
}

function forbiddenPodcast(): Answer {
  return html(403, plainPage("Forbidden", "You do not have permission to download this podcast."));
}

/** Only a path of our own: a sign-in page that sends people anywhere would be a gift to others. */
function localPath(returnUrl: string | null): string {
  return returnUrl !== null && /^\/(?![/\\])/.test(returnUrl) ? returnUrl : "/Panopto/Pages/Home.aspx";
}
