// A host that has said hello, and what tests do with one.
import { Bridge, type Capture, type CaptureStartParams, type Cookie, type RefreshWanted } from "../../../extension-bridge/bridge/src/index.ts";
import { childPort, type ChildPort, type SeenFrame } from "../../../extension-bridge/bridge/testing/index.ts";
import { SITE_HOST } from "../../peers/panopto/site.ts";
import type { Peers } from "../../peers/peers.ts";
import { program } from "./program.ts";
import type { HostOptions } from "./scene.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningHost {
  readonly bridge: Bridge;
  readonly port: ChildPort;
  readonly frames: SeenFrame[];
  /** Every refresh.wanted so far. */
  readonly wanted: readonly RefreshWanted[];
  /** Signs the student in at a tenant and puts the cookies; answers the new .ASPXAUTH. */
  signIn(tenant?: string): Promise<string>;
  putCookies(value: string, tenant?: string): Promise<void>;
  putToken(token?: string): Promise<void>;
  /** Starts a capture of a page. */
  start(page: string, choices?: Partial<CaptureStartParams>): Promise<Capture>;
  /** Starts a capture and waits until it is done, failed or cancelled. */
  capture(page: string, choices?: Partial<CaptureStartParams>): Promise<Capture>;
  /** The capture when it is next in one of these states; fails after `timeoutMs`. */
  reaches(id: string, states: readonly Capture["state"][], timeoutMs?: number): Promise<Capture>;
  /** The capture when it next satisfies the predicate, its progress included. */
  satisfies(id: string, what: (capture: Capture) => boolean, timeoutMs?: number): Promise<Capture>;
  /** Ends the input, as a browser does, and waits for the host's end. */
  leave(): Promise<Exit>;
  /** As `kill -9` and an exhausted machine do. */
  kill(): Promise<Exit>;
}

export const OVER: readonly Capture["state"][] = ["done", "failed", "cancelled"];

interface Beginning extends HostOptions {
  readonly home: string;
  readonly configFile: string;
  readonly peers: Peers;
  readonly cookies: (value: string, tenant?: string) => Cookie[];
}

export async function beginHost(options: Beginning): Promise<RunningHost> {
  const { peers, home } = options;
  const frames: SeenFrame[] = [];
  const [first = program(), ...others] = [...(options.under ?? []), program()];
  let port: ChildPort | undefined;
  const bridge = new Bridge({
    client: { name: "integration-test", version: "1", browser: "node" },
    reconnect: options.reconnect ?? false,
    open: () => {
      const env = { PATH: process.env["PATH"], HOME: home, AURICLE_CONFIG: options.configFile, ...options.env };
      return (port = childPort({ program: first, args: others, record: frames, cwd: home, env, killAfterMs: 10_000 }));
    },
    ...(options.onRefreshWanted === undefined ? {} : { onRefreshWanted: options.onRefreshWanted }),
  });
  const last = new Map<string, Capture>();
  bridge.on("capture", (capture) => last.set(capture.id, capture));
  await bridge.connect();
  const current = (): ChildPort => {
    if (port === undefined) throw new Error("the host has not been started");
    return port;
  };

  const host: RunningHost = {
    bridge,
    frames,
    get port() {
      return current();
    },
    get wanted() {
      const notes = frames.map(({ frame }) => frame as { method?: string; params?: unknown });
      return notes.filter(({ method }) => method === "refresh.wanted").map(({ params }) => params as RefreshWanted);
    },
    async signIn(tenant = SITE_HOST) {
      const value = peers.site.signInDirectly(tenant);
      await host.putCookies(value, tenant);
      return value;
    },
    async putCookies(value, tenant = SITE_HOST) {
      await bridge.putCookies({ site: "panopto", origin: `https://${tenant}`, store: "0", cookies: options.cookies(value, tenant) });
    },
    async putToken(token = peers.backend.token) {
      await bridge.putBearer({ origin: peers.backend.origin, token });
    },
    start: (page, choices = {}) => bridge.captures.start({ page, store: "0", ...choices }),
    async capture(page, choices = {}) {
      const { id } = await host.start(page, choices);
      return host.reaches(id, OVER);
    },
    reaches: async (id, states, timeoutMs) => {
      const capture = await host.satisfies(id, ({ state }) => states.includes(state), timeoutMs);
      // What the host says along with a change of state (refresh.wanted) comes right behind it: an answer comes after both.
      if (host.bridge.connected) await host.bridge.request("vault.status", {});
      return capture;
    },
    satisfies: (id, what, timeoutMs = 120_000) =>
      new Promise((resolve, reject) => {
        const end = (act: () => void): void => {
          clearTimeout(timer);
          stop();
          act();
        };
        const timer = setTimeout(() => {
          end(() => reject(new Error(`capture ${id} does not come to ${String(what)}; it is ${JSON.stringify(last.get(id) ?? null)}`)));
        }, timeoutMs);
        const look = (capture: Capture): void => {
          if (capture.id === id && what(capture)) end(() => resolve(capture));
        };
        const stop = bridge.on("capture", look);
        bridge.captures.get(id).then(look, (error: unknown) => end(() => reject(error instanceof Error ? error : new Error(String(error)))));
      }),
    leave() {
      bridge.close();
      return current().exited;
    },
    async kill() {
      current().process.kill("SIGKILL");
      const exit = await current().exited;
      bridge.close();
      return exit;
    },
  };
  return host;
}
