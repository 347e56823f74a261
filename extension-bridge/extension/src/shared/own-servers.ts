// Servers that an institution runs under a name of its own, as the program's configuration has them: on their pages the person can be
// asked for that one origin.
import type { OwnServer } from "@auricle/bridge";
import { covers } from "./access.ts";
import { recognise, type LecturePage } from "./page.ts";

/** The recording that an address on one of these servers shows, or null. */
export function recogniseNamed(address: string, servers: readonly OwnServer[]): LecturePage | null {
  const page = URL.canParse(address) ? recognise(address, [new URL(address).hostname]) : null;
  return page && servers.some(({ site, origin }) => site === page.site && origin === page.origin) ? page : null;
}

/** Those which the browser does not let us see yet. */
export function unseenServers(servers: readonly OwnServer[], granted: readonly string[]): OwnServer[] {
  return servers.filter(({ origin }) => origin.startsWith("https://") && !covers(granted, origin));
}

/** The one of these to which an address belongs, or null. */
export function serverOf(address: string, servers: readonly OwnServer[]): OwnServer | null {
  const origin = URL.canParse(address) ? new URL(address).origin : null;
  return servers.find((server) => server.origin === origin) ?? null;
}
