// What may go wrong, as types: the host said no (HostError), or there is no host to say anything (ChannelError).
import type { ErrorKind, Fault, FaultData, ProtocolFault } from "./protocol.ts";
import { type ChannelProblem, type Explanation, explain } from "./messages.ts";

/** The host refused a request. `message` can be shown to a person and says what to do next. */
export class HostError extends Error {
  override readonly name = "HostError";
  /** Of a closed set; `bad_params` and `internal` stand for JSON-RPC's own faults too. */
  readonly kind: ErrorKind;
  /** Whether the same request may succeed later without anybody doing anything. */
  readonly retryable: boolean;
  /** JSON-RPC's code. */
  readonly code: number;
  /** Everything the host said besides, e.g. `path` with `bad_params`. */
  readonly data: Partial<FaultData>;

  constructor(fault: Fault | ProtocolFault) {
    super(fault.message);
    this.code = fault.code;
    this.data = fault.data ?? {};
    this.kind = fault.data?.kind ?? (fault.code === -32603 ? "internal" : "bad_params");
    this.retryable = fault.data?.retryable ?? false;
  }
}

/** There is no channel, or it ended before the answer came. `message` and `next` can be shown to a person. */
export class ChannelError extends Error {
  override readonly name = "ChannelError";
  readonly problem: ChannelProblem;
  /** What the person can do. */
  readonly next: string;
  readonly retryable: boolean;

  constructor(explanation: Explanation) {
    super(explanation.message);
    this.problem = explanation.problem;
    this.next = explanation.next;
    this.retryable = explanation.retryable;
  }

  static of(problem: ChannelProblem): ChannelError {
    return new ChannelError(explain(problem));
  }
}
