// A stage for one test file: the peers, a home of its own, and hosts that are started in it as a browser would.
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cookie, Delivery, RefreshAnswer, RefreshWanted } from "../../../extension-bridge/bridge/src/index.ts";
import { validateTraffic } from "../../../extension-bridge/bridge/testing/index.ts";
import { FILE_HOST, FileSite } from "../../peers/files/file-site.ts";
import { lecture, type Lecture } from "../../peers/panopto/lecture.ts";
import { SITE_HOST } from "../../peers/panopto/site.ts";
import { startPeers, type Peers, type PeersOptions } from "../../peers/peers.ts";
import { beginHost, type RunningHost } from "./running-host.ts";

export type { RunningHost } from "./running-host.ts";
export const ORIGIN = `https://${SITE_HOST}`;

export interface HostOptions {
  /** Merged into the configuration's top level, and into its `network`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly onRefreshWanted?: (wanted: RefreshWanted) => Promise<RefreshAnswer>;
  readonly reconnect?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** Before the host's own command line, e.g. strace and its options. */
  readonly under?: readonly string[];
  /** Where it keeps its things; the scene's own home when left out. */
  readonly home?: string;
}

export class Scene {
  #hosts: RunningHost[] = [];
  #files: FileSite | undefined;
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

  /** For `deliver`: the reference backend. */
  get toBackend(): Delivery {
    return { to: "backend", origin: this.peers.backend.origin };
  }

  read(file: string): Promise<Buffer> {
    return readFile(file);
  }

  /** A home beside the scene's own, for a host that shares nothing with the others. */
  async newHome(): Promise<string> {
    const home = join(this.home, `home-${randomUUID()}`);
    await mkdir(home);
    return home;
  }

  /** A lecture that no other test knows: the ordinary short one, where nothing else is chosen. */
  lecture(choices: Partial<Lecture> = {}): Lecture {
    const { audio, video } = this.peers.lectures.short;
    return this.peers.site.add(lecture({ audio, video, ...choices }));
  }

  async start(options: HostOptions = {}): Promise<RunningHost> {
    const home = options.home ?? this.home;
    const configFile = await this.configure(home, options.config);
    const host = await beginHost({ ...options, home, configFile, peers: this.peers, cookies: (value, tenant) => this.cookies(value, tenant) });
    this.#hosts.push(host);
    return host;
  }

  /** Writes a configuration by which the peers are reached; gives its file. */
  async configure(home: string, config: HostOptions["config"] = {}): Promise<string> {
    const file = join(home, `config-${randomUUID()}.json`);
    const { network, ...rest } = { network: {}, ...config } as { network: { connectTo?: string[] } };
    // Of several for one name the first holds: what is chosen here comes before the peers' own.
    const connectTo = [...(network.connectTo ?? []), ...this.peers.connectTo(), ...(this.#files === undefined ? [] : [this.#files.connectTo])];
    await writeFile(file, JSON.stringify({ ...rest, network: { caFile: this.peers.caFile, ...network, connectTo } }));
    return file;
  }

  /** A plain web server beside the peers, which hosts that start from now on reach; the same one each time. */
  async files(): Promise<FileSite> {
    if (this.#files === undefined) {
      const site = new FileSite(await this.peers.authority.certificateFor([FILE_HOST]));
      await site.start();
      this.#files = site;
    }
    return this.#files;
  }

  /** The cookies that a browser would hold after the student has signed in. */
  cookies(value: string, tenant = SITE_HOST): Cookie[] {
    const base = { domain: tenant, hostOnly: true, path: "/", secure: true, session: true, sameSite: "no_restriction" as const, storeId: "0" };
    return [
      { ...base, name: ".ASPXAUTH", value, httpOnly: true },
      { ...base, name: "UserSettings", value: "c4nary-user-settings", httpOnly: false },
    ];
  }

  /** Every file that the hosts have left below their homes, the peers' own left out. */
  async filesLeft(): Promise<string[]> {
    const entries = await readdir(this.home, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return files.filter((file) => !file.startsWith(join(this.home, "peers")));
  }

  /** Ends the hosts of one test, lets go of its faults, and holds what the hosts said against the schema. */
  async rest(): Promise<void> {
    this.peers.site.clearFaults();
    this.peers.cdn.clearFaults();
    this.peers.backend.clearFaults();
    this.#files?.clearFaults();
    const hosts = this.#hosts;
    this.#hosts = [];
    await Promise.all(hosts.map((host) => host.leave()));
    const faults = hosts.flatMap(({ frames }) => validateTraffic(frames));
    if (faults.length > 0) throw new Error(`traffic that the schema does not have: ${JSON.stringify(faults.slice(0, 5), null, 1)}`);
    this.peers.assertSound();
    if (this.#files?.failure !== undefined) throw this.#files.failure;
  }

  async close(): Promise<void> {
    try {
      await this.rest();
    } finally {
      await Promise.all([this.peers.stop(), this.#files?.stop()]);
      await rm(this.home, { recursive: true, force: true });
    }
  }
}
