// A few things that cost something to make, kept for a while in memory: the ones asked for least lately go first.

export interface KeptWhileOptions {
  readonly most: number;
  /** After which each is made again. */
  readonly forMs: number;
  /** ms */
  readonly now: () => number;
}

interface Kept<T> {
  readonly made: Promise<T>;
  readonly until: number;
}

export class KeptWhile<T> {
  readonly #kept = new Map<string, Kept<T>>();

  constructor(private readonly options: KeptWhileOptions) {}

  /** What fails is not kept. Many who ask at once wait for one making. */
  get(name: string, make: () => Promise<T>): Promise<T> {
    const found = this.#kept.get(name);
    this.#kept.delete(name);
    const now = this.options.now();
    if (found !== undefined && found.until > now) {
      this.#kept.set(name, found);
      return found.made;
    }
    const kept: Kept<T> = { made: make(), until: now + this.options.forMs };
    this.#kept.set(name, kept);
    kept.made.catch(() => {
      if (this.#kept.get(name) === kept) this.#kept.delete(name);
    });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.options.most && oldest !== undefined) this.#kept.delete(oldest);
    return kept.made;
  }

  forget(name: string): void {
    this.#kept.delete(name);
  }

  get size(): number {
    return this.#kept.size;
  }
}
