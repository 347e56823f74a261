// For tests alone: an institution's own sign-in before its player. Who has not signed in sees no page of a video and gets no session.

import { randomBytes } from "node:crypto";
import { signInPage } from "../panopto/pages.ts";
import type { Person } from "../panopto/session.ts";
import type { Answer } from "../wire/answer.ts";
import { html, redirect } from "../wire/answer.ts";
import { bodyForm } from "../wire/request.ts";
import type { WireRequest } from "../wire/request.ts";
import { Refusal } from "./refusal.ts";
import type { Admission } from "./session-api.ts";

/** What the configuration names in `sites.playback.cookies`. */
export const LOGIN_COOKIE = "uni_login";
/** Everybody has it, signed in or not: it signs nobody in. */
const TASTE_COOKIE = "uni_taste";
const LOGIN_PATH = "/login";

export class SignIn {
  readonly #people: readonly Person[];
  readonly #signedIn = new Map<string, Person>();
  readonly #given: string[] = [];

  constructor(people: readonly Person[]) {
    this.#people = people;
  }

  /** Every value that was ever given to anybody. */
  get secrets(): readonly string[] {
    return this.#given;
  }

  /** Everybody has to sign in anew. */
  endAll(): void {
    this.#signedIn.clear();
  }

  readonly admission: Admission = (request) => {
    const person = this.#personOf(request.cookies);
    return person === undefined ? Promise.reject(new Refusal(401, "Sign in first")) : Promise.resolve({ person: person.user });
  };

  /** Undefined: the path is none that is kept from somebody. */
  async handle(request: WireRequest): Promise<Answer | undefined> {
    if (request.path === LOGIN_PATH) return request.method === "POST" ? this.#signIn(request) : this.#form(request);
    const mustSignIn = request.path.startsWith("/watch/") && this.#personOf(request.cookies) === undefined;
    return mustSignIn ? redirect(`${LOGIN_PATH}?to=${encodeURIComponent(request.target)}`) : undefined;
  }

  async #signIn(request: WireRequest): Promise<Answer> {
    const form = await bodyForm(request);
    const person = this.#people.find(({ user, password }) => user === form.get("username") && password === form.get("password"));
    if (person === undefined) return this.#form(request, "That is not right. Please try again.");
    const value = randomBytes(24).toString("hex");
    this.#signedIn.set(value, person);
    this.#given.push(value);
    return redirect(request.query.get("to") ?? "/", { "set-cookie": `${LOGIN_COOKIE}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax` });
  }

  #form(request: WireRequest, complaint?: string): Answer {
    const said = complaint === undefined ? {} : { complaint };
    return html(200, signInPage({ heading: "University player", line: "Sign in to watch", action: request.target, ...said }), { "set-cookie": `${TASTE_COOKIE}=dark; Path=/; Secure` });
  }

  #personOf(cookies: ReadonlyMap<string, string>): Person | undefined {
    return this.#signedIn.get(cookies.get(LOGIN_COOKIE) ?? "");
  }
}
