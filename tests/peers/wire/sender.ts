// Puts an answer on the wire, and breaks it there as the request's faults demand.

import { open } from "node:fs/promises";
import type { OutgoingHttpHeaders } from "node:http";
import { gzipSync } from "node:zlib";
import type { Answer, Body } from "./answer.ts";
import { bodyLength, isList } from "./answer.ts";
import type { FiringFault } from "./fault.ts";
import { faultOf } from "./fault.ts";

/** What HTTP/1.1's and HTTP/2's responses have in common, and how each is broken. */
export interface Responder {
  writeHead(status: number, headers: OutgoingHttpHeaders): void;
  /** Resolves when the bytes have been handed to the system, or to false when the client has gone. */
  write(chunk: Buffer): Promise<boolean>;
  end(): Promise<void>;
  /** Resolves when the client has gone or the answer is over. */
  readonly closed: Promise<void>;
  isClosed(): boolean;
  /** Resets the stream, or the connection where there are no streams. */
  reset(): void;
  /** Resets the connection. */
  drop(): void;
  /** Ends the body cleanly, though it is short. */
  truncate(): void;
}

const CHUNK_BYTES = 64 * 1024;
const TRICKLES_PER_SECOND = 20;

/** Answers whether the whole body went out. `sent` is told every number of bytes that did. */
export async function send(out: Responder, method: string, answer: Answer, faults: readonly FiringFault[], sent: (bytes: number) => void): Promise<boolean> {
  const shaped = await shape(answer, faults);
  const length = bodyLength(shaped.body);
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(shaped.headers)) headers[name] = typeof value === "string" ? value : [...value];
  if (faultOf(faults, "no-length") === undefined && shaped.status !== 204 && headers["content-length"] === undefined) headers["content-length"] = String(length);
  out.writeHead(shaped.status, headers);
  if (method === "HEAD" || shaped.status === 204) {
    await out.end();
    return true;
  }
  return sendBody(out, shaped, faults, sent);
}

/** The faults that change what is sent rather than how. */
async function shape(answer: Answer, faults: readonly FiringFault[]): Promise<Answer> {
  let shaped = answer;
  const type = faultOf(faults, "content-type")?.type;
  if (type !== undefined) shaped = { ...shaped, headers: { ...shaped.headers, "content-type": type } };
  if (faultOf(faults, "gzip") !== undefined) {
    const whole: Buffer[] = [];
    for await (const chunk of chunks(shaped.body, CHUNK_BYTES)) whole.push(chunk);
    shaped = { ...shaped, headers: { ...shaped.headers, "content-encoding": "gzip" }, body: gzipSync(Buffer.concat(whole)) };
  }
  return shaped;
}

async function sendBody(out: Responder, answer: Answer, faults: readonly FiringFault[], sent: (bytes: number) => void): Promise<boolean> {
  const breaks = breaksOf(faults);
  const slow = faultOf(faults, "slow");
  const flipAt = (faultOf(faults, "bit-flip")?.atByte ?? -1) - (answer.bodyOffset ?? 0);
  const chunkBytes = slow === undefined ? CHUNK_BYTES : Math.max(1, Math.floor(slow.bytesPerSecond / TRICKLES_PER_SECOND));
  let position = 0;
  for await (const chunk of chunks(answer.body, chunkBytes)) {
    let rest = flip(chunk, flipAt - position);
    for (let broken = breaks[0]; broken !== undefined && position + rest.length >= broken.afterBytes; broken = breaks[0]) {
      breaks.shift();
      const head = rest.subarray(0, broken.afterBytes - position);
      if (head.length > 0 && !(await out.write(head))) return false;
      sent(head.length);
      position += head.length;
      if (!(await broken.happen(out))) return false;
      rest = rest.subarray(head.length);
    }
    if (rest.length > 0) {
      if (!(await out.write(rest))) return false;
      sent(rest.length);
      position += rest.length;
    }
    if (slow !== undefined && !(await pause(out, (chunk.length / slow.bytesPerSecond) * 1000))) return false;
  }
  for (const { happen } of breaks) if (!(await happen(out))) return false;
  await out.end();
  return true;
}

interface Break {
  readonly afterBytes: number;
  /** Answers whether the body goes on. */
  readonly happen: (out: Responder) => Promise<boolean>;
}

/** In the order in which they happen: a body that was held up may break off later. */
function breaksOf(faults: readonly FiringFault[]): Break[] {
  return faults.flatMap(breakOf).sort((a, b) => a.afterBytes - b.afterBytes);
}

function breakOf({ fault, rule }: FiringFault): Break[] {
  switch (fault.kind) {
    case "reset":
      return [{ afterBytes: fault.afterBytes, happen: (out) => over(() => out.reset()) }];
    case "drop":
      return [{ afterBytes: fault.afterBytes, happen: (out) => over(() => out.drop()) }];
    case "truncate":
      return [{ afterBytes: fault.afterBytes, happen: (out) => over(() => out.truncate()) }];
    case "stall":
      return [{ afterBytes: fault.afterBytes, happen: (out) => held(out, rule.released) }];
    default:
      return [];
  }
}

function over(act: () => void): Promise<boolean> {
  act();
  return Promise.resolve(false);
}

/** Waits for `released`; answers false when the client left first. */
export async function held(out: Responder, released: Promise<void>): Promise<boolean> {
  await Promise.race([released, out.closed]);
  return !out.isClosed();
}

/** Answers false when the client left meanwhile. */
export async function pause(out: Responder, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))), out.closed]);
  clearTimeout(timer);
  return !out.isClosed();
}

function flip(chunk: Buffer, at: number): Buffer {
  if (at < 0 || at >= chunk.length) return chunk;
  const flipped = Buffer.from(chunk);
  flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
  return flipped;
}

async function* chunks(body: Body, size: number): AsyncGenerator<Buffer> {
  if (isList(body)) {
    for (const part of body) yield* chunks(part, size);
    return;
  }
  if (Buffer.isBuffer(body)) {
    for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
    return;
  }
  const file = await open(body.file, "r");
  try {
    for (let at = body.start; at < body.end; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(size, body.end - at)), 0, Math.min(size, body.end - at), at);
      if (bytesRead === 0) throw new Error(`${body.file} is shorter than it was`);
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}
