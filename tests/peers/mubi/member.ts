// Who is signed in at the stand-in for MUBI, and the cookies that tell it: in the site's own form, and in document 002's.

import { randomBytes, randomUUID } from "node:crypto";

export interface Member {
  readonly id: number;
  readonly user: string;
  readonly password: string;
  /** Stands in the account's answer, and is to reach nobody. */
  readonly mail: string;
  /** Two capitals. */
  readonly country: string;
}

export const MEMBER: Member = { id: 12_345, user: "member7", password: "see-and-hear", mail: "canary-member7@mubi.example", country: "DE" };

/** `lt`: the token in plain text. `document`: base64 of JSON in `_mubi_session`. */
export type CookieForm = "lt" | "document";

export interface MemberSession {
  readonly member: Member;
  readonly token: string;
  /** Document 002's `id`. */
  readonly id: string;
  readonly anonymousId: string;
  ended: boolean;
  /** Films of which this session has said that they are being watched. */
  readonly watched: Set<number>;
}

/** A token that says when it ends: a JSON Web Token, whose signature nobody here looks at. */
export function webToken(expiresAt: Date, member: Member = MEMBER): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub: String(member.id), jti: randomUUID(), exp: Math.floor(expiresAt.getTime() / 1000) };
  return [part({ alg: "HS256", typ: "JWT" }), part(claims), randomBytes(32).toString("base64url")].join(".");
}

export class MemberSessions {
  readonly #all: MemberSession[] = [];

  /** `token`: an opaque one of 64 hex digits when left out, as the site's own. */
  open(member: Member, token = randomBytes(32).toString("hex")): MemberSession {
    const session: MemberSession = { member, token, id: randomBytes(16).toString("hex"), anonymousId: randomUUID(), ended: false, watched: new Set() };
    this.#all.push(session);
    return session;
  }

  find(token: string | undefined): MemberSession | undefined {
    return this.#all.find((session) => session.token === token && !session.ended);
  }

  /** Everything that was ever given out and is nobody else's business, in each form in which it may travel. */
  secrets(): string[] {
    return this.#all.flatMap((session) => [session.token, session.id, ...cookieValues(session).map(({ value }) => value).filter((value) => value.length >= 32)]);
  }
}

/** The cookies that a browser holds of a session. Rails gives everybody a `_mubi_session` that nobody can read. */
export function cookieValues(session: MemberSession, form: CookieForm = "lt"): { readonly name: string; readonly value: string; readonly httpOnly: boolean }[] {
  const anonymous = { name: "_snow_id.c006", value: `${session.anonymousId}.1760000000.3.1760000000.1759990000.${randomUUID()}`, httpOnly: false };
  if (form === "lt") return [{ name: "lt", value: session.token, httpOnly: false }, { name: "_mubi_session", value: encodeURIComponent(`${randomBytes(48).toString("base64")}--${randomBytes(12).toString("base64")}`), httpOnly: true }, anonymous];
  const inside = { token: session.token, user_id: session.member.id, id: session.id };
  return [
    { name: "_mubi_session", value: encodeURIComponent(Buffer.from(JSON.stringify(inside)).toString("base64")), httpOnly: true },
    { name: "remember_token", value: randomBytes(24).toString("hex"), httpOnly: true },
    anonymous,
  ];
}

/** Set-Cookie lines of a sign-in. They outlive the browser's windows. */
export function setCookies(session: MemberSession, form: CookieForm): string[] {
  return cookieValues(session, form).map(({ name, value, httpOnly }) => `${name}=${value}; Domain=mubi.com; Path=/; Max-Age=2592000; Secure; SameSite=Lax${httpOnly ? "; HttpOnly" : ""}`);
}
