// The TCP connections of one server, so that one can be reset and all can be ended.

import type { Socket } from "node:net";

export class Connections {
  readonly #byPort = new Map<number, Socket>();

  /** `socket`: the TCP one, below TLS. */
  add(socket: Socket): void {
    const port = socket.remotePort;
    if (port === undefined) return;
    this.#byPort.set(port, socket);
    socket.once("close", () => this.#byPort.delete(port));
    // A reset by the client is an ordinary thing here.
    socket.on("error", () => undefined);
  }

  /** RST instead of FIN: the client sees `connection reset by peer`. */
  reset(remotePort: number | undefined): void {
    if (remotePort !== undefined) this.#byPort.get(remotePort)?.resetAndDestroy();
  }

  destroyAll(): void {
    for (const socket of this.#byPort.values()) socket.destroy();
  }
}
