// A bridge on a scripted host and a clock turned by hand.
import { Bridge, type BridgeOptions, type BridgeState } from "../src/bridge.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { FakeHost } from "../testing/fake-host.ts";

export interface Stage {
  bridge: Bridge;
  clock: FakeClock;
  host: FakeHost;
  states: BridgeState[];
}

export function stage(options: Partial<BridgeOptions> = {}): Stage {
  const clock = new FakeClock();
  const host = new FakeHost();
  const bridge = new Bridge({ client: { name: "test", version: "1", browser: "node" }, open: host.open, clock, random: () => 0.5, ...options });
  const states: BridgeState[] = [];
  bridge.on("state", (state) => states.push(state));
  return { bridge, clock, host, states };
}

export const COOKIES = {
  site: "panopto" as const,
  origin: "https://uni.hosted.panopto.com",
  store: "0",
  cookies: [{ name: ".ASPXAUTH", value: "CANARY", domain: "uni.hosted.panopto.com", path: "/" }],
};
