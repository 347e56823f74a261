// Makes servers that listen on loopback alone reachable under another address of the machine.
import { connect, createServer, type Server, type Socket } from "node:net";

export class Forwarder {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(readonly address: string) {}

  /** From now on `port` of the address leads to the same port of 127.0.0.1. */
  async open(port: number): Promise<void> {
    const server = createServer({ noDelay: true }, (outer) => this.#join(outer, connect({ host: "127.0.0.1", port, noDelay: true })));
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, this.address, resolve);
    });
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(outer: Socket, inner: Socket): void {
    for (const [socket, other] of [[outer, inner], [inner, outer]] as const) {
      this.#sockets.add(socket);
      socket.pipe(other);
      // One side's end by force is the other's.
      socket.on("error", () => other.destroy());
      socket.once("close", () => {
        this.#sockets.delete(socket);
        other.end();
      });
    }
  }
}
