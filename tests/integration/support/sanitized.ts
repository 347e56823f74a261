// Whether a running host is a sanitizer's build, whose memory is not the host's own to measure or to search.
import { readFile } from "node:fs/promises";

export const SANITIZED = "this build's allocator is the sanitizer's";

/** The address sanitizer brings an allocator of its own, which keeps freed memory as it was. */
export async function isSanitized(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${String(pid)}/maps`, "latin1")).includes("libasan");
}

/** For strace's command line: the leak detector is itself a tracer, and ends a program with an error where there is one already. */
export const TRACEABLE: readonly string[] = ["-E", "ASAN_OPTIONS=detect_leaks=0"];
