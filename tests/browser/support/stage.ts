// All that a capture in a browser needs: the peers, a home, the host registered in it, and the browser.
import { join } from "node:path";
import { startPeers } from "../../peers/peers.ts";
import type { Peers, PeersOptions } from "../../peers/peers.ts";
import type { Belongings } from "./belongings.ts";
import { launchChromium } from "./chromium.ts";
import { launchFirefox } from "./firefox.ts";
import { Home } from "./home.ts";
import { Registration } from "./registration.ts";
import type { BrowserName, LaunchOptions, TestBrowser } from "./test-browser.ts";

export interface PeersChoices {
  /** Where media are kept between runs. */
  readonly cacheDir?: string;
  /** With the hour-long lecture. */
  readonly hour?: boolean;
  readonly playback?: NonNullable<PeersOptions["playback"]>;
}

/** Certificates and the backend's files go into a home of the peers' own. */
export async function holdPeers(belongings: Belongings, choices: PeersChoices): Promise<Peers> {
  const home = await belongings.hold(() => Home.make("peers"), (made) => made.remove());
  const options: PeersOptions = { hour: false, ...choices, dir: join(home.folder, "peers") };
  return belongings.hold(() => startPeers(options), (peers) => peers.stop());
}

/** A home whose host, once it is registered with the browser, reaches the peers by their true names. `config`: what else its configuration says. */
export async function holdHome(belongings: Belongings, peers: Peers, program: string, browser: BrowserName, config: Readonly<Record<string, unknown>> = {}): Promise<Registration> {
  const home = await belongings.hold(() => Home.make("home"), (made) => made.remove());
  await home.configure({ ...config, network: { caFile: peers.caFile, connectTo: peers.connectTo() } });
  return new Registration(program, home, browser);
}

export type BrowserChoices = Pick<LaunchOptions, "headed" | "inPrivate" | "asksFor" | "preferences">;

export function holdBrowser(belongings: Belongings, peers: Peers, { home, browser }: Registration, choices: BrowserChoices = {}): Promise<TestBrowser> {
  const options: LaunchOptions = { home, caFile: peers.caFile, connectTo: peers.connectTo(), ...choices };
  const launch = (): Promise<TestBrowser> => (browser === "chromium" ? launchChromium(options) : launchFirefox(options));
  return belongings.hold(launch, (launched) => launched.close());
}
