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

interface Asked {
  readonly method: string;
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

  /** Fails with what the browser says, and when the connection ends before the answer. */
  send(method: string, params: Params = {}): Promise<Params> {
    return new Promise((answer, fail) => {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        fail(new Error(`${method}: there is no connection to the browser any more.`));
        return;
      }
      this.#lastId += 1;
      this.#asked.set(this.#lastId, { method, answer, fail });
      this.#socket.send(JSON.stringify({ id: this.#lastId, method, params }));
    });
  }

  /** The next event of which that is true; subscribe to its kind before. `forget` gives up waiting. */
  expect(wanted: (event: BidiEvent) => boolean): { readonly event: Promise<BidiEvent>; forget(): void } {
    let look: (event: BidiEvent) => void = () => undefined;
    const forget = (): void => void this.#listeners.delete(look);
    const event = new Promise<BidiEvent>((resolve) => {
      look = (seen) => {
        if (!wanted(seen)) return;
        forget();
        resolve(seen);
      };
    });
    this.#listeners.add(look);
    return { event, forget };
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
    this.#asked.delete(id ?? 0);
    if (type === "success") asked?.answer(result ?? {});
    else asked?.fail(new Error(`${asked.method}: ${error ?? ""}: ${message ?? ""}`));
  }

  #over(error: Error): void {
    for (const { method, fail } of this.#asked.values()) fail(new Error(`${method}: ${error.message}`));
    this.#asked.clear();
  }
}
