// A request as a peer's handler sees it, the same for HTTP/1.1 and HTTP/2.

import type { Readable } from "node:stream";
import type { FiringFault } from "./fault.ts";

export interface WireRequest {
  /** Counts from 1 on each server. */
  readonly sequence: number;
  readonly protocol: "http/1.1" | "h2";
  /** From Host or :authority, lower case, without the port. A trailing dot is kept: it is another name. */
  readonly host: string;
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  /** The path alone, as it came. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case, repeated ones joined; no pseudo-headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: ReadonlyMap<string, string>;
  /** Ends early, without an error, when the client leaves. */
  readonly body: Readable;
  readonly faults: readonly FiringFault[];
  /** The client's. */
  readonly address: string;
}

/** The body as bytes. Throws RangeError when it is longer than `limit` bytes. */
export async function bodyBytes(request: WireRequest, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new RangeError(`a body of more than ${String(limit)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const FORM_LIMIT_BYTES = 64 * 1024;

/** The body of an HTML form. */
export async function bodyForm(request: WireRequest): Promise<URLSearchParams> {
  return new URLSearchParams((await bodyBytes(request, FORM_LIMIT_BYTES)).toString("utf8"));
}

/** A Cookie header taken apart; a name that comes twice keeps its first value, as servers do. */
export function parseCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals < 1) continue;
    const name = pair.slice(0, equals).trim();
    if (!cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim());
  }
  return cookies;
}
