// A fault is one way in which a server misbehaves; a rule says which requests meet it, and how often.

import type { WireRequest } from "./request.ts";

/** All counts are bytes of a body, all times ms. */
export type Fault =
  /** The stream (HTTP/2) or the connection (HTTP/1.1) is reset once that much of the answer's body has been sent. */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** The whole TCP connection is reset, whatever else runs on it. */
  | { readonly kind: "drop"; readonly afterBytes: number }
  /** A clean end (FIN, END_STREAM) too early; Content-Length still promises the rest. */
  | { readonly kind: "truncate"; readonly afterBytes: number }
  /** Nothing more is sent after that many bytes, until the rule is released or the client leaves. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** Not even a status line until the rule is released; then the true answer. */
  | { readonly kind: "silence" }
  | { readonly kind: "delay"; readonly ms: number }
  /** The body trickles. One byte a second and less is a slow loris. */
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /** `retryAfter`: seconds, or a Date that is sent in HTTP's form. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: number | Date; readonly type?: string; readonly body?: string | Buffer }
  /** The n-th firing sends the n-th target, as it is written, in Location. `status` is 302 when left out. */
  | { readonly kind: "redirect"; readonly to: readonly string[]; readonly status?: number }
  /** A 206 which is not what was asked: shifted by a byte, another total, another ETag, no Content-Range. */
  | { readonly kind: "wrong-range"; readonly what: "start" | "total" | "validator" | "absent" }
  /** 200 and the whole body in answer to a Range. */
  | { readonly kind: "ignore-range" }
  /** One bit of the byte at this place in the whole resource is turned over. */
  | { readonly kind: "bit-flip"; readonly atByte: number }
  | { readonly kind: "etag"; readonly what: "missing" | "weak" | "changed" }
  | { readonly kind: "no-last-modified" }
  /** No Content-Length: chunked in HTTP/1.1. */
  | { readonly kind: "no-length" }
  | { readonly kind: "content-type"; readonly type: string }
  /** The body comes gzipped, though nobody asked for it. */
  | { readonly kind: "gzip" }
  /** The connection is reset once that much of the request's body has been read; the handler sees a body that ends there. */
  | { readonly kind: "reset-request"; readonly afterBytes: number };

export type FaultKind = Fault["kind"];

/** Which requests meet the fault. What is left out matches all. */
export interface FaultTarget {
  /** A string matches a path that contains it; an expression is tried on path and query. */
  readonly path?: string | RegExp;
  readonly host?: string;
  readonly method?: string;
  readonly when?: (request: WireRequest) => boolean;
  /** How often it fires; 1 when left out, except for a redirect, which fires once for each target. */
  readonly times?: number;
  /** How many matching requests pass unharmed before the first firing. */
  readonly after?: number;
}

/** A fault that has been ordered; tests hold on to it to see that it fired. */
export class FaultRule {
  #hits = 0;
  #seen = 0;
  #release: () => void = () => undefined;
  readonly #released: Promise<void>;

  constructor(
    readonly fault: Fault,
    readonly target: FaultTarget,
  ) {
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** How often it has fired. */
  get hits(): number {
    return this.#hits;
  }

  get spent(): boolean {
    return this.#hits >= this.#times();
  }

  /** Lets everything go on that `stall` or `silence` holds. */
  release(): void {
    this.#release();
  }

  get released(): Promise<void> {
    return this.#released;
  }

  /** Counts the request and answers with the fault if it is to fire on it; a redirect is narrowed to the target of this firing. */
  take(request: WireRequest): Fault | undefined {
    if (this.spent || !this.#matches(request)) return undefined;
    this.#seen += 1;
    if (this.#seen <= (this.target.after ?? 0)) return undefined;
    this.#hits += 1;
    if (this.fault.kind !== "redirect") return this.fault;
    const to = this.fault.to[(this.#hits - 1) % this.fault.to.length];
    return to === undefined ? undefined : { ...this.fault, to: [to] };
  }

  #times(): number {
    if (this.target.times !== undefined) return this.target.times;
    return this.fault.kind === "redirect" ? this.fault.to.length : 1;
  }

  #matches(request: WireRequest): boolean {
    const { path, host, method, when } = this.target;
    if (typeof path === "string" && !request.target.includes(path)) return false;
    if (path instanceof RegExp && !path.test(request.target)) return false;
    if (host !== undefined && host !== request.host) return false;
    if (method !== undefined && method !== request.method) return false;
    return when === undefined || when(request);
  }
}

/** What has been ordered for one request: several faults may meet. */
export interface FiringFault {
  readonly fault: Fault;
  readonly rule: FaultRule;
}

/** The rules of one server, in the order in which they were given. */
export class FaultPlan {
  #rules: FaultRule[] = [];

  add(fault: Fault, target: FaultTarget = {}): FaultRule {
    const rule = new FaultRule(fault, target);
    this.#rules.push(rule);
    return rule;
  }

  take(request: WireRequest): FiringFault[] {
    const firing: FiringFault[] = [];
    for (const rule of this.#rules) {
      const fault = rule.take(request);
      if (fault !== undefined) firing.push({ fault, rule });
    }
    return firing;
  }

  /** Forgets every rule and lets go of what they hold. */
  clear(): void {
    for (const rule of this.#rules) rule.release();
    this.#rules = [];
  }
}

/** The first fault of a kind, narrowed to its own shape. */
export function faultOf<K extends FaultKind>(faults: readonly FiringFault[], kind: K): Extract<Fault, { kind: K }> | undefined {
  const found = faults.find(({ fault }) => fault.kind === kind);
  return found?.fault as Extract<Fault, { kind: K }> | undefined;
}
