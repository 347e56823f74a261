// Hosts that have nothing to do with a capture: where a redirect maze leads. They answer everything and remember everything.

import type { Certificate } from "../authority/authority.ts";
import type { Answer } from "../wire/answer.ts";
import { html } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import type { WireRequest } from "../wire/request.ts";

/** The last one is an IDN, in the form in which it travels. */
export const STRANGER_HOSTS: readonly string[] = ["stranger.example", "panopto.com.stranger.example", "xn--pnopto-4ta.example"];

export class Stranger extends Peer {
  constructor(certificate: Certificate) {
    super({ server: "stranger", tls: { certificate } });
  }

  protected handle(_request: WireRequest): Promise<Answer> {
    return Promise.resolve(html(200, "<!DOCTYPE html><title>A stranger</title><p>Nothing to see here.</p>"));
  }
}
