// The host as the browser finds it: registered by its own `auricle install`, or not at all.
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Home } from "./home.ts";
import type { BrowserName } from "./test-browser.ts";

const run = promisify(execFile);

export class Registration {
  constructor(
    readonly program: string,
    readonly home: Home,
    readonly browser: BrowserName,
  ) {}

  /** Chromium looks into the folder of its profile, Firefox into the home folder. */
  get manifest(): string {
    const folder = this.browser === "chromium" ? join(this.home.profile, "NativeMessagingHosts") : join(this.home.folder, ".mozilla", "native-messaging-hosts");
    return join(folder, "org.auricle.host.json");
  }

  /** What a person enters to register the host with this browser. */
  get installArguments(): readonly string[] {
    const profile = this.browser === "chromium" ? ["--user-data-dir", this.home.profile] : [];
    return ["install", "--browser", this.browser, ...profile];
  }

  /** As a person does it; fails with what the program says. */
  async install(): Promise<void> {
    await run(this.program, this.installArguments, { env: this.home.environment() });
  }

  /** Puts another program in the host's place, which the browser then starts instead. */
  async divert(program: string): Promise<void> {
    const manifest = JSON.parse(await readFile(this.manifest, "utf8")) as Record<string, unknown>;
    await writeFile(this.manifest, JSON.stringify({ ...manifest, path: program }));
  }
}
