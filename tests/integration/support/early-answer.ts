// A backend that refuses the plain form before it has read it: when it sees the head alone, or in the middle of the
// body, and then lets the connection go, as many a server and proxy does.
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export type Early =
  /** At once, so that whoever asks first need not send the body at all. */
  | "for the head"
  /** Takes the invitation back once this much of the body has come; the connection is reset with bytes unread. */
  | { readonly afterBytes: number };

export class EarlyAnswer {
  /** Bytes of bodies that have come. */
  received = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(early: Early, answer: { readonly status: number; readonly detail: string }) {
    const body = JSON.stringify({ detail: answer.detail });
    const refusal = `HTTP/1.1 ${String(answer.status)} No\r\nContent-Type: application/json\r\nContent-Length: ${String(body.length)}\r\nConnection: close\r\n\r\n${body}`;
    const absent = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      let head = "";
      let left = early === "for the head" ? 0 : early.afterBytes;
      socket.on("error", () => undefined);
      socket.on("data", (chunk: Buffer) => {
        if (head.includes("\r\n\r\n")) {
          this.received += chunk.length;
          left -= chunk.length;
          if (left > 0) return;
          socket.pause();
          // The reset follows the answer: bytes of the body are unread.
          socket.write(refusal, () => socket.resetAndDestroy());
          return;
        }
        head += chunk.toString("latin1");
        if (!head.includes("\r\n\r\n")) return;
        if (!head.startsWith("POST /api/lectures/audio ")) socket.end(absent);
        else if (left > 0) socket.write("HTTP/1.1 100 Continue\r\n\r\n");
        else socket.end(refusal);
      });
    });
  }

  static async start(early: Early, answer: { readonly status: number; readonly detail: string }): Promise<EarlyAnswer> {
    const made = new EarlyAnswer(early, answer);
    await new Promise<void>((resolve) => made.#server.listen(0, "127.0.0.1", resolve));
    return made;
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
