// A host spoken to in bytes, for what no bridge would ever send.
import { spawn, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { encodeFrame } from "../../../extension-bridge/bridge/testing/child-port.ts";
import { program } from "./program.ts";
import type { Exit } from "./running-host.ts";

export const CHROMIUM_ORIGIN = "chrome-extension://eifomnnboajlnambmpbbmkdaibgfclnl/";

export interface Reply {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: { readonly kind?: string; readonly retryable?: boolean; readonly path?: string } };
}

/** Browsers end the port on text that is no UTF-8. */
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** As Firefox starts a host: SIGPIPE is ignored in it from the first instruction on. Goes before the program. */
export const IGNORING_SIGPIPE: readonly string[] = ["/bin/sh", "-c", 'trap "" PIPE; exec "$0" "$@"'];

export interface RawOptions {
  readonly home: string;
  readonly args?: readonly string[];
  /** Before the program's own command line. */
  readonly under?: readonly string[];
  readonly configFile?: string;
}

export class RawHost {
  readonly replies: Reply[] = [];
  /** Bytes of the longest frame so far. */
  longestBytes = 0;
  stderr = "";
  /** Descriptor 3, as the browser's end of it sees it. */
  readonly sentinel = { bytes: 0, isOpen: true };
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  #held: Buffer = Buffer.alloc(0);
  #look: () => void = () => undefined;
  #lastId = 1_000_000;

  constructor({ home, args = [CHROMIUM_ORIGIN], under = [], configFile }: RawOptions) {
    // Descriptor 3 stands for whatever a browser has left open in its children.
    const env = { PATH: process.env["PATH"], HOME: home, ...(configFile === undefined ? {} : { AURICLE_CONFIG: configFile }) };
    const [first = "", ...others] = [...under, program(), ...args];
    this.#child = spawn(first, others, { stdio: ["pipe", "pipe", "pipe", "pipe"], env, cwd: home });
    this.#stdin = this.#child.stdin as Writable;
    this.#stdin.on("error", () => undefined);
    (this.#child.stdout as Readable).on("data", (bytes: Buffer) => this.#take(bytes));
    (this.#child.stderr as Readable).on("data", (bytes: Buffer) => (this.stderr += bytes.toString("utf8")));
    const sentinel = this.#child.stdio[3] as Readable;
    sentinel.on("data", (bytes: Buffer) => (this.sentinel.bytes += bytes.length)).on("end", () => (this.sentinel.isOpen = false));
    this.exited = new Promise((resolve) => this.#child.once("close", (code, signal) => resolve({ code, signal })));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Bytes on standard output that make no whole frame: none may be left at the end. */
  get unread(): number {
    return this.#held.length;
  }

  /** Resolves when the bytes are in the pipe. */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.#stdin.write(bytes, () => resolve()));
  }

  /** A request and its answer. */
  async ask(method: string, params: unknown, id: string | number = ++this.#lastId): Promise<Reply> {
    await this.write(encodeFrame({ jsonrpc: "2.0", id, method, params }));
    return this.until((reply) => reply.id === id && reply.method === undefined);
  }

  hello(id?: string | number): Promise<Reply> {
    return this.ask("hello", { protocol: [1], client: { name: "raw", version: "1", browser: "node" } }, id);
  }

  /** The first reply, from now or before, that satisfies the predicate. */
  until(what: (reply: Reply) => boolean, timeoutMs = 60_000): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no such reply; the last is ${JSON.stringify(this.replies.at(-1))?.slice(0, 400) ?? "none"}, stderr ${this.stderr}`)), timeoutMs);
      this.#look = () => {
        const found = this.replies.find(what);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#look = () => undefined;
        resolve(found);
      };
      this.#look();
    });
  }

  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${String(this.pid)}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** From now on nobody reads what the host writes, as when a browser was killed. */
  stopReading(): void {
    this.#child.stdout?.destroy();
  }

  leave(): Promise<Exit> {
    this.#stdin.end();
    return this.exited;
  }

  #take(bytes: Buffer): void {
    this.#held = Buffer.concat([this.#held, bytes]);
    while (this.#held.length >= 4) {
      const length = this.#held.readUInt32LE();
      if (this.#held.length < 4 + length) break;
      this.longestBytes = Math.max(this.longestBytes, length);
      this.replies.push(JSON.parse(UTF8.decode(this.#held.subarray(4, 4 + length))) as Reply);
      this.#held = this.#held.subarray(4 + length);
    }
    this.#look();
  }
}

export function frameOf(body: Buffer | string): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.length);
  return Buffer.concat([head, bytes]);
}
