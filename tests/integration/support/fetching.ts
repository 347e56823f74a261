// `auricle fetch` as a script runs it: its lines of JSON, what it says on standard error, and its status.
import assert from "node:assert/strict";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import type { Capture } from "../../../extension-bridge/bridge/src/index.ts";
import type { Fault } from "../../../extension-bridge/bridge/src/index.ts";
import { program } from "./program.ts";

export interface Way {
  readonly how: string;
  readonly bytes: number | null;
  readonly wholeBytes: number | null;
}

/** What `--plan` prints. */
export interface PlanLine {
  readonly title: string;
  readonly durationMs: number | null;
  readonly wholeBytes: number | null;
  readonly ways: readonly Way[];
}

export interface Fetched {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
  /** As it was said to be last. */
  readonly capture: Capture | undefined;
  readonly fault: Fault | undefined;
}

export interface FetchOptions {
  readonly home: string;
  readonly configFile: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What stands on its standard input; nothing when left out. */
  readonly input?: string;
}

/** A run that may be watched and stopped. */
export class FetchRun {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Fetched>;
  #out = "";
  #err = "";
  #look: () => void = () => undefined;

  /** `line`: what is run in place of the program itself, such as a terminal with it. */
  constructor(args: readonly string[], options: FetchOptions, line: readonly string[] = [program(), "fetch", ...args]) {
    const [command = "", ...rest] = line;
    const env = { PATH: process.env["PATH"], HOME: options.home, AURICLE_CONFIG: options.configFile, ...options.env };
    this.child = spawn(command, rest, { cwd: options.home, env });
    this.child.stdin.on("error", () => undefined);
    this.child.stdin.end(options.input ?? "");
    this.child.stdout.on("data", (bytes: Buffer) => {
      this.#out += bytes.toString("utf8");
      this.#look();
    });
    this.child.stderr.on("data", (bytes: Buffer) => (this.#err += bytes.toString("utf8")));
    this.ended = new Promise((resolve, reject) => {
      this.child.once("error", reject);
      this.child.once("close", (status) => resolve({ status, out: this.#out, err: this.#err, ...lastSaid(this.#out) }));
    });
  }

  /** Resolves when this has been printed on standard output, rejects when the program ends first. */
  printed(what: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#look = () => {
        if (what.test(this.#out)) resolve();
      };
      this.#look();
      this.ended.then(() => reject(new Error(`it ended without ${String(what)}: ${this.#out} ${this.#err}`)), reject);
    });
  }
}

export function runFetch(args: readonly string[], options: FetchOptions): Promise<Fetched> {
  return new FetchRun(args, options).ended;
}

export async function planOf(args: readonly string[], options: FetchOptions): Promise<PlanLine> {
  const { status, out, err } = await runFetch([...args, "--plan"], options);
  assert.equal(status, 0, err);
  return JSON.parse(out) as PlanLine;
}

function lastSaid(out: string): Pick<Fetched, "capture" | "fault"> {
  const lines = out.split("\n").filter((line) => line.startsWith("{"));
  const said = lines.map((line) => JSON.parse(line) as { event?: string; capture?: Capture });
  const capture = said.filter(({ event }) => event === "changed").at(-1)?.capture;
  return { capture, fault: capture?.error };
}
