// A file or some bytes under one address, answered as a CDN does: validators, ranges, HEAD (RFC 9110, sections 13 and 14).

import type { Answer, FilePart, HeaderValue } from "./answer.ts";
import { bytesAnswer } from "./answer.ts";
import { faultOf } from "./fault.ts";
import type { WireRequest } from "./request.ts";

export interface Resource {
  readonly content: { readonly file: string } | { readonly bytes: Buffer };
  /** bytes */
  readonly size: number;
  readonly type: string;
  /** Strong, with its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
  /** How many ranges one request may ask for; one when left out: then more get the whole, as S3 does. */
  readonly mostRanges?: number;
}

/** What of a request counts here. */
export type ResourceRequest = Pick<WireRequest, "headers" | "faults">;

/** GET or HEAD of a resource; 206, 416 or 200 as Range and If-Range have it. */
export function serveResource(request: ResourceRequest, resource: Resource): Answer {
  const etag = currentEtag(request, resource);
  const headers: Record<string, HeaderValue> = { "content-type": resource.type, "accept-ranges": "bytes" };
  if (etag !== undefined) headers["etag"] = etag;
  if (faultOf(request.faults, "no-last-modified") === undefined) headers["last-modified"] = resource.lastModified.toUTCString();

  const range = wantedRange(request, resource, etag);
  if (range === "whole") return { status: 200, headers, body: slice(resource, 0, resource.size) };
  if (range === "unsatisfiable") {
    return bytesAnswer(416, "application/xml", "<Error><Code>InvalidRange</Code></Error>", { "content-range": `bytes */${String(resource.size)}` });
  }
  if (isSeveral(range)) return severalAnswer(resource, headers, range);
  return rangeAnswer(request, resource, headers, range);
}

interface ByteRange {
  readonly start: number;
  /** one after the last */
  readonly end: number;
}

function rangeAnswer(request: ResourceRequest, resource: Resource, headers: Record<string, HeaderValue>, asked: ByteRange): Answer {
  const wrong = faultOf(request.faults, "wrong-range")?.what;
  const shift = wrong === "start" ? (asked.start > 0 ? -1 : 1) : 0;
  const range = { start: asked.start + shift, end: asked.end };
  const total = resource.size + (wrong === "total" ? 1 : 0);
  const given: Record<string, HeaderValue> = { ...headers };
  if (wrong !== "absent") given["content-range"] = `bytes ${String(range.start)}-${String(range.end - 1)}/${String(total)}`;
  if (wrong === "validator") given["etag"] = changed(resource.etag);
  return { status: 206, headers: given, body: slice(resource, range.start, range.end), bodyOffset: range.start };
}

const BOUNDARY = "auricle_peers_part";

/** RFC 9110 15.3.7.2: each part says its range; nothing is joined, and the order is the request's. */
function severalAnswer(resource: Resource, headers: Record<string, HeaderValue>, ranges: readonly ByteRange[]): Answer {
  const body = ranges.flatMap((range) => [
    Buffer.from(
      `\r\n--${BOUNDARY}\r\nContent-Type: ${resource.type}\r\nContent-Range: bytes ${String(range.start)}-${String(range.end - 1)}/${String(resource.size)}\r\n\r\n`,
    ),
    slice(resource, range.start, range.end),
  ]);
  return {
    status: 206,
    headers: { ...headers, "content-type": `multipart/byteranges; boundary=${BOUNDARY}` },
    body: [...body, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)],
  };
}

function isSeveral(range: ByteRange | readonly ByteRange[]): range is readonly ByteRange[] {
  return Array.isArray(range);
}

function currentEtag(request: ResourceRequest, resource: Resource): string | undefined {
  switch (faultOf(request.faults, "etag")?.what) {
    case "missing":
      return undefined;
    case "weak":
      return `W/${resource.etag}`;
    case "changed":
      return changed(resource.etag);
    case undefined:
      return resource.etag;
  }
}

function changed(etag: string): string {
  return `"changed-${etag.slice(1)}`;
}

function wantedRange(request: ResourceRequest, resource: Resource, etag: string | undefined): ByteRange | readonly ByteRange[] | "whole" | "unsatisfiable" {
  const header = request.headers["range"];
  if (header === undefined || faultOf(request.faults, "ignore-range") !== undefined) return "whole";
  if (!ifRangeHolds(request.headers["if-range"], etag, resource.lastModified)) return "whole";
  if (!header.trim().startsWith("bytes=")) return "whole";
  const asked = header.trim().slice("bytes=".length).split(",");
  if (asked.length === 1) return oneRange(asked[0] ?? "", resource);
  if (asked.length > (resource.mostRanges ?? 1)) return "whole";
  const ranges = asked.map((text) => oneRange(text, resource));
  if (ranges.includes("whole")) return "whole";
  const granted = ranges.filter((range): range is ByteRange => typeof range !== "string");
  return granted.length === 0 ? "unsatisfiable" : granted.length === 1 ? (granted[0] ?? "whole") : granted;
}

function oneRange(text: string, resource: Resource): ByteRange | "whole" | "unsatisfiable" {
  const match = /^(\d*)-(\d*)$/.exec(text.trim());
  if (match === null) return "whole";
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return "whole";
  if (first === "") return suffix(resource.size, Number(last));
  const start = Number(first);
  const end = last === "" ? resource.size : Math.min(Number(last) + 1, resource.size);
  if (last !== "" && Number(last) < start) return "whole";
  return start >= resource.size ? "unsatisfiable" : { start, end };
}

function suffix(size: number, length: number): ByteRange | "unsatisfiable" {
  return length === 0 ? "unsatisfiable" : { start: Math.max(0, size - length), end: size };
}

/** RFC 9110 13.1.5: only a strong validator that is the same now lets the range stand. */
function ifRangeHolds(condition: string | undefined, etag: string | undefined, lastModified: Date): boolean {
  if (condition === undefined) return true;
  if (condition.startsWith('"')) return condition === etag;
  if (condition.startsWith("W/")) return false;
  return Date.parse(condition) === Math.floor(lastModified.getTime() / 1000) * 1000;
}

function slice(resource: Resource, start: number, end: number): Buffer | FilePart {
  return "file" in resource.content ? { file: resource.content.file, start, end } : resource.content.bytes.subarray(start, end);
}
