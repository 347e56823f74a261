// A refusal: a sentence for people and a word for programs.

import type { Answer, HeaderValue } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    detail: string,
    readonly headers: Readonly<Record<string, HeaderValue>> = {},
  ) {
    super(detail);
  }

  answer(): Answer {
    return json(this.status, { detail: this.message, kind: this.kind }, this.headers);
  }
}
