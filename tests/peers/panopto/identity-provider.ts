// The university's own sign-in, to which a site with single sign-on bounces a person and which bounces them back.

import { randomBytes, randomUUID } from "node:crypto";
import type { Certificate } from "../authority/authority.ts";
import type { Answer } from "../wire/answer.ts";
import { html, redirect } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import { bodyForm } from "../wire/request.ts";
import type { WireRequest } from "../wire/request.ts";
import { bouncePage, signInPage } from "./pages.ts";
import type { Person } from "./session.ts";

export const IDP_HOST = "login.uni.example";
const SIGN_IN_PATH = "/idp/profile/SAML2/Redirect/SSO";
const IDP_COOKIE = "shib_idp_session";

/** Where a tenant's answer is to be posted, and what it is to get back untouched. */
interface Bounce {
  readonly consumer: string;
  readonly relayState: string;
}

export class IdentityProvider extends Peer {
  readonly #people: readonly Person[];
  readonly #sessions = new Map<string, Person>();
  readonly #bounces = new Map<string, Bounce>();
  readonly #responses = new Map<string, Person>();

  constructor(options: { readonly certificate: Certificate; readonly people: readonly Person[] }) {
    super({ server: "idp", tls: { certificate: options.certificate } });
    this.#people = options.people;
  }

  /** Cookies of its own sessions: these too are nobody else's. */
  secrets(): string[] {
    return [...this.#sessions.keys()];
  }

  /** The address to which a site sends a person; `consumer` gets the answer as a form. */
  bounceUrl(consumer: string, relayState: string): string {
    const samlRequest = randomUUID();
    this.#bounces.set(samlRequest, { consumer, relayState });
    const query = new URLSearchParams({ SAMLRequest: samlRequest, RelayState: relayState });
    return `https://${IDP_HOST}${SIGN_IN_PATH}?${query.toString()}`;
  }

  /** Whom a SAMLResponse speaks for. It is good once. */
  redeem(samlResponse: string): Person | undefined {
    const person = this.#responses.get(samlResponse);
    this.#responses.delete(samlResponse);
    return person;
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    if (request.host !== IDP_HOST) return html(421, "<title>Misdirected</title>");
    if (request.path !== SIGN_IN_PATH) return html(404, "<title>Not found</title>");
    const bounce = this.#bounces.get(request.query.get("SAMLRequest") ?? "");
    if (bounce === undefined) return html(400, "<title>Unknown request</title><p>Go back to the page from which you came.</p>");
    if (request.method === "POST") return this.#signIn(request);
    const person = this.#sessions.get(request.cookies.get(IDP_COOKIE) ?? "");
    return person === undefined ? html(200, this.#page(request)) : this.#bounceBack(bounce, person);
  }

  async #signIn(request: WireRequest): Promise<Answer> {
    const form = await bodyForm(request);
    const person = this.#people.find(({ user, password }) => user === form.get("username") && password === form.get("password"));
    if (person === undefined) return html(200, this.#page(request, "That user name and password do not go together."));
    const cookie = randomBytes(32).toString("hex");
    this.#sessions.set(cookie, person);
    // Back to the same address by GET, which now finds the session: reloading the page never posts a password again.
    return redirect(request.target, { "set-cookie": `${IDP_COOKIE}=${cookie}; path=/idp; secure; HttpOnly; SameSite=None` });
  }

  #bounceBack(bounce: Bounce, person: Person): Answer {
    const response = Buffer.from(`<samlp:Response ID="_${randomUUID()}"/>`).toString("base64");
    this.#responses.set(response, person);
    return html(200, bouncePage(bounce.consumer, { SAMLResponse: response, RelayState: bounce.relayState }));
  }

  #page(request: WireRequest, complaint?: string): string {
    return signInPage({ heading: "University of Example", line: "Sign in to continue to Panopto", action: request.target, ...(complaint === undefined ? {} : { complaint }) });
  }
}
