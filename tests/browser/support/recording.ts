// Records what browser and host really say to each other, through a program that stands between them.
import { chmod, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { validateTraffic, type SeenFrame, type TrafficFault } from "../../../extension-bridge/bridge/testing/index.ts";
import { eventually } from "./sleep.ts";

/** One life of the host. */
export interface HostLife {
  readonly pid: number;
  readonly frames: readonly SeenFrame[];
  /** How it ended; undefined while it runs. */
  readonly end: { readonly code: number | null; readonly signal: string | null } | undefined;
}

type Line = SeenFrame | { pid: number } | { code: number | null; signal: string | null };

export class Recording {
  private constructor(
    readonly folder: string,
    /** What the browser is to start in the host's place. */
    readonly program: string,
  ) {}

  /** In `folder`, for the host `program`. */
  static async prepare(folder: string, program: string): Promise<Recording> {
    await mkdir(join(folder, "lives"), { recursive: true });
    const script = join(folder, "recording-host.mjs");
    const source = fileURLToPath(new URL("recording-host.ts", import.meta.url));
    await build({ entryPoints: [source], outfile: script, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
    const wrapper = join(folder, "host");
    await writeFile(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${script}' '${program}' '${join(folder, "lives")}' "$@"\n`);
    await chmod(wrapper, 0o755);
    return new Recording(folder, wrapper);
  }

  /** In the order in which they began. */
  async lives(): Promise<HostLife[]> {
    const names = (await readdir(join(this.folder, "lives"))).sort();
    return Promise.all(names.map((name) => readLife(join(this.folder, "lives", name))));
  }

  /** The host that runs now. */
  running(): Promise<HostLife> {
    return eventually("a running host", async () => (await this.lives()).find(({ end }) => end === undefined));
  }

  /** Waits for a frame, of whichever life. */
  sees(what: string, wanted: (seen: SeenFrame) => boolean): Promise<SeenFrame> {
    return eventually(what, async () => (await this.lives()).flatMap(({ frames }) => frames).find(wanted));
  }

  /** What in both sides' traffic is not as the schema has it. */
  async faults(): Promise<TrafficFault[]> {
    return (await this.lives()).flatMap(({ frames }) => validateTraffic(frames));
  }

  /** All frames as text, for looking for what may not be in them. */
  async text(): Promise<string> {
    return JSON.stringify((await this.lives()).map(({ frames }) => frames));
  }
}

async function readLife(file: string): Promise<HostLife> {
  const text = await readFile(file, "utf8");
  // The last line may be on its way.
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter((line) => line !== "");
  const parsed = lines.map((line) => JSON.parse(line) as Line);
  const begin = parsed.find((line) => "pid" in line);
  return {
    pid: begin?.pid ?? 0,
    frames: parsed.filter((line) => "frame" in line),
    end: parsed.find((line) => "code" in line),
  };
}
