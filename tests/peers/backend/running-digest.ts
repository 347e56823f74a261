// The digest of an upload, reckoned while it arrives, so that nobody waits for it at the end.

import { createHash } from "node:crypto";
import { Transform } from "node:stream";

/**
 * Holds as long as every part begins where the one before it ended and is stored whole. Whoever takes the digest compares
 * `bytes` with what is stored: after a part that was cut short, or a restart, they differ, and the file is to be read.
 */
export class RunningDigest {
  readonly #hash = createHash("sha256");
  #bytes = 0;

  /** Bytes that have passed. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Lets a body through and reckons it in. */
  passage(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#hash.update(chunk);
        this.#bytes += chunk.length;
        done(null, chunk);
      },
    });
  }

  /** Of all that has passed by now, in hex; more may follow. */
  sha256(): string {
    return this.#hash.copy().digest("hex");
  }
}
