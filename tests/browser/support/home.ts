// A home of its own for browser and host, so that nothing of the person's is read or changed.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep } from "./sleep.ts";

/** What of the person's environment a browser on a screen needs; all else would lead out of the temporary home. */
const PASSED_ON = ["PATH", "LANG", "LC_ALL", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"] as const;

export class Home {
  private constructor(readonly folder: string) {}

  static async make(purpose: string): Promise<Home> {
    const home = new Home(await mkdtemp(join(tmpdir(), `auricle-${purpose}-`)));
    await Promise.all([mkdir(home.profile), mkdir(home.temporary)]);
    return home;
  }

  /** The browser's profile. */
  get profile(): string {
    return join(this.folder, "profile");
  }

  /** Sockets and the like of the browser, which it leaves behind when it is killed. */
  get temporary(): string {
    return join(this.folder, "tmp");
  }

  get configFile(): string {
    return join(this.folder, "config.json");
  }

  /** The host's journals, see docs/maintaining.md. */
  get journals(): string {
    return join(this.folder, ".local/state/auricle/captures");
  }

  /** For browser and host: the browser hands it on. */
  environment(): NodeJS.ProcessEnv {
    const environment: NodeJS.ProcessEnv = { HOME: this.folder, TMPDIR: this.temporary, AURICLE_CONFIG: this.configFile };
    for (const name of PASSED_ON) if (process.env[name] !== undefined) environment[name] = process.env[name];
    // An X server's key lies in the person's own home, unless a variable says where.
    const ownHome = process.env["HOME"];
    const key = process.env["XAUTHORITY"] ?? (ownHome === undefined ? undefined : join(ownHome, ".Xauthority"));
    if (process.env["DISPLAY"] !== undefined && key !== undefined) environment["XAUTHORITY"] = key;
    return environment;
  }

  async configure(config: Readonly<Record<string, unknown>>): Promise<void> {
    await writeFile(this.configFile, `${JSON.stringify(config, null, 2)}\n`);
  }

  /** A browser's last child may still be writing when the browser is gone: tried again for a while. */
  async remove(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await rm(this.folder, { recursive: true, force: true });
      } catch (error) {
        if (tries === 20) throw error;
        await sleep(100);
      }
    }
  }
}
