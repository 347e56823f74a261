// One case of the corpus while it is made: ffmpeg's runs in its folder, and what is changed by hand afterwards.

import { execFile } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export class CorpusFolder {
  /** `base` holds what the cases are put together of. */
  constructor(
    readonly path: string,
    readonly base: string,
  ) {}

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  /** Runs ffmpeg here; `@name` is a file of the base. Packets are copied, not encoded, where nothing else is said. */
  async mux(...args: readonly string[]): Promise<void> {
    const named = args.map((arg) => (arg.startsWith("@") ? join(this.base, arg.slice(1)) : arg));
    const at = named.lastIndexOf("-i") + 2;
    await run("ffmpeg", ["-nostdin", "-v", "error", "-y", ...named.slice(0, at), "-c", "copy", ...named.slice(at)], { cwd: this.path });
  }

  async write(name: string, content: string | Buffer): Promise<void> {
    await mkdir(dirname(this.at(name)), { recursive: true });
    await writeFile(this.at(name), content);
  }

  read(name: string): Promise<Buffer> {
    return readFile(this.at(name));
  }

  async text(name: string): Promise<string> {
    return (await this.read(name)).toString("utf8");
  }

  async edit(name: string, change: (text: string) => string, to = name): Promise<void> {
    await this.write(to, change(await this.text(name)));
  }

  /**
   * Encrypts a playlist's segments where they lie (RFC 8216, 4.3.2.4): with AES-128 and the key that `keyOf(segment's
   * number)` names, and the IV that is said, or the one of the segment's media sequence number.
   */
  async encrypt(playlist: string, keyOf: (at: number) => { readonly name: string; readonly iv?: string }): Promise<void> {
    const lines = (await this.text(playlist)).split("\n");
    const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(lines.join("\n"))?.[1] ?? 0);
    const out: string[] = [];
    let at = 0;
    let said = "";
    for (const line of lines) {
      if (line.startsWith("#EXTINF")) {
        const { name, iv } = keyOf(at);
        const key = Buffer.alloc(16, name);
        await this.write(name, key);
        const tag = `#EXT-X-KEY:METHOD=AES-128,URI="${name}"${iv === undefined ? "" : `,IV=0x${iv}`}`;
        if (tag !== said) out.push(tag);
        said = tag;
      }
      out.push(line);
      if (line === "" || line.startsWith("#")) continue;
      const { name, iv } = keyOf(at);
      const vector = iv === undefined ? Buffer.from((first + at).toString(16).padStart(32, "0"), "hex") : Buffer.from(iv, "hex");
      const cipher = createCipheriv("aes-128-cbc", Buffer.alloc(16, name), vector);
      await this.write(line, Buffer.concat([cipher.update(await this.read(line)), cipher.final()]));
      at += 1;
    }
    await this.write(playlist, out.join("\n"));
  }

  /** The lines of a media playlist from its first segment to its last, without the end. */
  async segments(playlist: string): Promise<string> {
    const text = await this.text(playlist);
    const from = /^#EXT(INF|-X-MAP|-X-BYTERANGE)/m.exec(text)?.index ?? 0;
    return text.slice(from).replace("#EXT-X-ENDLIST\n", "");
  }
}

/** A media playlist with these lines between its head and its end. */
export function playlist(lines: string, head: readonly string[] = []): string {
  return ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:4", ...head, lines.trimEnd(), "#EXT-X-ENDLIST", ""].join("\n");
}

/** Where a box stands in an MP4, by its path of four letters each (ISO/IEC 14496-12, 4.2). */
export function boxAt(file: Buffer, ...path: readonly string[]): { readonly at: number; readonly size: number } {
  let [from, to] = [0, file.length];
  let found = { at: 0, size: 0 };
  for (const type of path) {
    let at = from;
    while (at + 8 <= to && file.toString("latin1", at + 4, at + 8) !== type) at += file.readUInt32BE(at);
    if (at + 8 > to) throw new Error(`there is no ${path.join("/")}`);
    found = { at, size: file.readUInt32BE(at) };
    [from, to] = [at + 8, at + found.size];
  }
  return found;
}

/** The sound's chunk offsets in 64 bits. The index has to be at the end: nothing may move that it names. */
export function withWideOffsets(file: Buffer, track: "first" | "last" = "last"): Buffer {
  const moov = boxAt(file, "moov");
  const bytes = file.subarray(moov.at);
  const traks = childrenOf(bytes, 8, moov.size).filter(({ type }) => type === "trak");
  const trak = track === "first" ? traks[0] : traks.at(-1);
  if (trak === undefined) throw new Error("there is no track");
  const path = ["mdia", "minf", "stbl", "stco"];
  const parents = [0, trak.at];
  let [from, to] = [trak.at + 8, trak.at + trak.size];
  for (const type of path) {
    const child = childrenOf(bytes, from, to).find((one) => one.type === type);
    if (child === undefined) throw new Error(`there is no ${type}`);
    parents.push(child.at);
    [from, to] = [child.at + 8, child.at + child.size];
  }
  const stco = parents.at(-1) ?? 0;
  const count = bytes.readUInt32BE(stco + 12);
  const wide = Buffer.alloc(16 + 8 * count);
  wide.writeUInt32BE(wide.length, 0);
  wide.write("co64", 4, "latin1");
  wide.writeUInt32BE(count, 12);
  for (let entry = 0; entry < count; entry += 1) wide.writeBigUInt64BE(BigInt(bytes.readUInt32BE(stco + 16 + 4 * entry)), 16 + 8 * entry);
  const changed = Buffer.concat([bytes.subarray(0, stco), wide, bytes.subarray(stco + 16 + 4 * count)]);
  for (const parent of parents.slice(0, -1)) changed.writeUInt32BE(changed.readUInt32BE(parent) + 4 * count, parent);
  return Buffer.concat([file.subarray(0, moov.at), changed]);
}

function childrenOf(bytes: Buffer, from: number, to: number): { readonly type: string; readonly at: number; readonly size: number }[] {
  const found = [];
  for (let at = from; at + 8 <= to; at += bytes.readUInt32BE(at)) found.push({ type: bytes.toString("latin1", at + 4, at + 8), at, size: bytes.readUInt32BE(at) });
  return found;
}
