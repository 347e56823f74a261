// All that a capture in a browser needs: the peers, a home, the host registered in it, and the browser.
import { join } from "node:path";
import { startPeers } from "../../peers/peers.ts";
import type { Peers, PeersOptions } from "../../peers/peers.ts";
import type { Belongings } from "./belongings.ts";
import { launchChromium } from "./chromium.ts";
import type { ChromiumBrowser } from "./chromium.ts";
import { Home } from "./home.ts";
import { Registration } from "./registration.ts";

export interface PeersChoices {
  /** Where media are kept between runs. */
  readonly cacheDir?: string;
  /** With the hour-long lecture. */
  readonly hour?: boolean;
}

/** Certificates and the backend's files go into a home of the peers' own. */
export async function holdPeers(belongings: Belongings, choices: PeersChoices): Promise<Peers> {
  const home = await belongings.hold(() => Home.make("peers"), (made) => made.remove());
  const options: PeersOptions = { hour: false, ...choices, dir: join(home.folder, "peers") };
  return belongings.hold(() => startPeers(options), (peers) => peers.stop());
}

/** A home whose host, once it is registered, reaches the peers by their true names. */
export async function holdHome(belongings: Belongings, peers: Peers, program: string): Promise<Registration> {
  const home = await belongings.hold(() => Home.make("home"), (made) => made.remove());
  await home.configure({ network: { caFile: peers.caFile, connectTo: peers.connectTo() } });
  return new Registration(program, home);
}

export interface BrowserChoices {
  readonly headed?: boolean;
}

export function holdBrowser(belongings: Belongings, peers: Peers, home: Home, choices: BrowserChoices = {}): Promise<ChromiumBrowser> {
  const options = { home, caFile: peers.caFile, hostResolverRules: peers.hostResolverRules(), ...choices };
  return belongings.hold(() => launchChromium(options), (browser) => browser.close());
}
