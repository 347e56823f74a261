// One life of a port: requests and their answers by id, notifications, the end.
import { causeOfEnd, type Port } from "./port.ts";
import { ChannelError, HostError } from "./errors.ts";
import { decode } from "./messages.ts";
import type { Clock } from "./clock.ts";
import type { Fault, Protocol, ProtocolFault } from "./protocol.ts";

export type Method = keyof Protocol["methods"];
export type Params<M extends Method> = Protocol["methods"][M]["params"];
export type Result<M extends Method> = Protocol["methods"][M]["result"];
export type NotificationName = keyof Protocol["notifications"];

/** Any notification of the host, told apart by `method`. */
export type HostNotification = {
  [N in NotificationName]: { method: N; params: Protocol["notifications"][N] };
}[NotificationName];

interface Pending {
  succeed(result: unknown): void;
  fail(error: Error): void;
  takeBackTimeout(): void;
}

interface HostFrame {
  id?: string | number | null;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: Fault | ProtocolFault;
}

export interface ChannelEvents {
  notification(notification: HostNotification): void;
  /** Once, whichever side ended it; every pending request has failed by then. */
  end(error: ChannelError): void;
}

export class Channel {
  readonly #port: Port;
  readonly #clock: Clock;
  readonly #events: ChannelEvents;
  readonly #pending = new Map<string | number, Pending>();
  #lastId = 0;
  #ended: ChannelError | null = null;

  constructor(port: Port, clock: Clock, events: ChannelEvents) {
    this.#port = port;
    this.#clock = clock;
    this.#events = events;
    port.onMessage.addListener((message) => this.#receive(message));
    port.onDisconnect.addListener((ended) => this.#finish(new ChannelError(decode(causeOfEnd(ended)))));
  }

  /**
   * Sends a request. Fails with HostError when the host refuses it; with ChannelError when the channel ends first, or
   * (`unanswered`) when nothing came within `timeoutMs`: the channel itself goes on then.
   */
  request<M extends Method>(method: M, params: Params<M>, timeoutMs: number): Promise<Result<M>> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    return new Promise<Result<M>>((resolve, reject) => {
      const takeBackTimeout = this.#clock.after(timeoutMs, () => {
        this.#pending.delete(id);
        reject(ChannelError.of("unanswered"));
      });
      this.#pending.set(id, { succeed: (result) => resolve(result as Result<M>), fail: reject, takeBackTimeout });
      try {
        this.#port.postMessage({ jsonrpc: "2.0", id, method, params });
      } catch (error) {
        this.#pending.delete(id);
        takeBackTimeout();
        reject(new ChannelError(decode(error instanceof Error ? error.message : String(error))));
      }
    });
  }

  /** Ends the channel from this side. Ports do not tell the side that disconnects, so the end is told here. */
  close(error: ChannelError = ChannelError.of("closed")): void {
    if (this.#ended) return;
    this.#port.disconnect();
    this.#finish(error);
  }

  #receive(message: unknown): void {
    if (this.#ended || typeof message !== "object" || message === null) return;
    const frame = message as HostFrame;
    if (typeof frame.method === "string") {
      this.#events.notification({ method: frame.method, params: frame.params } as HostNotification);
      return;
    }
    if (frame.id === undefined || frame.id === null) return;
    const pending = this.#pending.get(frame.id);
    if (!pending) return;
    this.#pending.delete(frame.id);
    pending.takeBackTimeout();
    if (frame.error) pending.fail(new HostError(frame.error));
    else pending.succeed(frame.result);
  }

  #finish(error: ChannelError): void {
    if (this.#ended) return;
    this.#ended = error;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) {
      one.takeBackTimeout();
      one.fail(error);
    }
    this.#events.end(error);
  }
}
