// HTTP/1.1's and HTTP/2's responses, made alike.

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { constants } from "node:http2";
import type { Http2ServerResponse } from "node:http2";
import type { Connections } from "./connection.ts";
import type { Responder } from "./sender.ts";

interface Writable {
  write(chunk: Buffer, callback: (error?: Error | null) => void): boolean;
  end(callback: () => void): unknown;
  once(event: "close", listener: () => void): unknown;
  on(event: "error", listener: () => void): unknown;
}

class Ending {
  #over = false;
  readonly closed: Promise<void>;

  constructor(response: Writable) {
    this.closed = new Promise((resolve) => {
      response.once("close", () => {
        this.#over = true;
        resolve();
      });
    });
    // The client's leaving shows as `close`; the error that comes with it says nothing more.
    response.on("error", () => undefined);
  }

  isClosed(): boolean {
    return this.#over;
  }
}

function write(response: Writable, ending: Ending, chunk: Buffer): Promise<boolean> {
  if (ending.isClosed()) return Promise.resolve(false);
  const handed = new Promise<boolean>((resolve) => response.write(chunk, (error) => resolve(error == null)));
  return Promise.race([handed, ending.closed.then(() => false)]);
}

function end(response: Writable, ending: Ending): Promise<void> {
  if (ending.isClosed()) return Promise.resolve();
  return Promise.race([new Promise<void>((resolve) => response.end(resolve)), ending.closed]);
}

export function respondHttp1(response: ServerResponse, connections: Connections): Responder {
  const ending = new Ending(response);
  const port = response.req.socket.remotePort;
  return {
    writeHead: (status: number, headers: OutgoingHttpHeaders) => void response.writeHead(status, headers),
    write: (chunk) => write(response, ending, chunk),
    end: () => end(response, ending),
    closed: ending.closed,
    isClosed: () => ending.isClosed(),
    reset: () => connections.reset(port),
    drop: () => connections.reset(port),
    truncate: () => response.req.socket.end(),
  };
}

export function respondHttp2(response: Http2ServerResponse, connections: Connections): Responder {
  const ending = new Ending(response);
  const port = response.req.socket.remotePort;
  return {
    writeHead: (status: number, headers: OutgoingHttpHeaders) => void response.writeHead(status, headers),
    write: (chunk) => write(response, ending, chunk),
    end: () => end(response, ending),
    closed: ending.closed,
    isClosed: () => ending.isClosed(),
    reset: () => response.stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    drop: () => connections.reset(port),
    truncate: () => void response.end(),
  };
}
