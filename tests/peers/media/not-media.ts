// Bodies that are no media, whatever their name and type say.

import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";

export type NotMediaKind = "text" | "html" | "random" | "zip" | "empty";

export const NOT_MEDIA: Readonly<Record<NotMediaKind, { readonly type: string; readonly bytes: () => Buffer }>> = {
  text: { type: "text/plain", bytes: () => Buffer.from("This is not the sound of a lecture.\n".repeat(500)) },
  html: { type: "text/html", bytes: () => Buffer.from(`<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>${"<p>Please sign in.</p>".repeat(200)}</body></html>\n`) },
  random: { type: "application/octet-stream", bytes: () => pseudoRandom(64 * 1024) },
  zip: { type: "application/zip", bytes: () => zip("notes.txt", Buffer.from("lecture notes ".repeat(1000))) },
  empty: { type: "video/mp4", bytes: () => Buffer.alloc(0) },
};

/** The same bytes each time: a failing test can be repeated. */
function pseudoRandom(size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0; made < size; made += 32) blocks.push(createHash("sha256").update(`noise ${String(made)}`).digest());
  return Buffer.concat(blocks).subarray(0, size);
}

/** A zip file with one entry (APPNOTE.TXT 4.3). The check sum is left 0: it need only look like one. */
function zip(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(20, 4);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt32LE(content.length, 22);
  local.writeUInt16LE(name.length, 26);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  return Buffer.concat([local, Buffer.from(name), packed, end]);
}
