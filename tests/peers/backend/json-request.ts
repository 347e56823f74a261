// A request as the JSON routes take it: its one method, and the object in its body, which holds no session of another site.

import { bodyBytes } from "../wire/request.ts";
import type { WireRequest } from "../wire/request.ts";
import { ApiError } from "./api-error.ts";
import type { Fields } from "./lecture-form.ts";
import { refuseSecrets } from "./secret-refusal.ts";

const JSON_LIMIT_BYTES = 256 * 1024;

/** Throws ApiError. */
export async function fieldsOf(request: WireRequest): Promise<Fields> {
  let value: unknown;
  try {
    value = JSON.parse((await bodyBytes(request, JSON_LIMIT_BYTES)).toString("utf8"));
  } catch {
    throw new ApiError(400, "bad_request", "The body is no JSON, or too long.");
  }
  refuseSecrets(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ApiError(422, "invalid", "The body must be a JSON object.");
  return { ...value };
}

/** Throws ApiError where it is another method. */
export function only(request: WireRequest, method: string): WireRequest {
  if (request.method !== method) throw new ApiError(405, "method_not_allowed", `This address knows ${method} only.`, { allow: method });
  return request;
}
