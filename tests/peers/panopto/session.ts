// Who is signed in on the stand-in site. Only a valid .ASPXAUTH counts; all other cookies are decoration.

import { randomBytes, randomUUID } from "node:crypto";

export interface Person {
  readonly user: string;
  readonly name: string;
  readonly mail: string;
  readonly password: string;
}

/** Name and mail stand in DeliveryInfo, so they are canaries: they may reach nobody. */
export const STUDENT: Person = { user: "student7", name: "Philippa Canary-Student", mail: "philippa.canary7@uni.example", password: "hear-and-learn" };

/** Somebody else, with whom the student shares a browser. */
export const NEIGHBOUR: Person = { user: "student8", name: "Nathaniel Canary-Neighbour", mail: "nathaniel.canary8@uni.example", password: "listen-and-learn" };

export interface Session {
  readonly person: Person;
  /** The tenant it is good for; a cookie of one tenant opens nothing on another. */
  readonly host: string;
  readonly csrfToken: string;
  /** Every .ASPXAUTH that was given for it; renewing leaves the older ones good, as ASP.NET does. */
  readonly values: string[];
  ended: boolean;
}

export const AUTH_COOKIE = ".ASPXAUTH";

export class Sessions {
  readonly #byValue = new Map<string, Session>();
  readonly #all: Session[] = [];

  open(person: Person, host: string): Session {
    const session: Session = { person, host, csrfToken: randomUUID(), values: [], ended: false };
    this.#all.push(session);
    this.renew(session);
    return session;
  }

  /** A new .ASPXAUTH for the same session. */
  renew(session: Session): string {
    const value = randomBytes(256).toString("hex").toUpperCase();
    session.values.push(value);
    this.#byValue.set(value, session);
    return value;
  }

  find(value: string | undefined, host: string): Session | undefined {
    const session = value === undefined ? undefined : this.#byValue.get(value);
    return session === undefined || session.ended || session.host !== host ? undefined : session;
  }

  /** Whose secret it is or was, also when the session has ended. */
  personOf(secret: string): Person | undefined {
    return this.#all.find(({ values, csrfToken }) => csrfToken === secret || values.includes(secret))?.person;
  }

  /** Ends the session behind any of its values; false when there is none. */
  end(value: string): boolean {
    const session = this.#byValue.get(value);
    if (session === undefined || session.ended) return false;
    session.ended = true;
    return true;
  }

  endAll(): void {
    for (const session of this.#all) session.ended = true;
  }

  /** Everything that was ever given out and is nobody else's business. */
  secrets(): string[] {
    return this.#all.flatMap((session) => [...session.values, session.csrfToken]);
  }
}

/**
 * Set-Cookie lines of a sign-in. Without Expires: gone with the browser, as Panopto's are. `partitioned`: kept for pages of the
 * site in the address bar alone (CHIPS).
 */
export function signInCookies(session: Session, lastPath: string, partitioned = false): string[] {
  const lines = [
    authCookie(session.values.at(-1) ?? ""),
    `csrfToken=${session.csrfToken}; path=/; secure; SameSite=None`,
    "UserSettings=LastLoginMembershipProvider=uni; path=/; secure; SameSite=None",
    `LastPath=${encodeURIComponent(lastPath)}; path=/; secure; SameSite=None`,
  ];
  return partitioned ? lines.map((line) => `${line}; Partitioned`) : lines;
}

export function authCookie(value: string): string {
  return `${AUTH_COOKIE}=${value}; path=/; secure; HttpOnly; SameSite=None`;
}

export function signOutCookies(): string[] {
  return [AUTH_COOKIE, "csrfToken"].map((name) => `${name}=; expires=Tue, 12-Oct-1999 00:00:00 GMT; path=/; secure; SameSite=None`);
}
