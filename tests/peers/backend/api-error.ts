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
    return json(this.status, { detail: this.detail(), kind: this.kind }, this.headers);
  }

  /** As a FastAPI service says it, which has no word for programs. */
  plainAnswer(): Answer {
    return json(this.status, { detail: this.detail() }, this.headers);
  }

  protected detail(): unknown {
    return this.message;
  }
}

/** One thing that FastAPI finds wrong with a form. */
export interface FieldFault {
  readonly type: string;
  readonly loc: readonly string[];
  readonly msg: string;
  readonly input: string | null;
}

/** FastAPI's own 422, before a service has looked at the form: `detail` is a list. */
export class FieldFaults extends ApiError {
  constructor(readonly faults: readonly FieldFault[]) {
    super(422, "invalid", faults.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; "));
  }

  protected override detail(): unknown {
    return this.faults;
  }
}
