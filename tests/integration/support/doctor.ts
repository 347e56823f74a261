// A home with browsers and a registered host, `auricle doctor` run in it, and a host started as its manifest says.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { encodeFrame } from "../../../extension-bridge/bridge/testing/child-port.ts";
import { program } from "./program.ts";

export const CHROMIUM = { origin: "chrome-extension://eifomnnboajlnambmpbbmkdaibgfclnl/", folder: ".config/chromium/NativeMessagingHosts" };
export const FIREFOX = { id: "extension@auricle", folder: ".mozilla/native-messaging-hosts" };
const MANIFEST = "org.auricle.host.json";

export type Severity = "fine" | "note" | "warning" | "broken";

export interface Finding {
  readonly id: string;
  readonly severity: Severity;
  readonly about: string;
  readonly sentence: string;
  readonly remedy?: string;
  readonly fixable: boolean;
}

export interface Report {
  readonly status: Severity;
  readonly version: string;
  readonly program: string;
  readonly findings: readonly Finding[];
  readonly mended?: readonly { readonly id: string; readonly about: string; readonly what: string }[];
  readonly left?: readonly (Finding & { readonly why?: string })[];
}

export interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Manifest {
  name: string;
  description: string;
  path: string;
  type?: string;
  allowed_origins?: string[];
  allowed_extensions?: string[];
}

/** Folders that stand over the system's own while a command runs: [what, over which]. */
export type Mounts = readonly (readonly [string, string])[];

export class DoctorHome {
  readonly path = mkdtempSync(join(tmpdir(), "auricle-doctor-"));
  /** What the next commands find in the place of the system's own folders. */
  mounts: Mounts = [];

  constructor() {
    for (const profile of [".config/chromium/Default", ".mozilla/firefox"]) mkdirSync(this.at(profile), { recursive: true });
  }

  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  write(name: string, text: string, mode = 0o644): string {
    const file = this.at(name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  }

  configure(config: unknown): void {
    this.write(".config/auricle/config.json", typeof config === "string" ? config : JSON.stringify(config));
  }

  manifestFile(browser: { readonly folder: string } = CHROMIUM): string {
    return this.at(browser.folder, MANIFEST);
  }

  manifest(browser: { readonly folder: string } = CHROMIUM): Manifest {
    return JSON.parse(readFileSync(this.manifestFile(browser), "utf8")) as Manifest;
  }

  /** Writes the manifest anew with something changed. */
  change(how: (manifest: Manifest) => void, browser: { readonly folder: string } = CHROMIUM): void {
    const manifest = this.manifest(browser);
    how(manifest);
    writeFileSync(this.manifestFile(browser), JSON.stringify(manifest));
  }

  /** The manifest starts a script in the program's place. */
  startScript(text: string, mode = 0o755): void {
    const script = this.write("bin/auricle", text, mode);
    this.change((manifest) => (manifest.path = script));
  }

  /** Runs the program in this home; with mounts, in a mount namespace of its own. */
  run(args: readonly string[], input: string | undefined = undefined): Promise<Ended> {
    const mounting = this.mounts.map(([from, over]) => `mount --bind '${from}' '${over}'`).join(" && ");
    const under = this.mounts.length === 0 ? [] : ["unshare", "-rm", "sh", "-c", `${mounting} && exec "$@"`, "sh"];
    const [command = "", ...rest] = [...under, program(), ...args];
    const child = spawn(command, rest, { env: { PATH: process.env["PATH"], HOME: this.path }, cwd: this.path, stdio: "pipe" });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    let out = "";
    let err = "";
    child.stdout.on("data", (bytes: Buffer) => (out += bytes.toString("utf8")));
    child.stderr.on("data", (bytes: Buffer) => (err += bytes.toString("utf8")));
    return new Promise((resolve) => child.once("close", (status) => resolve({ status, out, err })));
  }

  async examine(...options: string[]): Promise<Report & { readonly exit: number | null }> {
    const { status, out, err } = await this.run(["doctor", "--json", ...options]);
    assert.notEqual(out, "", err);
    return { ...(JSON.parse(out) as Report), exit: status };
  }

  /** The version that the registered host says hello with, when it is started as the manifest has it. */
  async greet(browser: typeof CHROMIUM | typeof FIREFOX = CHROMIUM): Promise<string> {
    const { path } = this.manifest(browser);
    const args = "id" in browser ? [this.manifestFile(browser), browser.id] : [browser.origin];
    const child = spawn(path, args, { cwd: dirname(path), env: { HOME: this.path, PATH: "/usr/bin:/bin" }, stdio: ["pipe", "pipe", "ignore", "id" in browser ? "pipe" : "ignore"] });
    const [stdin, stdout] = [child.stdin as Writable, child.stdout as Readable];
    stdin.end(encodeFrame({ jsonrpc: "2.0", id: 1, method: "hello", params: { protocol: [1], client: { name: "test", version: "1", browser: "none" } } }));
    const chunks: Buffer[] = [];
    stdout.on("data", (bytes: Buffer) => chunks.push(bytes));
    await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
    const frames = Buffer.concat(chunks);
    const reply = JSON.parse(frames.toString("utf8", 4, 4 + frames.readUInt32LE())) as { result: { host: { version: string } } };
    return reply.result.host.version;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A script that answers with one frame of this JSON and waits for the end of its input. */
export function answeringScript(reply: unknown): string {
  const octal = [...encodeFrame(reply)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  return `#!/bin/sh\nprintf '${octal}'\nexec cat >/dev/null\n`;
}

/** A folder of the system's that a test can cover; undefined where this machine has none or lets nobody cover it. */
export function systemFolder(path: string, canMount: boolean): string | undefined {
  return canMount && existsSync(path) ? path : undefined;
}
