// Stands between a browser and the real host: passes every byte on and keeps a copy of each frame.
// Arguments: the host's program, the folder for records, then what the browser gave. One file for each life of the host.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

const HEADER_BYTES = 4;

const [program = "", folder = "", ...given] = process.argv.slice(2);
const host = spawn(program, given, { stdio: ["pipe", "pipe", "inherit"] });
const record = join(folder, `${String(Date.now())}-${String(host.pid)}.ndjson`);

/** At once: this process may be killed at any moment, and what was passed on must be on record. */
function keep(line: object): void {
  appendFileSync(record, `${JSON.stringify(line)}\n`);
}

function pass(from: "client" | "host", source: Readable, target: Writable): void {
  let held: Buffer = Buffer.alloc(0);
  source.on("data", (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    while (held.length >= HEADER_BYTES && held.length >= HEADER_BYTES + held.readUInt32LE()) {
      const end = HEADER_BYTES + held.readUInt32LE();
      keep({ from, frame: JSON.parse(held.toString("utf8", HEADER_BYTES, end)) });
      held = held.subarray(end);
    }
    target.write(bytes);
  });
  source.on("end", () => target.end());
  // Whoever is gone needs nothing any more.
  target.on("error", () => undefined);
}

keep({ pid: host.pid });
pass("client", process.stdin, host.stdin);
pass("host", host.stdout, process.stdout);
host.on("exit", (code, signal) => {
  keep({ code, signal });
  // A host that was killed looks to the browser as if it had ended by itself: the port closes.
  process.stdin.destroy();
  process.exitCode = code ?? 1;
});
