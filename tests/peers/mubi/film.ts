// A film on the stand-in for MUBI, and every way in which one differs from another.

import { randomInt } from "node:crypto";

export interface FilmStream {
  readonly src: string;
  readonly content_type: string;
}

export interface Film {
  /** The site's number of it. */
  readonly id: number;
  /** The word by which its pages are addressed. */
  readonly slug: string;
  readonly title: string;
  readonly minutes: number;
  /** What `secure_url` names, the first one also as its `url`. */
  readonly streams: readonly FilmStream[];
  /** In the order in which the API lists them. */
  readonly trailers: readonly { readonly profile: string; readonly url: string }[];
  /** `elsewhere`: not authorised where the person is (code 50). */
  readonly access: "members" | "elsewhere";
}

export const DASH = "application/dash+xml";
export const HLS = "application/x-mpegURL";

/** A film with ordinary answers where nothing else is chosen; its number is no other's. */
export function film(choices: Partial<Film> = {}): Film {
  const id = choices.id ?? randomInt(100_000, 999_999_999);
  return { id, slug: `the-listener-${String(id)}`, title: "The Listener", minutes: 94, streams: [], trailers: [], access: "members", ...choices };
}
