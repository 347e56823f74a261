// Starts the FastAPI backend for tests, on any free port, and ends it.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Debian's own: another python3 that comes first on PATH would not have Debian's modules. */
const PYTHON = "/usr/bin/python3";

export interface FastApiOptions {
  /** Where its files are kept; made when it is not there. */
  readonly dir: string;
  /** A random one when left out. */
  readonly token?: string;
  /** The largest file (bytes, inclusive); 100 MiB when left out. */
  readonly maxBytes?: number;
}

export class FastApiBackend {
  readonly #server: ChildProcess;

  private constructor(
    server: ChildProcess,
    /** `http://127.0.0.1:PORT` */
    readonly origin: string,
    readonly token: string,
    readonly dir: string,
  ) {
    this.#server = server;
  }

  /** Resolves when it takes connections. Throws with its own words where it does not, as without Debian's modules. */
  static async start(options: FastApiOptions): Promise<FastApiBackend> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    const token = options.token ?? randomBytes(24).toString("base64url");
    const limit = options.maxBytes === undefined ? {} : { STUDY_MAX_BYTES: String(options.maxBytes) };
    const server = spawn(PYTHON, ["-m", "uvicorn", "backend:app", "--host", "127.0.0.1", "--port", "0"], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1", STUDY_FOLDER: options.dir, STUDY_TOKEN: token, ...limit },
      stdio: ["ignore", "ignore", "pipe"],
    });
    return new FastApiBackend(server, await originOf(server), token, options.dir);
  }

  get port(): number {
    return Number(new URL(this.origin).port);
  }

  /** The file of a lecture. */
  audioFile(id: string): string {
    return join(this.dir, id);
  }

  async stop(): Promise<void> {
    const ended = this.#server.exitCode === null ? once(this.#server, "exit") : undefined;
    this.#server.kill("SIGTERM");
    await ended;
  }
}

async function originOf(server: ChildProcess): Promise<string> {
  if (server.stderr === null) throw new Error("the server's log is not to be read");
  const seen: string[] = [];
  for await (const line of createInterface({ input: server.stderr })) {
    seen.push(line);
    const origin = /running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (origin === undefined) continue;
    // Read on, or its log would fill the pipe and hold it up.
    server.stderr.resume();
    return origin;
  }
  throw new Error(`The FastAPI backend did not start (Debian's packages are python3-fastapi, python3-uvicorn, python3-multipart): ${seen.join("\n")}`);
}
