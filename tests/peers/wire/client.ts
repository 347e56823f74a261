// A small client for the peers' own tests: true names, our authority, either protocol, and every way in which an answer can break.

import { readFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { connect } from "node:http2";
import { request as secureRequest } from "node:https";

export interface Target {
  /** PEM; left out: plain HTTP. */
  readonly caFile?: string;
  readonly port: number;
}

export interface Ask {
  readonly protocol?: "http/1.1" | "h2";
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Called with all that has come so far; true leaves at once. */
  readonly leave?: (received: number) => boolean;
}

export interface Got {
  /** 0 when there was no answer at all. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** False when the answer broke off. */
  readonly whole: boolean;
  readonly text: string;
}

const SILENCE_MS = 5000;

/** Never rejects for what the server does: a broken answer is told in `whole` and `status`. */
export function ask(target: Target, url: string, options: Ask = {}): Promise<Got> {
  return options.protocol === "h2" ? askHttp2(target, new URL(url), options) : askHttp1(target, new URL(url), options);
}

class Answering {
  status = 0;
  headers: IncomingHttpHeaders = {};
  readonly #chunks: Buffer[] = [];
  received = 0;

  take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.received += chunk.length;
  }

  done(whole: boolean): Got {
    const body = Buffer.concat(this.#chunks);
    const promised = this.headers["content-length"];
    return { status: this.status, headers: this.headers, body, whole: whole && (promised === undefined || Number(promised) === body.length), text: body.toString("utf8") };
  }
}

function askHttp1(target: Target, url: URL, options: Ask): Promise<Got> {
  return new Promise((resolve) => {
    const answering = new Answering();
    const common = { host: "127.0.0.1", port: target.port, path: url.pathname + url.search, method: options.method ?? "GET", headers: { host: url.host, ...options.headers }, agent: false as const, timeout: SILENCE_MS };
    const taken = (response: IncomingMessage): void => {
      answering.status = response.statusCode ?? 0;
      answering.headers = response.headers;
      const head = options.method === "HEAD";
      response.on("data", (chunk: Buffer) => {
        answering.take(chunk);
        if (options.leave?.(answering.received) === true) request.destroy();
      });
      response.on("error", () => resolve(answering.done(false)));
      response.on("close", () => resolve(head ? { ...answering.done(true), whole: true } : answering.done(response.complete)));
    };
    const request = target.caFile === undefined ? plainRequest(common, taken) : secureRequest({ ...common, ca: readFileSync(target.caFile), servername: url.hostname }, taken);
    request.on("error", () => resolve(answering.done(false)));
    request.on("timeout", () => request.destroy());
    request.end(options.body);
  });
}

function askHttp2(target: Target, url: URL, options: Ask): Promise<Got> {
  return new Promise((resolve) => {
    const answering = new Answering();
    const ca = target.caFile === undefined ? {} : { ca: readFileSync(target.caFile) };
    const session = connect(`https://${url.host}`, { ...ca, host: "127.0.0.1", port: target.port, servername: url.hostname });
    let whole = false;
    const finish = (): void => {
      session.destroy();
      resolve(options.method === "HEAD" ? { ...answering.done(true), whole: true } : answering.done(whole));
    };
    session.on("error", finish);
    const stream = session.request({ ":method": options.method ?? "GET", ":path": url.pathname + url.search, ":authority": url.host, ...options.headers }, { endStream: options.body === undefined });
    stream.setTimeout(SILENCE_MS, () => stream.close());
    stream.on("response", (headers) => {
      answering.status = Number(headers[":status"]);
      answering.headers = headers;
    });
    stream.on("data", (chunk: Buffer) => {
      answering.take(chunk);
      if (options.leave?.(answering.received) === true) stream.close();
    });
    stream.on("end", () => (whole = stream.rstCode === 0));
    stream.on("error", () => undefined);
    stream.on("close", finish);
    if (options.body !== undefined) stream.end(options.body);
  });
}
