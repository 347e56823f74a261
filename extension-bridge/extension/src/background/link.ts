// The one connection to the program: opened when it is needed, closed when nothing runs, nobody looks and no backend may ask.
import { Bridge, ChannelError, isFinal, type Capture, type HostWarning, type OwnServer, type RefreshAnswer, type RefreshWanted } from "@auricle/bridge";
import { api } from "../shared/browser.ts";
import type { HostView } from "../shared/wire.ts";

/** How long the program is kept when nothing runs and no panel is open, ms. */
const IDLE_MS = 60_000;
/** As many captures as a panel lists. */
const LISTED = 50;

export interface LinkEvents {
  /** Host or captures are no longer as they were. */
  changed(): void;
  capture(now: Capture, before: Capture | undefined): void;
  /** The program was started again after it had gone away, or for the first time. */
  connected(again: boolean): void;
  refreshWanted(wanted: RefreshWanted): Promise<RefreshAnswer>;
  warned(warning: HostWarning): void;
  /** Whether somebody looks, so that the connection stays. */
  isWatched(): boolean;
  /** Whether the program is kept although nothing runs and nobody looks. */
  isAwaited(): Promise<boolean>;
}

export class Link {
  host: HostView = { state: "idle" };
  /** As the program said at its latest hello. */
  ownServers: readonly OwnServer[] = [];
  readonly #events: LinkEvents;
  readonly #captures = new Map<string, Capture>();
  #bridge: Bridge | null = null;
  #connecting: Promise<Bridge> | null = null;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(events: LinkEvents) {
    this.#events = events;
  }

  /** Newest first. */
  get captures(): Capture[] {
    return [...this.#captures.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  }

  capture(id: string): Capture | undefined {
    return this.#captures.get(id);
  }

  byKey(key: string): Capture | null {
    return this.captures.find((capture) => capture.key === key) ?? null;
  }

  /** The connection, opened when there is none. Fails with ChannelError. */
  ready(): Promise<Bridge> {
    if (this.#bridge) return Promise.resolve(this.#bridge);
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = null));
    return this.#connecting;
  }

  /** Takes note of what a request answered. */
  learn(capture: Capture): void {
    const before = this.#captures.get(capture.id);
    this.#captures.set(capture.id, capture);
    this.#events.capture(capture, before);
    this.#events.changed();
    this.touch();
  }

  forget(id: string): void {
    this.#captures.delete(id);
    this.#events.changed();
    this.touch();
  }

  /** Something happened: the wait for being idle begins anew. */
  touch(): void {
    clearTimeout(this.#idleTimer);
    if (!this.#bridge) return;
    this.#idleTimer = setTimeout(() => void this.#leaveIfIdle(), IDLE_MS);
  }

  async #leaveIfIdle(): Promise<void> {
    const isAwaited = await this.#events.isAwaited();
    if (isAwaited || this.#isBusy() || this.#events.isWatched()) this.touch();
    else this.#bridge?.close();
  }

  #isBusy(): boolean {
    return this.captures.some((capture) => !isFinal(capture) && capture.state !== "parked");
  }

  async #connect(): Promise<Bridge> {
    this.#show({ state: "connecting" });
    const bridge = new Bridge({
      client: { name: api.runtime.getManifest().name, version: api.runtime.getManifest().version },
      onRefreshWanted: (wanted) => this.#events.refreshWanted(wanted),
    });
    bridge.on("capture", (capture) => this.learn(capture));
    bridge.on("warning", (warning) => this.#events.warned(warning));
    bridge.on("state", (state) => {
      if (state.state === "connected") {
        this.ownServers = state.host.ownServers ?? [];
        this.#show({ state: "connected", version: state.host.host.version });
        if (state.again) void this.#list(bridge).finally(() => this.#events.connected(true));
        return;
      }
      const { problem, message, next } = state.error;
      if (state.state === "closed") {
        this.#bridge = null;
        clearTimeout(this.#idleTimer);
        this.#show(problem === "closed" ? { state: "idle" } : { state: "unreachable", problem: { problem, message, next } });
      } else {
        this.#show({ state: "reconnecting", problem: { problem, message, next } });
      }
    });
    await bridge.connect();
    this.#bridge = bridge;
    await this.#list(bridge);
    this.touch();
    this.#events.connected(false);
    return bridge;
  }

  /** What the program knows is what counts. A host without a list yet still has its unfinished ones. */
  async #list(bridge: Bridge): Promise<void> {
    const unfinished = bridge.host?.unfinished ?? [];
    const listed = await bridge.captures.list({ limit: LISTED }).catch((error: unknown) => {
      if (error instanceof ChannelError) return null;
      return { captures: [] };
    });
    if (!listed) return;
    this.#captures.clear();
    for (const capture of [...unfinished, ...listed.captures]) this.#captures.set(capture.id, capture);
    this.#events.changed();
  }

  #show(host: HostView): void {
    this.host = host;
    this.#events.changed();
  }
}
