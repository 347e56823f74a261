// One server on a loopback port: TLS with HTTP/2 and HTTP/1.1 (or plain HTTP/1.1), records of all that comes, faults on order.

import type { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { PassThrough } from "node:stream";
import type { Readable } from "node:stream";
import { createSecureContext } from "node:tls";
import type { SecureContext, SecureContextOptions, TlsOptions } from "node:tls";
import type { Certificate } from "../authority/authority.ts";
import type { Answer } from "./answer.ts";
import { bytesAnswer } from "./answer.ts";
import { Connections } from "./connection.ts";
import type { Fault, FaultRule, FaultTarget, FiringFault } from "./fault.ts";
import { FaultPlan, faultOf } from "./fault.ts";
import { Recorder } from "./record.ts";
import type { RequestRecord } from "./record.ts";
import { parseCookies } from "./request.ts";
import type { WireRequest } from "./request.ts";
import { respondHttp1, respondHttp2 } from "./responder.ts";
import { held, pause, send } from "./sender.ts";
import type { Responder } from "./sender.ts";

export interface ListenerOptions {
  /** What the records call this server. */
  readonly server: string;
  /** Left out: plain HTTP/1.1, for a loopback address only. */
  readonly tls?: {
    /** For any name that has none of its own. */
    readonly certificate: Certificate;
    /** One certificate a name, so that a browser never joins two names on one HTTP/2 connection. */
    readonly byName?: ReadonlyMap<string, Certificate>;
    /** Speaks no HTTP/2, as an old front end. */
    readonly http1Only?: boolean;
  };
  readonly handler: (request: WireRequest) => Promise<Answer>;
  /**
   * Told all that arrives: heads and bodies as they are decoded (HTTP/2's heads are compressed, and chunks could cut a
   * word in two), and on HTTP/1.1 also the plain bytes as they come out of TLS, whether they make a request or not.
   */
  readonly tap?: (bytes: Buffer) => void;
}

type Incoming = IncomingMessage | Http2ServerRequest;

const UPLOAD_WINDOW_BYTES = 4 * 1024 * 1024;

export class Listener {
  readonly recorder = new Recorder();
  readonly faults = new FaultPlan();
  readonly #options: ListenerOptions;
  readonly #connections = new Connections();
  readonly #server: Server;
  #sequence = 0;
  #port = 0;
  #failure: unknown;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = options.tls === undefined ? this.#plainServer() : this.#secureServer(options.tls);
    this.#server.on("connection", (socket: Socket) => this.#connections.add(socket));
  }

  get port(): number {
    return this.#port;
  }

  /** The first thing a handler threw: a fault of the peer itself, which a test should not overlook. */
  get failure(): unknown {
    return this.#failure;
  }

  /** `port` 0: any free one. */
  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => resolve());
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection at once. */
  async stop(): Promise<void> {
    this.faults.clear();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#connections.destroyAll();
    });
  }

  /** Ends every connection, as a network that goes away; new ones are taken. */
  dropConnections(): void {
    this.#connections.destroyAll();
  }

  fail(fault: Fault, target: FaultTarget = {}): FaultRule {
    return this.faults.add(fault, target);
  }

  #plainServer(): Server {
    const server = createServer();
    server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, respondHttp1(response, this.#connections)));
    this.#watch(server, "connection");
    return server;
  }

  #secureServer(tls: NonNullable<ListenerOptions["tls"]>): Server {
    const contexts = new Map<string, SecureContext>();
    for (const [name, certificate] of tls.byName ?? []) contexts.set(name, createSecureContext({ key: certificate.key, cert: certificate.cert }));
    const fallback = createSecureContext({ key: tls.certificate.key, cert: tls.certificate.cert });
    const secure: SecureContextOptions & TlsOptions = {
      key: tls.certificate.key,
      cert: tls.certificate.cert,
      SNICallback: (name, done) => done(null, contexts.get(name.toLowerCase()) ?? fallback),
    };
    const settings = { initialWindowSize: UPLOAD_WINDOW_BYTES, maxConcurrentStreams: 128 };
    const server: Server = tls.http1Only === true ? createHttpsServer(secure) : createSecureServer({ ...secure, allowHTTP1: true, settings });
    server.on("request", (request: Incoming, response: ServerResponse | Http2ServerResponse) => {
      // Both kinds arrive on one event; only the version tells them apart.
      const out = request.httpVersionMajor === 2 ? respondHttp2(response as Http2ServerResponse, this.#connections) : respondHttp1(response as ServerResponse, this.#connections);
      void this.#serve(request, out);
    });
    // A client that refuses our certificate, or leaves in the middle, is no fault of ours.
    server.on("tlsClientError", () => undefined);
    server.on("sessionError", () => undefined);
    this.#watch(server, "secureConnection");
    return server;
  }

  #watch(server: EventEmitter, event: string): void {
    const tap = this.#options.tap;
    server.on(event, (socket: Socket & { alpnProtocol?: string | false | null }) => {
      socket.on("error", () => undefined);
      if (tap !== undefined && socket.alpnProtocol !== "h2") socket.on("data", (bytes: Buffer) => tap(bytes));
    });
  }

  async #serve(incoming: Incoming, out: Responder): Promise<void> {
    const request = this.#open(incoming, out.closed);
    const record = recordOf(request, this.#options.server);
    this.recorder.add(record);
    const body = this.#receive(incoming, request, record);
    const answer = await this.#answer({ ...request, body }, out);
    if (answer !== undefined) {
      record.status = answer.status;
      const location = answer.headers["location"];
      record.location = typeof location === "string" ? location : undefined;
      this.recorder.changed(record);
      const whole = await send(out, request.method, answer, request.faults, (bytes) => {
        record.bytesSent += bytes;
        this.recorder.changed(record);
      }).catch(() => false);
      record.outcome = whole ? "complete" : "cut";
    } else {
      record.outcome = "cut";
    }
    // What the handler did not read is read all the same, so that the record is whole.
    body.resume();
    this.recorder.changed(record);
  }

  /** Undefined: the client left, or was thrown out, before there was an answer. */
  async #answer(request: WireRequest, out: Responder): Promise<Answer | undefined> {
    for (const { fault, rule } of request.faults) {
      if (fault.kind === "silence" && !(await held(out, rule.released))) return undefined;
      if (fault.kind === "delay" && !(await pause(out, fault.ms))) return undefined;
    }
    const ordered = orderedAnswer(request.faults);
    if (ordered !== undefined) return ordered;
    try {
      const answer = await this.#options.handler(request);
      return out.isClosed() ? undefined : answer;
    } catch (error) {
      this.#failure ??= error;
      return bytesAnswer(500, "text/plain; charset=utf-8", `the peer itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }

  #open(incoming: Incoming, closed: Promise<void>): WireRequest {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(incoming.headers)) {
      if (value !== undefined && !name.startsWith(":")) headers[name] = Array.isArray(value) ? value.join(", ") : value;
    }
    const authority = incoming.headers[":authority"] ?? incoming.headers.host ?? "";
    const target = incoming.url ?? "/";
    const [path = "/", search = ""] = split(target, "?");
    this.#sequence += 1;
    const request: WireRequest = {
      sequence: this.#sequence,
      protocol: incoming.httpVersionMajor === 2 ? "h2" : "http/1.1",
      host: String(authority).toLowerCase().replace(/:\d+$/, ""),
      method: incoming.method ?? "GET",
      target,
      path,
      query: new URLSearchParams(search),
      headers,
      cookies: parseCookies(headers["cookie"]),
      body: incoming,
      faults: [],
      closed,
      address: incoming.socket.remoteAddress ?? "",
    };
    this.#options.tap?.(Buffer.from(headOf(request, incoming.rawHeaders), "latin1"));
    return { ...request, faults: this.faults.take(request) };
  }

  /** The request's body, counted and recorded. It ends, and does not fail, when the client leaves. */
  #receive(incoming: Incoming, request: WireRequest, record: RequestRecord): Readable {
    const cut = faultOf(request.faults, "reset-request");
    const stream = new PassThrough();
    const port = incoming.socket.remotePort;
    const take = (chunk: Buffer): void => {
      if (stream.writableEnded) return;
      const kept = cut === undefined ? chunk : chunk.subarray(0, Math.max(0, cut.afterBytes - record.bytesReceived));
      record.bytesReceived += kept.length;
      this.#options.tap?.(kept);
      if (kept.length > 0 && !stream.write(kept)) {
        incoming.pause();
        stream.once("drain", () => incoming.resume());
      }
      this.recorder.changed(record);
      if (cut !== undefined && record.bytesReceived >= cut.afterBytes) {
        stream.end();
        this.#connections.reset(port);
      }
    };
    incoming.on("data", take);
    incoming.once("end", () => stream.end());
    incoming.once("close", () => stream.end());
    incoming.on("error", () => stream.end());
    return stream;
  }
}

function recordOf(request: WireRequest, server: string): RequestRecord {
  return {
    sequence: request.sequence,
    at: Date.now(),
    server,
    protocol: request.protocol,
    host: request.host,
    method: request.method,
    path: request.target,
    headers: request.headers,
    cookie: request.headers["cookie"],
    authorization: request.headers["authorization"],
    status: 0,
    location: undefined,
    bytesReceived: 0,
    bytesSent: 0,
    outcome: "open",
    faults: request.faults.map(({ fault }) => fault.kind),
  };
}

/** The faults that answer in the handler's place. */
function orderedAnswer(faults: readonly FiringFault[]): Answer | undefined {
  const status = faultOf(faults, "status");
  if (status !== undefined) {
    const { retryAfter } = status;
    const wait = retryAfter === undefined ? {} : { "retry-after": retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter) };
    return bytesAnswer(status.status, status.type ?? "text/plain; charset=utf-8", status.body ?? `status ${String(status.status)} on order`, wait);
  }
  const redirect = faultOf(faults, "redirect");
  const to = redirect?.to[0];
  return redirect === undefined || to === undefined ? undefined : bytesAnswer(redirect.status ?? 302, "text/html; charset=utf-8", "", { location: to });
}

function headOf(request: WireRequest, rawHeaders: readonly string[]): string {
  const lines = [`${request.method} ${request.target} ${request.protocol}`];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) lines.push(`${rawHeaders[at] ?? ""}: ${rawHeaders[at + 1] ?? ""}`);
  return `\r\n${lines.join("\r\n")}\r\n\r\n`;
}

function split(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
