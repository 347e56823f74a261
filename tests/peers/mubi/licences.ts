// A licence server for protected films, under the name that their manifests have. It only takes note of who asks.

import type { Certificate } from "../authority/authority.ts";
import type { Answer } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";

export class Licences extends Peer {
  constructor(certificate: Certificate) {
    super({ server: "licences", tls: { certificate } });
  }

  protected handle(): Promise<Answer> {
    return Promise.resolve(json(403, { error: "no licence" }));
  }
}
