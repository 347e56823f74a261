// Hosts that have nothing to do with a capture: where a redirect maze leads. They answer everything and remember everything.

import type { Certificate } from "../authority/authority.ts";
import { html } from "../wire/answer.ts";
import type { Fault, FaultRule, FaultTarget } from "../wire/fault.ts";
import { Listener } from "../wire/listener.ts";
import type { RequestRecord } from "../wire/record.ts";

/** The last one is an IDN, in the form in which it travels. */
export const STRANGER_HOSTS: readonly string[] = ["stranger.example", "panopto.com.stranger.example", "xn--pnopto-4ta.example"];

export class Stranger {
  readonly #listener: Listener;

  constructor(certificate: Certificate) {
    this.#listener = new Listener({
      server: "stranger",
      tls: { certificate },
      handler: () => Promise.resolve(html(200, "<!DOCTYPE html><title>A stranger</title><p>Nothing to see here.</p>")),
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  get requests(): readonly RequestRecord[] {
    return this.#listener.recorder.requests;
  }

  start(port = 0): Promise<void> {
    return this.#listener.start(port);
  }

  stop(): Promise<void> {
    return this.#listener.stop();
  }

  fail(fault: Fault, target?: FaultTarget): FaultRule {
    return this.#listener.fail(fault, target);
  }

  waitForRequest(predicate: (record: RequestRecord) => boolean, timeoutMs?: number): Promise<RequestRecord> {
    return this.#listener.recorder.waitForRequest(predicate, timeoutMs);
  }
}
