// Ways in which a backend goes wrong behind its own interface. What goes wrong on the wire is a Fault.

export type Mischief =
  /** The stored file loses its last bytes before the next HEAD or PATCH: a lower offset is reported from then on. */
  | { readonly kind: "lose-bytes"; readonly bytes: number }
  /** The next HEAD claims more bytes than there are. */
  | { readonly kind: "raise-offset"; readonly bytes: number }
  /** One bit of the stored file turns over before the next `complete`. */
  | { readonly kind: "flip-stored" }
  /** The upload is gone at the next HEAD or PATCH; `status` says how it is told. */
  | { readonly kind: "forget-upload"; readonly status: 404 | 410 }
  /** The next U names this address instead of ours. */
  | { readonly kind: "foreign-upload-url"; readonly url: string };

export type MischiefKind = Mischief["kind"];

export class MischiefPlan {
  #ordered: Mischief[] = [];

  order(mischief: Mischief, times = 1): void {
    for (let n = 0; n < times; n += 1) this.#ordered.push(mischief);
  }

  take<K extends MischiefKind>(kind: K): Extract<Mischief, { kind: K }> | undefined {
    const at = this.#ordered.findIndex((mischief) => mischief.kind === kind);
    if (at < 0) return undefined;
    const [taken] = this.#ordered.splice(at, 1);
    return taken as Extract<Mischief, { kind: K }>;
  }

  clear(): void {
    this.#ordered = [];
  }
}
