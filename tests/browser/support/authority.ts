// Lets a browser trust the peers' authority as it trusts any other, with every check left on.
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Chromium reads this database below the home folder. */
export async function trustAuthority(home: string, caFile: string): Promise<void> {
  const folder = join(home, ".pki", "nssdb");
  await mkdir(folder, { recursive: true });
  await run("certutil", ["-N", "--empty-password", "-d", `sql:${folder}`]);
  await run("certutil", ["-A", "-d", `sql:${folder}`, "-n", "auricle-peers", "-t", "C,,", "-i", caFile]);
}
