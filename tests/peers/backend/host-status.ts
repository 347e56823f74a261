// What a person's machine last said of itself (`PUT /api/host/status`), and what that means for the cookies there.

import { dateOf } from "./database.ts";
import type { Database } from "./database.ts";

export const FRESHNESS = ["fresh", "unknown", "stale", "expired"] as const;
export type Freshness = (typeof FRESHNESS)[number];

export interface SiteStatus {
  readonly site: string;
  readonly freshness: Freshness;
  readonly count: number;
  /** RFC 3339 */
  readonly putAt: string | null;
}

export interface HostStatus {
  /** Of the sites that this backend was ever sent something from, those whose cookies are on the machine now. */
  readonly sites: readonly SiteStatus[];
  /** Captures for this backend. */
  readonly running: number;
  /** Those of them that wait for somebody to sign in. */
  readonly waiting: number;
  readonly hostVersion: string;
}

export interface CookiesStatus {
  readonly exists: boolean;
  readonly configured: boolean;
  readonly count: number;
  readonly oldest_put_at: string | null;
  /** The worst of all sites. */
  readonly freshness: Freshness | null;
  readonly message: string;
}

/** In the shape that document 003's clients know, without a path and a size: there is no file. */
export function cookiesStatus(status: HostStatus | undefined, isPresent: boolean): CookiesStatus {
  const held = (status?.sites ?? []).filter(({ count }) => count > 0);
  const [oldest = null] = held.flatMap(({ putAt }) => (putAt === null ? [] : [putAt])).sort();
  return {
    exists: held.length > 0,
    configured: status !== undefined,
    count: held.reduce((sum, { count }) => sum + count, 0),
    oldest_put_at: oldest,
    freshness: FRESHNESS.findLast((word) => held.some(({ freshness }) => freshness === word)) ?? null,
    message: message(status, held.length > 0, isPresent),
  };
}

function message(status: HostStatus | undefined, exists: boolean, isPresent: boolean): string {
  if (status === undefined) return "No machine has reported yet. Open the browser that has the Auricle extension.";
  if (!isPresent) return "The machine is not there now: its browser is closed. What it last said is shown.";
  return exists ? "The machine holds cookies of its own; none of them is ever here." : "The machine holds no cookies now. It asks the browser for them when they are needed.";
}

/** Something waits for cookies, or those that are there have ended. An empty machine alone lacks nothing. */
export function lacksCookies({ waiting, sites }: HostStatus): boolean {
  return waiting > 0 || sites.some(({ freshness }) => freshness === "expired");
}

export class HostStatusTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async put(owner: string, status: HostStatus): Promise<void> {
    await this.#database.query("insert into host_status (owner, status) values ($1, $2) on conflict (owner) do update set status = excluded.status, reported_at = now()", [owner, JSON.stringify(status)]);
  }

  async of(owner: string): Promise<HostStatus | undefined> {
    const [row] = await this.#database.query("select status from host_status where owner = $1", [owner]);
    return row === undefined ? undefined : statusOf(row["status"]);
  }

  async all(): Promise<readonly { readonly owner: string; readonly status: HostStatus; readonly reportedAt: Date }[]> {
    const rows = await this.#database.query("select owner, status, reported_at from host_status");
    return rows.map((row) => ({ owner: String(row["owner"]), status: statusOf(row["status"]), reportedAt: dateOf(row["reported_at"]) }));
  }
}

/** A driver gives JSON as a text or as what it stands for. */
function statusOf(value: unknown): HostStatus {
  return (typeof value === "string" ? JSON.parse(value) : value) as HostStatus;
}
