// The stand-in for MUBI: its pages and its API, one server for both, told apart by their names.

import type { Certificate } from "../authority/authority.ts";
import type { Answer } from "../wire/answer.ts";
import { html, json, redirect } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import { bodyForm } from "../wire/request.ts";
import type { WireRequest } from "../wire/request.ts";
import type { Film } from "./film.ts";
import { MEMBER, MemberSessions, cookieValues, setCookies } from "./member.ts";
import type { CookieForm, Member, MemberSession } from "./member.ts";
import { filmPage, homePage, logInPage, missingPage } from "./pages.ts";

export const MUBI_HOST = "mubi.com";
export const MUBI_API_HOST = "api.mubi.com";
export const MUBI_HOSTS: readonly string[] = [MUBI_HOST, "www.mubi.com", MUBI_API_HOST];
/** Where protected films and trailers lie. */
export const MUBI_CDN_HOST = "streams.mubicdn.net";
/** Named by protected manifests. Nobody of ours has any business there. */
export const LICENCE_HOST = "lic.drmtoday.com";

const INVALID_TOKEN = { code: 8, message: "Invalid login token", user_message: "Your session has expired or is invalid. Please sign in again.", fatal: false };
const NOT_AUTHORIZED = { code: 50, message: "Film not authorized", user_message: "This film is not currently authorized in your location" };
const NOT_FOUND = { code: 404, message: "Not found" };
const MISSING_HEADER = { code: 3, message: "Missing or invalid client header" };
const NOT_WATCHED = { code: 12, message: "Viewing not found", user_message: "Start watching this film first" };

export interface MubiOptions {
  readonly certificate: Certificate;
  /** One for each name, so that a browser never joins two names on one connection. */
  readonly byName: ReadonlyMap<string, Certificate>;
  readonly members?: readonly Member[];
}

export class Mubi extends Peer {
  /** May be changed between requests. What is said where a token is not good any more. */
  invalidTokenStatus: 401 | 422 = 401;
  /** Document 002's address for asking after a session: no public source knows it. */
  hasStatus = false;
  cookieForm: CookieForm = "lt";
  readonly #films: Film[] = [];
  readonly #sessions = new MemberSessions();
  readonly #members: readonly Member[];
  #rotation: { readonly from: MemberSession; readonly to: MemberSession } | undefined;

  constructor(options: MubiOptions) {
    super({ server: "mubi", tls: options });
    this.#members = options.members ?? [MEMBER];
  }

  /** Puts a film on the site and gives it back. */
  add(film: Film): Film {
    this.#films.push(film);
    return film;
  }

  pageUrl({ slug }: Film, locale = "/en/de"): string {
    return `https://${MUBI_HOST}${locale}/films/${slug}`;
  }

  /** A new session, with no browser. */
  signInDirectly(token?: string, member: Member = MEMBER): MemberSession {
    return this.#sessions.open(member, token);
  }

  /** A session's cookies as the browser's `cookies` API gives them. */
  cookiesOf(session: MemberSession, form: CookieForm = this.cookieForm, expirationDate = Math.floor(Date.now() / 1000) + 30 * 86_400): BrowserCookie[] {
    const base = { domain: `.${MUBI_HOST}`, hostOnly: false, path: "/", secure: true, session: false, sameSite: "lax" as const, storeId: "0", expirationDate };
    return cookieValues(session, form).map((cookie) => ({ ...base, ...cookie }));
  }

  endSession(session: MemberSession): void {
    session.ended = true;
  }

  /** With its next answer to this session the API sets another token, and the old one is over. */
  rotate(session: MemberSession): MemberSession {
    const to = this.#sessions.open(session.member);
    this.#rotation = { from: session, to };
    return to;
  }

  /** Every secret given out so far: they may be met at the API alone, those in cookies on the site too. */
  secrets(): string[] {
    return this.#sessions.secrets();
  }

  personalData(): string[] {
    return this.#members.map(({ mail }) => mail);
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    if (request.host === MUBI_API_HOST) return this.#api(request);
    if (request.host === "www.mubi.com") return redirect(`https://${MUBI_HOST}${request.target}`);
    if (request.host !== MUBI_HOST) return html(421, missingPage());
    return this.#page(request);
  }

  async #page(request: WireRequest): Promise<Answer> {
    if (request.path === "/") return html(200, homePage());
    if (/^(?:\/[a-z]{2}){0,2}\/login$/.test(request.path)) return request.method === "POST" ? this.#logIn(request) : html(200, logInPage(request.target));
    const [, slug] = /^(?:\/[a-z]{2}){0,2}\/films\/([^/]+)(?:\/(?:trailer|player))?$/.exec(request.path) ?? [];
    const film = this.#film(slug);
    return film === undefined ? html(404, missingPage()) : html(200, filmPage(film, this.#sessions.find(request.cookies.get("lt")) !== undefined));
  }

  async #logIn(request: WireRequest): Promise<Answer> {
    const form = await bodyForm(request);
    const member = this.#members.find(({ user, password }) => user === form.get("username") && password === form.get("password"));
    if (member === undefined) return html(200, logInPage(request.target, "Email or password is wrong."));
    return redirect("/", { "set-cookie": setCookies(this.#sessions.open(member), this.cookieForm) });
  }

  #api(request: WireRequest): Answer {
    const isClient = request.headers["client"] === "web" && /^[A-Z]{2}$/.test(request.headers["client-country"] ?? "");
    if (!isClient) return json(422, MISSING_HEADER);
    const path = `${request.method} ${request.path}`;
    const [, film] = /^GET \/v4\/films\/([\w-]+)$/.exec(path) ?? [];
    if (film !== undefined) return this.#filmAnswer(film);
    if (path === "GET /v3/auth/status" && !this.hasStatus) return json(404, NOT_FOUND);
    const bearer = /^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1];
    const session = this.#sessions.find(bearer);
    if (session === undefined) return json(this.invalidTokenStatus, INVALID_TOKEN);
    return this.#asMember(path, session);
  }

  #asMember(path: string, session: MemberSession): Answer {
    if (path === "GET /v3/auth/status") return json(200, { authenticated: true });
    if (path === "GET /v4/account") return json(200, { id: session.member.id, email: session.member.mail, country: { code: session.member.country, name: "Germany" } }, this.#rotated(session));
    const [, id, what] = /^(?:POST|GET) \/v4\/films\/(\d+)\/(viewing|viewing\/secure_url)$/.exec(path) ?? [];
    const film = this.#film(id);
    if (film === undefined) return json(404, NOT_FOUND);
    if (film.access === "elsewhere") return json(422, NOT_AUTHORIZED);
    if (path.startsWith("POST") && what === "viewing") {
      session.watched.add(film.id);
      return json(200, { id: 1, film_id: film.id, viewing_allowed: true });
    }
    if (!session.watched.has(film.id)) return json(422, NOT_WATCHED);
    return json(200, { url: film.streams[0]?.src ?? null, urls: film.streams, text_track_urls: [] });
  }

  #filmAnswer(name: string): Answer {
    const film = this.#film(name);
    if (film === undefined) return json(404, NOT_FOUND);
    const trailer = film.trailers[0]?.url ?? null;
    return json(200, { id: film.id, slug: film.slug, title: film.title, duration: film.minutes, year: 2024, web_url: this.pageUrl(film, ""), trailer_url: trailer, optimised_trailers: film.trailers });
  }

  #rotated(session: MemberSession): Record<string, string[]> {
    if (this.#rotation?.from !== session) return {};
    const { token } = this.#rotation.to;
    this.#rotation = undefined;
    session.ended = true;
    return { "set-cookie": [`lt=${token}; Domain=mubi.com; Path=/; Max-Age=2592000; Secure; SameSite=Lax`] };
  }

  #film(name: string | undefined): Film | undefined {
    return this.#films.find(({ id, slug }) => name === slug || name === String(id));
  }
}

/** As chrome.cookies has them. */
export interface BrowserCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly session: boolean;
  readonly sameSite: "lax";
  readonly storeId: string;
  readonly expirationDate: number;
}
