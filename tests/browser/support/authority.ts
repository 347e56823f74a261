// Lets a browser trust the peers' authority as it trusts any other, with every check left on.
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** `folder`: where the browser keeps its certificates. Chromium's is below the home folder, Firefox's is its profile. */
export async function trustIn(folder: string, caFile: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run("certutil", ["-N", "--empty-password", "-d", `sql:${folder}`]);
  await run("certutil", ["-A", "-d", `sql:${folder}`, "-n", "auricle-peers", "-t", "C,,", "-i", caFile]);
}
