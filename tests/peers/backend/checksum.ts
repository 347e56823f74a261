// The checksum extension of tus 1.0.0, which @tus/server leaves out. `sha1` is what the standard demands, `sha256` what we like.

import { createHash, timingSafeEqual } from "node:crypto";
import { bodyBytes } from "../wire/request.ts";
import type { WireRequest } from "../wire/request.ts";
import { ApiError } from "./api-error.ts";

export const CHECKSUM_ALGORITHMS: readonly string[] = ["sha1", "sha256"];

/** A part is held in memory until its sum is known, so there is an end to it (bytes). */
const PART_LIMIT_BYTES = 64 * 1024 * 1024;

/**
 * The part, read and found true to its Upload-Checksum; undefined where there is no such header. Throws 400 for an
 * algorithm we do not have, 460 for a part that differs, 413 for one that is too large to be held. A part that was cut
 * short differs too: nothing of it is kept, as the standard has it.
 */
export async function checkedPart(request: WireRequest): Promise<Buffer | undefined> {
  const header = request.headers["upload-checksum"];
  if (header === undefined) return undefined;
  const [algorithm = "", encoded = ""] = header.trim().split(/\s+/);
  if (!CHECKSUM_ALGORITHMS.includes(algorithm)) throw new ApiError(400, "bad_checksum", `The checksum algorithm is none of ${CHECKSUM_ALGORITHMS.join(", ")}.`);
  const part = await bodyBytes(request, PART_LIMIT_BYTES).catch((error: unknown) => {
    throw error instanceof RangeError ? new ApiError(413, "too_large", "A part with a checksum may have 64 MiB.") : error;
  });
  const sum = createHash(algorithm).update(part).digest();
  const claimed = Buffer.from(encoded, "base64");
  if (claimed.length !== sum.length || !timingSafeEqual(claimed, sum)) throw new ApiError(460, "checksum_mismatch", "The part that arrived is not the one that was sent.");
  return part;
}
