// Whether an address was signed by us: AWS Signature Version 4 in a query, by the document of that name. s3rver takes any.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { WireRequest } from "../wire/request.ts";

/** True where the signature fits method, path, query and signed headers, and has not expired by `nowMs` (since 1970). */
export function isSigned(request: WireRequest, secret: string, nowMs: number): boolean {
  const { query } = request;
  const [date, scope] = [query.get("X-Amz-Date") ?? "", (query.get("X-Amz-Credential") ?? "").split("/").slice(1)];
  const expiresMs = timeOf(date) + Number(query.get("X-Amz-Expires") ?? 0) * 1000;
  if (query.get("X-Amz-Algorithm") !== "AWS4-HMAC-SHA256" || scope.length !== 4 || !(nowMs < expiresMs)) return false;
  const text = ["AWS4-HMAC-SHA256", date, scope.join("/"), createHash("sha256").update(canonical(request)).digest("hex")].join("\n");
  const key = scope.reduce<Buffer>((last, word) => hmac(last, word), Buffer.from(`AWS4${secret}`));
  const given = Buffer.from(query.get("X-Amz-Signature") ?? "", "hex");
  const right = hmac(key, text);
  return given.length === right.length && timingSafeEqual(given, right);
}

function canonical(request: WireRequest): string {
  const pairs = [...request.query].filter(([name]) => name !== "X-Amz-Signature").map(([name, value]) => `${encode(name)}=${encode(value)}`);
  const names = (request.query.get("X-Amz-SignedHeaders") ?? "").split(";");
  const headers = names.map((name) => `${name}:${(request.headers[name] ?? "").trim()}\n`);
  return [request.method, request.path, pairs.sort().join("&"), headers.join(""), names.join(";"), "UNSIGNED-PAYLOAD"].join("\n");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** From `20261121T174749Z`; NaN for anything else. */
function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
