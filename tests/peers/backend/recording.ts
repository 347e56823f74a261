// Every byte that the backend received, in a file: tests look for canaries in it.

import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

export class Recording {
  readonly #descriptor: number;
  #bytes = 0;

  constructor(readonly file: string) {
    this.#descriptor = openSync(file, "w", 0o600);
  }

  /** How much there is. */
  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Buffer): void {
    // At once, not later: what was received must be on record before anything is answered.
    writeSync(this.#descriptor, bytes, 0, bytes.length, this.#bytes);
    this.#bytes += bytes.length;
  }

  read(): Buffer {
    return readFileSync(this.file);
  }

  clear(): void {
    ftruncateSync(this.#descriptor, 0);
    this.#bytes = 0;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
