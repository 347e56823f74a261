// What every stand-in server shows of itself: where it listens, what it has seen, and how it is made to fail.

import type { Answer } from "./answer.ts";
import type { Fault, FaultRule, FaultTarget } from "./fault.ts";
import { Listener } from "./listener.ts";
import type { ListenerOptions } from "./listener.ts";
import type { RequestRecord } from "./record.ts";
import type { WireRequest } from "./request.ts";

export abstract class Peer {
  readonly #listener: Listener;

  protected constructor(options: Omit<ListenerOptions, "handler">) {
    this.#listener = new Listener({ ...options, handler: (request) => this.handle(request) });
  }

  get port(): number {
    return this.#listener.port;
  }

  get requests(): readonly RequestRecord[] {
    return this.#listener.recorder.requests;
  }

  /** What this peer itself did wrong, if anything. */
  get failure(): unknown {
    return this.#listener.failure;
  }

  /** Listens on 127.0.0.1; `port` 0: any free one. */
  start(port = 0): Promise<void> {
    return this.#listener.start(port);
  }

  /** Ends every connection at once. */
  stop(): Promise<void> {
    return this.#listener.stop();
  }

  /** Something goes wrong on the wire: any Fault, a status such as 401, 413, 423, 460 or 503 included. */
  fail(fault: Fault, target?: FaultTarget): FaultRule {
    return this.#listener.fail(fault, target);
  }

  /** Ends every connection at once; new ones are taken. */
  dropConnections(): void {
    this.#listener.dropConnections();
  }

  clearFaults(): void {
    this.#listener.faults.clear();
  }

  /** See Recorder. */
  waitForRequest(predicate: (record: RequestRecord) => boolean, timeoutMs?: number): Promise<RequestRecord> {
    return this.#listener.recorder.waitForRequest(predicate, timeoutMs);
  }

  protected abstract handle(request: WireRequest): Promise<Answer>;
}
