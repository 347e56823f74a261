// The stand-in for a university's Moodle: course pages in which a site's lectures are embedded, each signed in by an LTI launch.

import { randomBytes, randomUUID } from "node:crypto";
import type { Certificate } from "../authority/authority.ts";
import type { Launch } from "../panopto/launch.ts";
import { bouncePage, signInPage } from "../panopto/pages.ts";
import type { Person } from "../panopto/session.ts";
import type { Answer } from "../wire/answer.ts";
import { html, redirect } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import { bodyForm } from "../wire/request.ts";
import type { WireRequest } from "../wire/request.ts";
import { coursePage, framePage } from "./pages.ts";

/** Two universities, as two sites: one server for both, told apart by their names. */
export const MOODLE_HOSTS = ["moodle.uni.example", "learn.college.example"] as const;
export type MoodleHost = (typeof MOODLE_HOSTS)[number];

const SESSION_COOKIE = "MoodleSession";

export interface MoodleOptions {
  readonly certificate: Certificate;
  readonly people: readonly Person[];
  /** Origin of the site whose lectures are embedded. */
  readonly tool: string;
}

export interface Course {
  /** What the site calls the lectures (delivery ids), in the order in which they stand on the page. */
  readonly lectures: readonly string[];
  readonly host?: MoodleHost;
  /** A frame of this other university's lies between the course's page and the lectures. */
  readonly through?: MoodleHost;
}

export class Moodle extends Peer {
  readonly #options: MoodleOptions;
  readonly #sessions = new Map<string, Person>();
  readonly #tickets = new Map<string, Launch>();
  readonly #signatures = new Map<string, Launch>();

  constructor(options: MoodleOptions) {
    super({ server: "moodle", tls: { certificate: options.certificate } });
    this.#options = options;
  }

  /** The page of a course; it sends whoever is not signed in to its own form first. */
  courseUrl({ lectures, host = MOODLE_HOSTS[0], through }: Course): string {
    const query = new URLSearchParams([...lectures.map((id): [string, string] => ["lecture", id]), ...(through === undefined ? [] : [["through", through] as [string, string]])]);
    return `https://${host}/course/view.php?${query.toString()}`;
  }

  /** What a launch's signature speaks for. It is good once. */
  redeem(signature: string): Launch | undefined {
    const launch = this.#signatures.get(signature);
    this.#signatures.delete(signature);
    return launch;
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    if (!MOODLE_HOSTS.some((host) => host === request.host)) return html(421, "<title>Misdirected</title>");
    switch (request.path) {
      case "/login/index.php":
        return request.method === "POST" ? this.#signIn(request) : html(200, this.#loginPage(request));
      case "/course/view.php":
        return this.#course(request);
      case "/mod/page/frame.php":
        return html(200, framePage(launchAddress(MOODLE_HOSTS[0], request.query.get("ticket") ?? "")));
      case "/mod/lti/launch.php":
        return this.#launch(request);
      default:
        return html(404, "<title>Not found</title>");
    }
  }

  async #signIn(request: WireRequest): Promise<Answer> {
    const form = await bodyForm(request);
    const person = this.#options.people.find(({ user, password }) => user === form.get("username") && password === form.get("password"));
    if (person === undefined) return html(200, this.#loginPage(request, "Invalid login, please try again."));
    const session = randomBytes(16).toString("hex");
    this.#sessions.set(session, person);
    return redirect(request.query.get("wantsurl") ?? "/", { "set-cookie": `${SESSION_COOKIE}=${session}; path=/; secure; HttpOnly; SameSite=Lax` });
  }

  #course(request: WireRequest): Answer {
    const person = this.#sessions.get(request.cookies.get(SESSION_COOKIE) ?? "");
    if (person === undefined) return redirect(`/login/index.php?wantsurl=${encodeURIComponent(request.target)}`);
    const through = MOODLE_HOSTS.find((host) => host === request.query.get("through"));
    const frames = request.query.getAll("lecture").map((lecture) => {
      const ticket = this.#ticket({ person, lecture });
      return through === undefined ? launchAddress(request.host, ticket) : `https://${through}/mod/page/frame.php?ticket=${ticket}`;
    });
    return html(200, coursePage(person.name, frames));
  }

  /** A form that the frame itself posts to the site, as LTI 1 has it; only the signature counts. */
  #launch(request: WireRequest): Answer {
    const ticket = request.query.get("ticket") ?? "";
    const launch = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (launch === undefined) return html(400, "<title>Launch</title><p>This launch is over. Load the page again.</p>");
    const signature = randomBytes(20).toString("base64");
    this.#signatures.set(signature, launch);
    const fields = { lti_version: "LTI-1p0", lti_message_type: "basic-lti-launch-request", resource_link_id: launch.lecture, user_id: launch.person.user, oauth_signature: signature };
    return html(200, bouncePage(`${this.#options.tool}/Panopto/lti/lti.aspx`, fields));
  }

  #ticket(launch: Launch): string {
    const ticket = randomUUID();
    this.#tickets.set(ticket, launch);
    return ticket;
  }

  #loginPage(request: WireRequest, complaint?: string): string {
    return signInPage({ heading: "Moodle", line: "Log in to your courses", action: request.target, ...(complaint === undefined ? {} : { complaint }) });
  }
}

function launchAddress(host: string, ticket: string): string {
  return `https://${host}/mod/lti/launch.php?ticket=${encodeURIComponent(ticket)}`;
}
