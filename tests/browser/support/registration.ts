// The host as the browser finds it: registered by its own `auricle install`, or not at all.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Home } from "./home.ts";

const run = promisify(execFile);

export class Registration {
  constructor(
    readonly program: string,
    readonly home: Home,
  ) {}

  get manifest(): string {
    return join(this.home.profile, "NativeMessagingHosts", "org.auricle.host.json");
  }

  /** As a person does it; fails with what the program says. */
  async install(): Promise<void> {
    await run(this.program, ["install", "--browser", "chromium", "--user-data-dir", this.home.profile], { env: this.home.environment() });
  }

  /** Puts another program in the host's place, which the browser then starts instead. */
  async divert(program: string): Promise<void> {
    const manifest = JSON.parse(await readFile(this.manifest, "utf8")) as Record<string, unknown>;
    await writeFile(this.manifest, JSON.stringify({ ...manifest, path: program }));
  }
}
