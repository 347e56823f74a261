// Reads what a machine sends about a lecture; anything that is not as docs/backend.md has it is a 422 that names the field.

import { ApiError } from "./api-error.ts";
import { STATUSES } from "./lecture-table.ts";
import type { LectureFacts, Status } from "./lecture-table.ts";
import type { SentPart } from "./part-space.ts";

export type Fields = Readonly<Record<string, unknown>>;

export interface Registration extends LectureFacts {
  /** The ways of uploading that the machine knows, the best first. */
  readonly accepts: readonly string[];
}

export function registration(fields: Fields): Registration {
  const accepts = fields["accepts"];
  if (!Array.isArray(accepts) || !accepts.every((way) => typeof way === "string")) throw invalid("accepts", "a list of words");
  const sourceUrl = text(fields, "source_url");
  if (!URL.canParse(sourceUrl) || !/^https?:$/.test(new URL(sourceUrl).protocol)) throw invalid("source_url", "an http or https address");
  return {
    courseId: fields["course_id"] == null ? null : text(fields, "course_id"),
    title: text(fields, "title"),
    sourceUrl,
    site: text(fields, "site"),
    mimeType: text(fields, "mime_type"),
    durationMs: optionalCount(fields, "duration_ms"),
    sizeBytes: optionalCount(fields, "size_bytes"),
    accepts,
  };
}

export function completion(fields: Fields): { readonly sizeBytes: number; readonly sha256: string } {
  const sha256 = text(fields, "sha256").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw invalid("sha256", "64 hex digits");
  const sizeBytes = optionalCount(fields, "size_bytes");
  if (sizeBytes === null) throw invalid("size_bytes", "a number of bytes");
  return { sizeBytes, sha256 };
}

export function report(fields: Fields): { readonly status: Status; readonly errorMessage: string | null } {
  const status = STATUSES.find((known) => known === fields["status"]);
  // Ready is what the backend itself finds, never what it is told.
  if (status === undefined || status === "ready") throw invalid("status", "one of pending, downloading, uploading, failed, cancelled");
  return { status, errorMessage: fields["error_message"] == null ? null : text(fields, "error_message") };
}

/** What is posted to `complete_url`. */
export function sentParts(fields: Fields): readonly SentPart[] {
  const parts = fields["parts"];
  if (!Array.isArray(parts) || parts.length === 0) throw invalid("parts", "a list of parts");
  return parts.map((part: unknown, at) => {
    const { number, etag } = typeof part === "object" && part !== null ? (part as Fields) : {};
    if (number !== at + 1 || typeof etag !== "string" || etag === "") throw invalid(`parts/${String(at)}`, `{"number": ${String(at + 1)}, "etag": text}`);
    return { number, etag };
  });
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value.trim() === "") throw invalid(name, "a text that is not empty");
  return value;
}

function optionalCount(fields: Fields, name: string): number | null {
  const value = fields[name];
  if (value == null) return null;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw invalid(name, "a whole number, 0 or more");
  return value;
}

function invalid(name: string, wanted: string): ApiError {
  return new ApiError(422, "invalid", `The field ${name} must be ${wanted}.`);
}
