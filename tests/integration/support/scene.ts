// A stage for one test file: the peers, a home of its own, and hosts that are started in it as a browser would.
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bridge, type Capture, type Cookie, type RefreshAnswer, type RefreshWanted } from "../../../extension-bridge/bridge/src/index.ts";
import { childPort, validateTraffic, type ChildPort, type SeenFrame } from "../../../extension-bridge/bridge/testing/index.ts";
import { startPeers, type Peers, type PeersOptions } from "../../peers/peers.ts";
import { program } from "./program.ts";

export const ORIGIN = "https://uni.hosted.panopto.com";

export interface HostOptions {
  /** Merged into the configuration's top level. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly onRefreshWanted?: (wanted: RefreshWanted) => Promise<RefreshAnswer>;
  readonly reconnect?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** Before the host's own command line, e.g. strace and its options. */
  readonly under?: readonly string[];
}

/** A host that has said hello. */
export interface RunningHost {
  readonly bridge: Bridge;
  readonly port: ChildPort;
  readonly frames: SeenFrame[];
  /** Signs the student in at the site and puts the cookies. */
  signIn(): Promise<string>;
  putToken(): Promise<void>;
  /** The capture's next state for which this holds; fails after `timeoutMs`. */
  reaches(id: string, states: readonly Capture["state"][], timeoutMs?: number): Promise<Capture>;
  /** Ends the input, as a browser does, and waits for the host's end. */
  leave(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export class Scene {
  readonly #hosts: RunningHost[] = [];
  private constructor(
    readonly peers: Peers,
    readonly home: string,
  ) {}

  static async open(options: Partial<PeersOptions> = {}): Promise<Scene> {
    const home = await mkdtemp(join(tmpdir(), "auricle-scene-"));
    const peers = await startPeers({ dir: join(home, "peers"), hour: false, ...options });
    return new Scene(peers, home);
  }

  get musicFolder(): string {
    return join(this.home, "Music", "Auricle");
  }

  async files(folder: string): Promise<string[]> {
    return readdir(join(this.home, folder)).catch(() => []);
  }

  read(file: string): Promise<Buffer> {
    return readFile(file);
  }

  async start(options: HostOptions = {}): Promise<RunningHost> {
    const configFile = join(this.home, "config.json");
    await mkdir(this.home, { recursive: true });
    const { network, ...rest } = { network: {}, ...options.config } as Record<string, object>;
    await writeFile(configFile, JSON.stringify({ network: { caFile: this.peers.caFile, connectTo: this.peers.connectTo(), ...network }, ...rest }));
    const frames: SeenFrame[] = [];
    const [first, ...others] = [...(options.under ?? []), program()];
    let port: ChildPort | undefined;
    const bridge = new Bridge({
      client: { name: "integration-test", version: "1", browser: "node" },
      reconnect: options.reconnect ?? false,
      open: () => {
        port = childPort({
          program: first ?? program(),
          args: others,
          record: frames,
          cwd: this.home,
          env: { PATH: process.env["PATH"], HOME: this.home, AURICLE_CONFIG: configFile, ...options.env },
        });
        return port;
      },
      ...(options.onRefreshWanted === undefined ? {} : { onRefreshWanted: options.onRefreshWanted }),
    });
    await bridge.connect();
    const running = this.#running(bridge, () => port as ChildPort, frames);
    this.#hosts.push(running);
    return running;
  }

  /** The cookies that a browser would hold after the student has signed in. */
  cookies(value: string): Cookie[] {
    const base = { domain: "uni.hosted.panopto.com", hostOnly: true, path: "/", secure: true, session: true, sameSite: "no_restriction" as const, storeId: "0" };
    return [
      { ...base, name: ".ASPXAUTH", value, httpOnly: true },
      { ...base, name: "UserSettings", value: "c4nary-user-settings", httpOnly: false },
    ];
  }

  /** Ends every host, checks their traffic against the schema, and ends the peers. */
  async close(): Promise<void> {
    for (const host of this.#hosts) await host.leave();
    const faults = this.#hosts.flatMap(({ frames }) => validateTraffic(frames));
    this.peers.assertSound();
    await this.peers.stop();
    await rm(this.home, { recursive: true, force: true });
    if (faults.length > 0) throw new Error(`traffic that the schema does not have: ${JSON.stringify(faults.slice(0, 5), null, 1)}`);
  }

  #running(bridge: Bridge, port: () => ChildPort, frames: SeenFrame[]): RunningHost {
    const { peers } = this;
    const states = new Map<string, Capture>();
    bridge.on("capture", (capture) => states.set(capture.id, capture));
    return {
      bridge,
      frames,
      get port() {
        return port();
      },
      signIn: async () => {
        const value = peers.site.signInDirectly();
        await bridge.putCookies({ site: "panopto", origin: ORIGIN, store: "0", cookies: this.cookies(value) });
        return value;
      },
      putToken: async () => {
        await bridge.putBearer({ origin: peers.backend.origin, token: peers.backend.token });
      },
      reaches: (id, wanted, timeoutMs = 20_000) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(() => {
            stop();
            reject(new Error(`capture ${id} did not reach ${wanted.join(" or ")} but is ${JSON.stringify(states.get(id) ?? null)}`));
          }, timeoutMs);
          const look = (capture: Capture): void => {
            if (capture.id !== id || !wanted.includes(capture.state)) return;
            clearTimeout(timer);
            stop();
            resolve(capture);
          };
          const stop = bridge.on("capture", look);
          bridge.captures.get(id).then(look, reject);
        }),
      leave: async () => {
        bridge.close();
        return port().exited;
      },
    };
  }
}
