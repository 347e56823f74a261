// What a handler gives back; how it goes over the wire, whole or broken, is the listener's affair.

export interface FilePart {
  readonly file: string;
  /** First byte, and the one after the last. */
  readonly start: number;
  readonly end: number;
}

/** One stretch of bytes, or several that follow one another. */
export type Body = Buffer | FilePart | readonly (Buffer | FilePart)[];

export type HeaderValue = string | readonly string[];

export interface Answer {
  readonly status: number;
  /** Names in lower case. Content-Length is added by the sender. */
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly body: Body;
  /** Where in the whole resource the body begins (bytes): 0, except for a 206. */
  readonly bodyOffset?: number;
}

export function bodyLength(body: Body): number {
  if (isList(body)) return body.reduce((sum, part) => sum + bodyLength(part), 0);
  return Buffer.isBuffer(body) ? body.length : body.end - body.start;
}

export function isList(body: Body): body is readonly (Buffer | FilePart)[] {
  return Array.isArray(body);
}

export function bytesAnswer(status: number, type: string, body: string | Buffer, headers: Record<string, HeaderValue> = {}): Answer {
  return { status, headers: { "content-type": type, ...headers }, body: Buffer.isBuffer(body) ? body : Buffer.from(body, "utf8") };
}

export function html(status: number, page: string, headers: Record<string, HeaderValue> = {}): Answer {
  return bytesAnswer(status, "text/html; charset=utf-8", page, { "cache-control": "private", ...headers });
}

export function json(status: number, value: unknown, headers: Record<string, HeaderValue> = {}): Answer {
  return bytesAnswer(status, "application/json; charset=utf-8", JSON.stringify(value), headers);
}

/** 302: Panopto's own sign-in and podcast redirects are all found ones. */
export function redirect(location: string, headers: Record<string, HeaderValue> = {}): Answer {
  return html(302, `<html><head><title>Object moved</title></head><body><h2>Object moved to <a href="${escapeHtml(location)}">here</a>.</h2></body></html>`, { location, ...headers });
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
