// What a server has seen and sent, in the order in which it came.

/** One request. It grows while the request runs: `outcome` tells when it is over. */
export interface RequestRecord {
  readonly sequence: number;
  /** ms since 1970 */
  readonly at: number;
  /** The server's own word for itself: `site`, `cdn`, `idp`, `backend`. */
  readonly server: string;
  readonly protocol: "http/1.1" | "h2";
  readonly host: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The Cookie header, whole. */
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
  /** 0 until there is one. */
  status: number;
  /** The Location that was answered, if any. */
  location: string | undefined;
  /** Body bytes, both ways. */
  bytesReceived: number;
  bytesSent: number;
  /** `cut`: the answer ended before its end, through either side's doing. */
  outcome: "open" | "complete" | "cut";
  readonly faults: readonly string[];
}

interface Waiter {
  readonly predicate: (record: RequestRecord) => boolean;
  readonly resolve: (record: RequestRecord) => void;
}

const DEFAULT_WAIT_MS = 60_000;

export class Recorder {
  readonly requests: RequestRecord[] = [];
  readonly #waiters = new Set<Waiter>();

  add(record: RequestRecord): void {
    this.requests.push(record);
    this.changed(record);
  }

  /** To be called whenever a record has grown. */
  changed(record: RequestRecord): void {
    for (const waiter of this.#waiters) {
      if (!waiter.predicate(record)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(record);
    }
  }

  /** Starts over; whoever waits goes on waiting. */
  clear(): void {
    this.requests.length = 0;
  }

  /**
   * The first request that satisfies the predicate, one from before the call included. It is asked again whenever a
   * record grows, so `(r) => r.bytesSent > 5000` and `(r) => r.outcome === "complete"` are good questions.
   * Rejects after `timeoutMs`.
   */
  waitForRequest(predicate: (record: RequestRecord) => boolean, timeoutMs = DEFAULT_WAIT_MS): Promise<RequestRecord> {
    const found = this.requests.find(predicate);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        predicate,
        resolve: (record) => {
          clearTimeout(timer);
          resolve(record);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`no such request within ${String(timeoutMs)} ms; seen: ${this.requests.map((r) => `${r.method} ${r.host}${r.path} ${String(r.status)} ${r.outcome}`).join(", ") || "none"}`));
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }
}
