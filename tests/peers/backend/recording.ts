// Every byte that the backend received, in a file: tests look for canaries in it.

import { closeSync, ftruncateSync, openSync, readFileSync, readSync, writeSync } from "node:fs";

export class Recording {
  readonly #descriptor: number;
  #bytes = 0;
  /** How much has been looked through, and what was found there. */
  #searched = 0;
  readonly #found = new Set<string>();

  constructor(readonly file: string) {
    this.#descriptor = openSync(file, "w+", 0o600);
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

  /**
   * Those of the words that have come in so far. Each byte is looked at once: name all words that there are by now, for one that is
   * made later cannot have come in before.
   */
  found(words: readonly string[]): string[] {
    const longest = Math.max(0, ...words.map((word) => Buffer.byteLength(word)));
    // A word may lie across the end of what was there the last time.
    const from = Math.max(0, this.#searched - longest);
    const fresh = Buffer.alloc(this.#bytes - from);
    for (let at = 0; at < fresh.length; ) at += readSync(this.#descriptor, fresh, at, fresh.length - at, from + at);
    for (const word of words) if (!this.#found.has(word) && fresh.includes(word)) this.#found.add(word);
    this.#searched = this.#bytes;
    return words.filter((word) => this.#found.has(word));
  }

  clear(): void {
    ftruncateSync(this.#descriptor, 0);
    this.#bytes = this.#searched = 0;
    this.#found.clear();
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
