// A program run to its end, and one that is started and ended when its work is done.
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

export interface ProgramRun {
  readonly wallS: number;
  readonly out: string;
}

export interface RunOptions {
  /** This process' own when left out. */
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the program (SIGTERM) when it is aborted. */
  readonly stop?: AbortSignal;
}

/** Of what it wrote on standard error, characters. */
const LAST_WORDS = 2000;

function start(command: readonly string[], { env = process.env, stop }: RunOptions): { readonly child: ChildProcess; readonly said: () => string } {
  const [program = "", ...rest] = command;
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], env, ...(stop === undefined ? {} : { signal: stop }) });
  let said = "";
  child.stderr?.on("data", (bytes: Buffer) => (said = (said + bytes.toString("utf8")).slice(-LAST_WORDS)));
  return { child, said: () => said };
}

/** Rejects, with the program's last words, when it cannot be started or fails. */
export function runProgram(command: readonly string[], options: RunOptions = {}): Promise<ProgramRun> {
  const began = performance.now();
  const { child, said } = start(command, options);
  let out = "";
  child.stdout?.on("data", (bytes: Buffer) => (out += bytes.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      if (status === 0) resolve({ wallS: (performance.now() - began) / 1000, out });
      else reject(new Error(`${command.join(" ")} failed: ${said().trim()}`));
    });
  });
}

/** Resolves when the program has written its first line, `expected`; the caller kills it. */
export async function startUntil(command: readonly string[], expected: string): Promise<ChildProcess> {
  const { child, said } = start(command, {});
  const first = await new Promise<string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(""));
    if (child.stdout !== null) createInterface({ input: child.stdout }).once("line", resolve);
  });
  if (first === expected) return child;
  child.kill("SIGKILL");
  throw new Error(said().trim() || `${command[0] ?? ""} did not get ready`);
}
