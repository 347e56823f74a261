// WebDriver BiDi over a socket (W3C WebDriver BiDi, "Transport" and "Protocol"): commands with answers, and events.
import { WebSocket } from "ws";

import type { Plain } from "./evaluate.ts";

export type Params = { readonly [name: string]: Plain };

export interface BidiEvent {
  readonly method: string;
  readonly params: Params;
}

interface Message {
  readonly type: "success" | "error" | "event";
  readonly id?: number;
  readonly result?: Params;
  readonly error?: string;
  readonly message?: string;
  readonly method?: string;
  readonly params?: Params;
}

/** Longer than any command takes: a browser that hangs fails a test, and holds nobody up. */
const PATIENCE_MS = 120_000;

interface Asked {
  answer(result: Params): void;
  fail(error: Error): void;
}

export class Bidi {
  readonly #socket: WebSocket;
  readonly #asked = new Map<number, Asked>();
  readonly #listeners = new Set<(event: BidiEvent) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.#receive(JSON.parse(data.toString("utf8")) as Message));
    socket.on("close", () => this.#over(new Error("The browser has closed the connection.")));
    socket.on("error", (error) => this.#over(error));
  }

  /** `address`: as the browser says it at its start, `ws://…/session`. */
  static async connect(address: string): Promise<Bidi> {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    const bidi = new Bidi(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return bidi;
  }

  /** Fails with what the browser says, and when no answer comes. */
  async send(method: string, params: Params = {}): Promise<Params> {
    if (this.#socket.readyState !== WebSocket.OPEN) throw new Error(`${method}: there is no connection to the browser any more.`);
    const id = (this.#lastId += 1);
    const answered = new Promise<Params>((answer, fail) => this.#asked.set(id, { answer, fail }));
    this.#socket.send(JSON.stringify({ id, method, params }));
    return within(PATIENCE_MS, method, answered).finally(() => this.#asked.delete(id));
  }

  /** Acts, and waits for the next event of which that is true; subscribe to its kind before. */
  async eventUpon(what: string, wanted: (event: BidiEvent) => boolean, act: () => Promise<void>): Promise<void> {
    let look: (event: BidiEvent) => void = () => undefined;
    const seen = new Promise<void>((resolve) => {
      look = (event) => {
        if (wanted(event)) resolve();
      };
    });
    this.#listeners.add(look);
    try {
      await act();
      await within(PATIENCE_MS, what, seen);
    } finally {
      this.#listeners.delete(look);
    }
  }

  close(): void {
    this.#socket.close();
  }

  #receive({ type, id, result, error, message, method, params }: Message): void {
    if (type === "event") {
      for (const listener of [...this.#listeners]) listener({ method: method ?? "", params: params ?? {} });
      return;
    }
    const asked = this.#asked.get(id ?? 0);
    if (type === "success") asked?.answer(result ?? {});
    else asked?.fail(new Error(`${error ?? ""}: ${message ?? ""}`));
  }

  #over(error: Error): void {
    for (const { fail } of this.#asked.values()) fail(error);
  }
}

async function within<T>(timeoutMs: number, what: string, wanted: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error(`not within ${String(timeoutMs)} ms`)), timeoutMs)));
  try {
    return await Promise.race([wanted, late]);
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
