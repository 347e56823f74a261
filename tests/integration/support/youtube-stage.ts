// A stand-in for YouTube, reached under its true names through a proxy: yt-dlp knows no other way to be led elsewhere.
import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cookie } from "../../../extension-bridge/bridge/src/index.ts";
import { NamesProxy } from "../../peers/wire/names-proxy.ts";
import { YOUTUBE_HOSTS, YOUTUBE_HOST, YoutubeSite, type Cookies } from "../../peers/youtube/youtube.ts";
import { Scene, type HostOptions, type RunningHost } from "./scene.ts";

export const YOUTUBE = `https://${YOUTUBE_HOST}`;

export class YoutubeStage {
  private constructor(
    readonly scene: Scene,
    readonly site: YoutubeSite,
    readonly proxy: NamesProxy,
  ) {}

  static async open(): Promise<YoutubeStage> {
    const scene = await Scene.open();
    const site = new YoutubeSite(await scene.peers.authority.certificateFor([...YOUTUBE_HOSTS]));
    await site.start();
    // libcurl asks the proxy for where connectTo leads.
    const own = scene.peers.connectTo().map((route) => route.split(":").slice(2).join(":"));
    const proxy = await NamesProxy.start([...site.routes(), ...own.map((place) => `${place}:${place}`)]);
    return new YoutubeStage(scene, site, proxy);
  }

  /** What a host's configuration needs to reach the stand-in. */
  config(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    return { network: { proxy: `http://127.0.0.1:${String(this.proxy.port)}` }, ...more };
  }

  /** A host with a home of its own: the vault's and the refreshes' memory is each test's. */
  async start(options: HostOptions = {}): Promise<RunningHost> {
    const home = options.home ?? (await this.scene.newHome());
    return this.scene.start({ ...options, home, config: this.config(options.config) });
  }

  /** The cookies as a browser's API gives them. */
  cookies(values: Cookies): Cookie[] {
    const base = { domain: ".youtube.com", hostOnly: false, path: "/", secure: true, session: false, expirationDate: 4_102_444_800.5, sameSite: "no_restriction" as const, storeId: "0" };
    return [
      { ...base, name: "LOGIN_INFO", value: values.LOGIN_INFO, httpOnly: true },
      { ...base, name: "SAPISID", value: values.SAPISID, httpOnly: false },
    ];
  }

  async putCookies(host: RunningHost, values: Cookies): Promise<void> {
    await host.bridge.putCookies({ site: "youtube", origin: YOUTUBE, store: "0", cookies: this.cookies(values) });
  }

  async rest(): Promise<void> {
    this.site.clearFaults();
    await this.scene.rest();
    if (this.site.failure !== undefined) throw this.site.failure;
  }

  async close(): Promise<void> {
    await this.scene.close();
    await Promise.all([this.site.stop(), this.proxy.stop()]);
  }

  /** A program that takes yt-dlp's place; `script` is for /bin/sh and says nothing of versions. */
  async program(script: string, version: string): Promise<string> {
    const folder = await mkdtemp(join(this.scene.home, "program-"));
    const file = join(folder, `yt-dlp-${randomUUID()}`);
    await writeFile(file, `#!/bin/sh\nif [ "$1" = --version ]; then echo '${version}'; exit 0; fi\n${script}\n`);
    await chmod(file, 0o755);
    return file;
  }
}

/** A release of the week before last. */
export function recentVersion(): string {
  return new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 10).replaceAll("-", ".");
}
