// A request that is refused, as the client is told.

import type { Answer } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";

export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
    /** What is behind a 500: for the operator alone. */
    override readonly cause?: unknown,
  ) {
    super(message);
  }

  answer(): Answer {
    return json(this.status, { error: this.message }, { "cache-control": "no-store", ...this.headers });
  }
}

export const NO_SESSION = (): Refusal => new Refusal(401, "No active session");
export const SESSION_NOT_FOUND = (): Refusal => new Refusal(404, "Session not found");
export const SESSION_EXPIRED = (): Refusal => new Refusal(401, "Session expired");
export const OTHER_ADDRESS = (): Refusal => new Refusal(403, "Session is bound to another address");
export const VIDEO_NOT_FOUND = (): Refusal => new Refusal(404, "Video not found");
