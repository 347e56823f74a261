// A host as a child process behind the bridge's Port, as a browser would start it. For tests only.
import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { EndedPort, Port } from "../src/port.ts";
import type { SeenFrame } from "../../schema/check.ts";

export interface ChildPortOptions {
  /** The host's program. */
  program: string;
  /** Before the origin, e.g. a script when the program is an interpreter. Default: none. */
  args?: string[];
  /** What the browser passes as the caller's origin. Default: our Chromium extension's. */
  origin?: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Every frame of both directions is added here, in the order in which it was seen. */
  record?: SeenFrame[];
  /** Gets the host's standard error; default: it is kept in `ChildPort.stderr`. */
  onStderr?: (text: string) => void;
  /** How long the child may live after its input has ended before it is killed, ms. Default 2,000, as in Chromium. */
  killAfterMs?: number;
}

export interface ChildPort extends Port {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** What the host wrote on standard error so far. */
  readonly stderr: string;
  /** Resolves when the child is gone. */
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const ORIGIN = "chrome-extension://eifomnnboajlnambmpbbmkdaibgfclnl/";
const HEADER_BYTES = 4;
/** As the browsers have it: a longer message from the host ends the port. */
const REPLY_LIMIT_BYTES = 1_048_576;

/** One frame as bytes: 32-bit little-endian length, then UTF-8 JSON. */
export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message), "utf8");
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(body.length);
  return Buffer.concat([header, body]);
}

class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /** Adds bytes, returns the frames that are whole. Throws in the browsers' words on a frame they would refuse. */
  take(bytes: Buffer): unknown[] {
    this.#held = Buffer.concat([this.#held, bytes]);
    const frames: unknown[] = [];
    while (this.#held.length >= HEADER_BYTES) {
      const length = this.#held.readUInt32LE();
      if (length > REPLY_LIMIT_BYTES) {
        throw new Error(`Native application tried to send a message of ${length} bytes, which exceeds the limit of ${REPLY_LIMIT_BYTES} bytes.`);
      }
      if (this.#held.length < HEADER_BYTES + length) break;
      frames.push(JSON.parse(this.#held.toString("utf8", HEADER_BYTES, HEADER_BYTES + length)));
      this.#held = this.#held.subarray(HEADER_BYTES + length);
    }
    return frames;
  }
}

/** Starts a host and speaks to it. Each call is one life of the host, so `open: () => childPort({…})` fits the bridge. */
export function childPort(options: ChildPortOptions): ChildPort {
  const { program, args = [], origin = ORIGIN, cwd, env = process.env, record, onStderr, killAfterMs = 2_000 } = options;
  const child = spawn(program, [...args, origin], { stdio: ["pipe", "pipe", "pipe"], env, ...(cwd === undefined ? {} : { cwd }) });
  const messageListeners: ((message: unknown) => void)[] = [];
  const endListeners: ((port: EndedPort) => void)[] = [];
  const reader = new FrameReader();
  let stderr = "";
  let open = true;
  let tellEnd = true;

  const end = (message: string): void => {
    open = false;
    if (!tellEnd) return;
    tellEnd = false;
    for (const listener of endListeners) listener({ error: { message } });
  };
  const stop = (): void => {
    child.stdin.end();
    const killer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    child.once("exit", () => clearTimeout(killer));
  };

  child.stdin.on("error", () => undefined);
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    onStderr?.(text);
  });
  child.stdout.on("data", (bytes: Buffer) => {
    try {
      for (const frame of reader.take(bytes)) {
        record?.push({ from: "host", frame });
        for (const listener of messageListeners) listener(frame);
      }
    } catch (error) {
      end(error instanceof Error ? error.message : String(error));
      stop();
    }
  });
  child.stdout.on("end", () => end("Native host has exited."));
  child.on("error", () => end("Specified native messaging host not found."));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("error", () => resolve({ code: null, signal: null }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });

  return {
    process: child,
    exited,
    get stderr() {
      return stderr;
    },
    postMessage(message) {
      if (!open) throw new Error("Attempting to use a disconnected port object");
      record?.push({ from: "client", frame: message });
      child.stdin.write(encodeFrame(message));
    },
    disconnect() {
      open = false;
      tellEnd = false;
      stop();
    },
    onMessage: { addListener: (listener) => void messageListeners.push(listener) },
    onDisconnect: { addListener: (listener) => void endListeners.push(listener) },
  };
}
