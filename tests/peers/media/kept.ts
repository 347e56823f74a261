// Files that are made once and kept for the next run, as long as what they are made by is the same.

import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where they are kept when nobody says another place. */
export const CACHE_DIR = join(tmpdir(), "auricle-media");

/**
 * The folder `name` for the sources (files beside this one) as they are now; made beside it and renamed, so that it is
 * whole or not there. Fails when `make` does.
 */
export async function kept(root: string, name: string, sources: readonly string[], make: (dir: string) => Promise<void>): Promise<string> {
  const final = join(root, `${name}-${await keyOf(sources)}`);
  if (await isFolder(final)) return final;
  const making = join(root, `.making-${randomUUID()}`);
  await mkdir(making, { recursive: true });
  try {
    await make(making);
    await rename(making, final);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    // Another process may have been first; its folder is as good as ours.
    if (!(await isFolder(final))) throw error;
  }
  return final;
}

async function keyOf(sources: readonly string[]): Promise<string> {
  const digest = createHash("sha256");
  for (const source of sources) digest.update(await readFile(new URL(source, import.meta.url)));
  return digest.digest("hex").slice(0, 16);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
