// The bridge to the host: connected, kept alive, and connected again when the host goes away.
import { Captures } from "./captures.ts";
import { Channel, type HostNotification, type Method, type Params, type Result } from "./channel.ts";
import { ChannelError, HostError } from "./errors.ts";
import { Listeners } from "./events.ts";
import { Refreshes } from "./refreshes.ts";
import { Sites } from "./sites.ts";
import { Vault } from "./vault.ts";
import { backoffMs } from "./backoff.ts";
import { decode, explain } from "./messages.ts";
import { nativePort, type OpenPort, type Port } from "./port.ts";
import { systemClock, type Clock, type Random } from "./clock.ts";
import type {
  BearerSecret,
  Capture,
  Client,
  CookiesSecret,
  HelloResult,
  HostWarning,
  RefreshWanted,
  Tools,
  VaultPutResult,
} from "./protocol.ts";

/** The protocol numbers that this bridge speaks. */
const PROTOCOL = [1];

export interface BridgeOptions {
  /** Who is asking; the host shows it in its log. `browser` is taken from the user agent when left out. */
  client: Omit<Client, "browser"> & Partial<Pick<Client, "browser">>;
  /** How to open a port; default: the browser's native messaging port to `org.auricle.host`. */
  open?: OpenPort;
  /** Answers the host's wish for newer secrets; see RefreshAnswer. Without it every refresh fails with `no_handler`. */
  onRefreshWanted?: (wanted: RefreshWanted) => Promise<RefreshAnswer>;
  /** Whether to connect again after the host went away. Default true. */
  reconnect?: boolean;
  /** How long an answer may take, ms. Default 60,000. */
  requestTimeoutMs?: number;
  /** How long the host may take to say hello or to answer a ping, ms. Default 10,000. */
  helloTimeoutMs?: number;
  /** How often the host is asked whether it is still there, ms. Default 20,000. */
  pingMs?: number;
  clock?: Clock;
  random?: Random;
}

/** `done`: what was wanted has been put. `failed`: why it could not be (`login_required`, `no_token`, `no_access`…). */
export type RefreshAnswer = { done: true } | { failed: string };

export type BridgeState =
  | { state: "connected"; host: HelloResult; again: boolean }
  | { state: "reconnecting"; error: ChannelError; inMs: number }
  | { state: "closed"; error: ChannelError };

export interface BridgeEvents {
  state: BridgeState;
  /** Every change and progress of any capture. */
  capture: Capture;
  tools: Tools;
  warning: HostWarning;
}

/** A connection that lived this long was a good one: the next reconnection starts with a short wait again, ms. */
const GOOD_LIFE_MS = 30_000;

function browserName(): string {
  const agent = globalThis.navigator?.userAgent ?? "unknown";
  return /(Firefox|Edg|OPR|Chrome)\/[\d.]+/.exec(agent)?.[0] ?? agent.slice(0, 80);
}

function asChannelError(error: unknown): ChannelError {
  if (error instanceof ChannelError) return error;
  if (error instanceof HostError) {
    const problem = error.kind === "bad_params" ? "protocol_mismatch" : "host_ended";
    return new ChannelError({ ...explain(problem), message: error.message });
  }
  return new ChannelError(decode(error instanceof Error ? error.message : String(error)));
}

export class Bridge {
  readonly captures: Captures;
  readonly refreshes: Refreshes;
  readonly sites: Sites;
  readonly vault: Vault;
  readonly #options: Required<Omit<BridgeOptions, "onRefreshWanted">> & Pick<BridgeOptions, "onRefreshWanted">;
  readonly #listeners = new Listeners<BridgeEvents>();
  #channel: Channel | null = null;
  #host: HelloResult | null = null;
  #closed: ChannelError | null = null;
  #failures = 0;
  #connectedAt = 0;
  #takeBackPing = (): void => undefined;
  #takeBackReconnect = (): void => undefined;

  constructor(options: BridgeOptions) {
    this.#options = {
      open: nativePort(),
      reconnect: true,
      requestTimeoutMs: 60_000,
      helloTimeoutMs: 10_000,
      pingMs: 20_000,
      clock: systemClock,
      random: Math.random,
      ...options,
    };
    const ask = <M extends Method>(method: M, params: Params<M>): Promise<Result<M>> => this.request(method, params);
    this.captures = new Captures(ask);
    this.refreshes = new Refreshes(ask);
    this.sites = new Sites(ask);
    this.vault = new Vault(ask, this.#options.clock);
  }

  /** What the host said of itself at the latest hello; null before the first. */
  get host(): HelloResult | null {
    return this.#host;
  }

  get connected(): boolean {
    return this.#channel !== null;
  }

  on<Name extends keyof BridgeEvents>(name: Name, listener: (value: BridgeEvents[Name]) => void): () => void {
    return this.#listeners.on(name, listener);
  }

  /** Opens the first connection. Fails with ChannelError at once: a missing host does not appear by waiting. */
  async connect(): Promise<HelloResult> {
    try {
      return await this.#connectOnce(false);
    } catch (error) {
      throw this.#closeWith(asChannelError(error));
    }
  }

  /** Any request of the protocol. Fails with HostError or ChannelError; while there is no connection, at once. */
  request<M extends Method>(method: M, params: Params<M>): Promise<Result<M>> {
    if (!this.#channel) return Promise.reject(this.#closed ?? ChannelError.of("lost"));
    return this.#channel.request(method, params, this.#options.requestTimeoutMs);
  }

  /** Puts a site's cookies into the host's vault, sealed. */
  putCookies(cookies: Omit<CookiesSecret, "kind">): Promise<VaultPutResult> {
    return this.vault.put({ kind: "cookies", ...cookies });
  }

  /** Puts a backend's token into the host's vault, sealed. */
  putBearer(bearer: Omit<BearerSecret, "kind">): Promise<VaultPutResult> {
    return this.vault.put({ kind: "bearer", ...bearer });
  }

  /** Ends the connection for good. The host parks its captures and leaves. */
  close(): void {
    this.#closeWith(ChannelError.of("closed"));
  }

  async #connectOnce(again: boolean): Promise<HelloResult> {
    const { clock, client, open, helloTimeoutMs } = this.#options;
    let greeted = false;
    let endedEarly: ChannelError | null = null;
    const port: Port = open();
    const channel: Channel = new Channel(port, clock, {
      notification: (notification) => this.#receive(notification),
      end: (error) => {
        if (greeted) this.#ended(error);
        else endedEarly = error;
      },
    });
    const full: Client = { browser: browserName(), ...client };
    try {
      this.#host = await channel.request("hello", { protocol: PROTOCOL, client: full }, helloTimeoutMs);
    } catch (error) {
      channel.close();
      throw error;
    }
    // Between the answer and here the port may have ended, or the bridge been closed.
    const over = this.#closed ?? endedEarly;
    if (over) {
      channel.close();
      throw over;
    }
    greeted = true;
    this.#channel = channel;
    this.#connectedAt = clock.now();
    this.#schedulePing();
    void this.captures.greeted(this.#host.unfinished);
    this.#listeners.emit("state", { state: "connected", host: this.#host, again });
    return this.#host;
  }

  #receive(notification: HostNotification): void {
    switch (notification.method) {
      case "capture.changed":
        this.captures.changed(notification.params.capture);
        this.#listeners.emit("capture", notification.params.capture);
        break;
      case "capture.progress": {
        const capture = this.captures.progressed(notification.params);
        if (capture) this.#listeners.emit("capture", capture);
        break;
      }
      case "refresh.wanted":
        void this.#answerRefresh(notification.params);
        break;
      case "host.changed":
        this.#listeners.emit("tools", notification.params.tools);
        break;
      case "host.warning":
        this.#listeners.emit("warning", notification.params);
        break;
    }
  }

  async #answerRefresh(wanted: RefreshWanted): Promise<void> {
    let answer: RefreshAnswer;
    try {
      answer = (await this.#options.onRefreshWanted?.(wanted)) ?? { failed: "no_handler" };
    } catch (error) {
      answer = { failed: error instanceof HostError ? error.kind : "internal" };
    }
    const told =
      "done" in answer
        ? this.request("refresh.done", { id: wanted.id })
        : this.request("refresh.failed", { id: wanted.id, why: answer.failed });
    // The host asks again when it still needs it; a refresh that it has given up meanwhile is nobody's concern.
    await told.catch(() => undefined);
  }

  /**
   * vault.status is the ping: valid with and without a sealed session, read from memory, and nothing is changed by it.
   * A host that leaves it unanswered hangs: the port is closed, which ends the host, and a new one is started.
   */
  #schedulePing(): void {
    this.#takeBackPing = this.#options.clock.after(this.#options.pingMs, () => {
      const channel = this.#channel;
      channel?.request("vault.status", {}, this.#options.helloTimeoutMs).then(
        () => {
          if (channel === this.#channel) this.#schedulePing();
        },
        (error: unknown) => {
          if (channel !== this.#channel) return;
          if (error instanceof HostError) this.#schedulePing();
          else channel.close(ChannelError.of("unanswered"));
        },
      );
    });
  }

  #ended(error: ChannelError): void {
    if (this.#closed) return;
    this.#channel = null;
    this.#takeBackPing();
    this.vault.dropSession();
    if (this.#options.clock.now() - this.#connectedAt >= GOOD_LIFE_MS) this.#failures = 0;
    this.#retryLater(error);
  }

  #retryLater(error: ChannelError): void {
    if (!this.#options.reconnect || !error.retryable) {
      this.#closeWith(error);
      return;
    }
    const inMs = backoffMs(this.#failures++, this.#options.random);
    this.#takeBackReconnect = this.#options.clock.after(inMs, () => void this.#reconnect());
    this.#listeners.emit("state", { state: "reconnecting", error, inMs });
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#connectOnce(true);
    } catch (error) {
      if (!this.#closed) this.#retryLater(asChannelError(error));
    }
  }

  #closeWith(error: ChannelError): ChannelError {
    if (this.#closed) return this.#closed;
    this.#closed = error;
    const channel = this.#channel;
    this.#channel = null;
    this.#takeBackPing();
    this.#takeBackReconnect();
    this.vault.dropSession();
    channel?.close(error);
    this.captures.fail(error);
    this.#listeners.emit("state", { state: "closed", error });
    return error;
  }
}

/** Connects to the host. Fails with ChannelError, whose `message` and `next` tell the person what to do. */
export async function connect(options: BridgeOptions): Promise<Bridge> {
  const bridge = new Bridge(options);
  await bridge.connect();
  return bridge;
}
