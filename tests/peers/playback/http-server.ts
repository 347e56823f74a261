// The playback server on a socket: HTTP/1.1, with TLS or (behind a proxy, or for a trial on one machine) without.

import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Body } from "../wire/answer.ts";
import { bodyLength, isList } from "../wire/answer.ts";
import { parseCookies } from "../wire/request.ts";
import type { PlaybackRequest } from "./request.ts";
import type { PlaybackService } from "./service.ts";

export interface HttpServerOptions {
  readonly service: PlaybackService;
  /** PEM text; left out: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How many proxies of the site's own stand in front: so many addresses at the end of X-Forwarded-For are believed. 0 when left out. */
  readonly proxies?: number;
}

export class HttpServer {
  readonly #server: Server;
  readonly #options: HttpServerOptions;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    const take = (incoming: IncomingMessage, response: ServerResponse): void => void this.#serve(incoming, response);
    this.#server = options.tls === undefined ? createServer(take) : createSecureServer(options.tls, take);
  }

  /** Resolves to the port. `port` 0: any free one. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no more requests, and lets those that are under way end. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeIdleConnections();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#options.service.handle(this.#request(incoming));
    const headers: OutgoingHttpHeaders = { "content-length": bodyLength(answer.body), "x-content-type-options": "nosniff" };
    for (const [name, value] of Object.entries(answer.headers)) headers[name] = typeof value === "string" ? value : [...value];
    response.writeHead(answer.status, headers);
    // A client that leaves in the middle is no failure.
    if (incoming.method === "HEAD") response.end();
    else if (Buffer.isBuffer(answer.body)) response.end(answer.body);
    else await pipeline(Readable.from(pieces(answer.body)), response).catch(() => undefined);
    incoming.resume();
  }

  #request(incoming: IncomingMessage): PlaybackRequest {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(incoming.headers)) if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
    const [path = "/", search = ""] = (incoming.url ?? "/").split("?", 2);
    const address = addressOf(incoming.socket.remoteAddress ?? "", headers["x-forwarded-for"], this.#options.proxies ?? 0);
    return { method: incoming.method ?? "GET", path, query: new URLSearchParams(search), headers, cookies: parseCookies(headers["cookie"]), body: incoming, address };
  }
}

/** Each proxy adds at the end whom it heard from: what stands further in front may be made up by the client. */
export function addressOf(peer: string, forwarded: string | undefined, proxies: number): string {
  if (proxies === 0) return peer;
  const named = (forwarded ?? "").split(",").map((text) => text.trim()).filter((text) => text !== "");
  return named.at(-proxies) ?? named[0] ?? peer;
}

async function* pieces(body: Body): AsyncGenerator<Buffer> {
  if (isList(body)) for (const part of body) yield* pieces(part);
  else if (Buffer.isBuffer(body)) yield body;
  else if (body.end > body.start) yield* createReadStream(body.file, { start: body.start, end: body.end - 1 }) as AsyncIterable<Buffer>;
}
