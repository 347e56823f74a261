// A long download without a long lecture: the short one's sound, and behind it a box of nothing that players skip.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { MediaFile } from "../../peers/media/media.ts";

/** `bytes` more in a `free` box (ISO/IEC 14496-12, 8.1.2). It takes no room on disk: the file has a hole. */
export async function padded(sound: MediaFile, file: string, bytes: number): Promise<MediaFile> {
  await copyFile(sound.file, file);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(bytes, 0);
  head.write("free", 4, "latin1");
  const handle = await open(file, "r+");
  try {
    await handle.write(head, 0, head.length, sound.bytes);
    await handle.truncate(sound.bytes + bytes);
  } finally {
    await handle.close();
  }
  const digest = createHash("sha256");
  await pipeline(createReadStream(file), digest);
  return { ...sound, file, bytes: sound.bytes + bytes, sha256: digest.digest("hex") };
}
