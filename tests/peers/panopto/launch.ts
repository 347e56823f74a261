// What a learning platform vouches for when it opens a lecture in a frame of its page.
import type { Person } from "./session.ts";

export interface Launch {
  readonly person: Person;
  /** Delivery id of the lecture. */
  readonly lecture: string;
}

/** A platform that the site trusts. */
export interface Platform {
  /** What a launch's signature speaks for; it is good once. */
  redeem(signature: string): Launch | undefined;
}
