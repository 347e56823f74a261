// A request as the server's handlers see it, whatever carries it: http-server.ts, or the stand-in of the tests.

import type { Readable } from "node:stream";
import { Refusal } from "./refusal.ts";

export interface PlaybackRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: ReadonlyMap<string, string>;
  readonly body: Readable;
  /** Of the client, as far as it is known: see `trustedProxies` in settings.ts. */
  readonly address: string;
}

const BODY_LIMIT_BYTES = 16 * 1024;

/** The body as an object. Throws a Refusal where it is none: 415 for another type, 413 beyond 16 KiB, 400 for what is no JSON. */
export async function bodyObject(request: PlaybackRequest): Promise<Readonly<Record<string, unknown>>> {
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) throw new Refusal(415, "Content-Type must be application/json");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new Refusal(413, "Request body is too large");
    chunks.push(chunk);
  }
  const value = parse(Buffer.concat(chunks).toString("utf8"));
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal(400, "Request body must be a JSON object");
  return value as Record<string, unknown>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses (403) what another site's page makes a browser send: browsers say in Origin, or in Sec-Fetch-Site, whose page it is.
 * What says neither is no browser, and brings nobody's cookies but its own.
 */
export function refuseCrossSite(request: PlaybackRequest, ownOrigins: readonly string[]): void {
  if (SAFE.has(request.method)) return;
  const origin = request.headers["origin"];
  const site = request.headers["sec-fetch-site"];
  const isForeign = origin !== undefined ? !ownOrigins.includes(origin) : site !== undefined && site !== "same-origin" && site !== "none";
  if (isForeign) throw new Refusal(403, "Cross-site request refused");
}
