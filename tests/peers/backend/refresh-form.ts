// Reads what is asked of a machine, and what a machine says; anything else is a 422 that names the field.

import { ApiError } from "./api-error.ts";
import { FRESHNESS } from "./host-status.ts";
import type { HostStatus, SiteStatus } from "./host-status.ts";
import type { Fields } from "./lecture-form.ts";
import type { JobOutcome } from "./refresh-queue.ts";

const WORD = /^[a-z][a-z0-9_-]{0,63}$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const LONGEST_DETAIL = 500;
const MOST_SITES = 100;

export interface Trigger {
  readonly reason: string;
  readonly site: string | null;
  readonly url: string | null;
}

export function trigger(fields: Fields): Trigger {
  const url = fields["url"] ?? null;
  if (url !== null && (typeof url !== "string" || !/^https?:\/\//.test(url) || !URL.canParse(url))) throw invalid("url", "an http or https address");
  return { reason: word(fields, "reason"), site: fields["site"] == null ? null : word(fields, "site"), url };
}

export function jobOutcome(fields: Fields): JobOutcome {
  const outcome = fields["outcome"];
  if (outcome !== "completed" && outcome !== "failed") throw invalid("outcome", "completed or failed");
  const { detail = null, retryable = true } = fields;
  if (detail !== null && typeof detail !== "string") throw invalid("detail", "a text");
  if (typeof retryable !== "boolean") throw invalid("retryable", "true or false");
  return { outcome, detail: detail?.slice(0, LONGEST_DETAIL) ?? null, retryable };
}

export function hostStatus(fields: Fields): HostStatus {
  const { sites, captures } = fields;
  if (!Array.isArray(sites) || sites.length > MOST_SITES) throw invalid("sites", "a list of sites");
  const counts = objectOf(captures, "captures");
  const version = fields["host_version"];
  if (typeof version !== "string" || version.length > 64) throw invalid("host_version", "a text");
  return { sites: sites.map((site: unknown, at) => siteStatus(objectOf(site, `sites/${String(at)}`))), running: count(counts, "running"), waiting: count(counts, "waiting"), hostVersion: version };
}

function siteStatus(fields: Fields): SiteStatus {
  const freshness = FRESHNESS.find((known) => known === fields["freshness"]);
  if (freshness === undefined) throw invalid("freshness", `one of ${FRESHNESS.join(", ")}`);
  const putAt = fields["put_at"] ?? null;
  if (putAt !== null && (typeof putAt !== "string" || !RFC3339.test(putAt))) throw invalid("put_at", "a time in UTC as RFC 3339 has it");
  return { site: word(fields, "site"), freshness, count: count(fields, "count"), putAt };
}

/** A number of the query, between 0 and `most`; `usual` where it is left out. */
export function queryNumber(query: URLSearchParams, name: string, usual: number, most: number): number {
  const text = query.get(name);
  if (text === null) return usual;
  if (!/^\d{1,6}$/.test(text)) throw invalid(name, "a whole number, 0 or more");
  return Math.min(Number(text), most);
}

function word(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || !WORD.test(value)) throw invalid(name, "one word of small letters, digits, _ and -");
  return value;
}

function count(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw invalid(name, "a whole number, 0 or more");
  return value;
}

function objectOf(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(name, "an object");
  return { ...value };
}

function invalid(name: string, wanted: string): ApiError {
  return new ApiError(422, "invalid", `The field ${name} must be ${wanted}.`);
}
