// Gives the peers their true names in a browser that maps no names itself: an HTTP proxy which leads CONNECT to them and nowhere else.
import { createServer } from "node:http";
import type { Server } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";

export class NamesProxy {
  readonly #sockets = new Set<Socket>();

  private constructor(readonly server: Server) {}

  /** `routes`: HOST:PORT:HOST:PORT, as curl's --connect-to has it. */
  static async start(routes: readonly string[]): Promise<NamesProxy> {
    const ways = new Map(routes.map((route): [string, [string, number]] => {
      const [name = "", port = "", host = "", ownPort = ""] = route.split(":");
      return [`${name}:${port}`, [host, Number(ownPort)]];
    }));
    // Whatever is no CONNECT, and every other name, leads nowhere: a test reaches nobody outside.
    const server = createServer((_, response) => response.writeHead(502).end());
    const proxy = new NamesProxy(server);
    server.on("connect", (request, client: Socket, head: Buffer) => {
      const way = ways.get(request.url ?? "");
      if (way) proxy.#join(client, head, way);
      else client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection, also those that browser and peer would keep. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    this.server.closeAllConnections();
    await closed;
  }

  #join(client: Socket, head: Buffer, [host, port]: readonly [string, number]): void {
    const peer = connect(port, host, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      if (head.length > 0) peer.write(head);
      peer.pipe(client).pipe(peer);
    });
    for (const [socket, other] of [[client, peer], [peer, client]] as const) {
      this.#sockets.add(socket);
      // One side that breaks takes the other with it, as a wire would.
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
