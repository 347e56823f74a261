// Which keys were asked for, when and by which session; written behind the answers, with no more of a person than the settings allow.

import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import type { Database, Row } from "../backend/database.ts";
import { dateOf, textOf } from "../backend/database.ts";

/** How much of a client is kept: nothing, what it shares with many others, or all. */
export type LogDetail = "none" | "coarse" | "full";

export interface LogSettings {
  /** `coarse`: an IPv4 address without its last 8 bits, an IPv6 one without its last 80. */
  readonly address: LogDetail;
  /** `coarse`: the browser's name and the first part of its number. */
  readonly userAgent: LogDetail;
}

export interface LogEntry {
  readonly sessionId: string;
  readonly videoId: string;
  readonly rendition: string;
  readonly segIdx: number;
  readonly at: Date;
  readonly address: string;
  readonly userAgent: string | undefined;
  /** Pseudonyms. */
  readonly person: string | null;
  readonly deviceHash: string | null;
}

export interface LogRow {
  readonly sessionId: string;
  readonly videoId: string;
  readonly rendition: string;
  readonly segIdx: number;
  readonly timestamp: Date;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly person: string | null;
  readonly deviceHash: string | null;
}

const FLUSH_EVERY_MS = 200;
/** Beyond this the oldest are dropped and counted: a database that is away must not fill the memory. */
const MOST_WAITING = 50_000;
const MOST_AT_ONCE = 5_000;

export class PlaybackLog {
  #waiting: LogEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #dropped = 0;

  constructor(
    private readonly database: Database,
    private readonly settings: LogSettings,
  ) {}

  /** Entries that could not be kept since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Returns at once. */
  add(entries: readonly LogEntry[]): void {
    this.#waiting.push(...entries);
    const tooMany = this.#waiting.length - MOST_WAITING;
    if (tooMany > 0) {
      this.#waiting.splice(0, tooMany);
      this.#dropped += tooMany;
    }
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_EVERY_MS);
  }

  /** Resolves when all that was added so far is in the table, or was put back because the database is away. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const entries = this.#waiting.splice(0, MOST_AT_ONCE);
      try {
        await this.#insert(entries);
      } catch {
        // They are tried again with what comes next.
        this.#waiting.unshift(...entries);
        return;
      }
    }
  }

  async #insert(entries: readonly LogEntry[]): Promise<void> {
    const columns = [
      entries.map(() => randomUUID()),
      entries.map(({ sessionId }) => sessionId),
      entries.map(({ videoId }) => videoId),
      entries.map(({ segIdx }) => segIdx),
      entries.map(({ rendition }) => rendition),
      entries.map(({ at }) => at.toISOString()),
      entries.map(({ address }) => keptAddress(address, this.settings.address)),
      entries.map(({ userAgent }) => keptUserAgent(userAgent, this.settings.userAgent)),
      entries.map(({ person }) => person),
      entries.map(({ deviceHash }) => deviceHash),
    ];
    await this.database.query(
      `insert into playback_logs (id, session_id, video_id, seg_idx, rendition, timestamp, ip, user_agent, person, device_hash)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::text[])`,
      columns,
    );
  }

  async all(): Promise<LogRow[]> {
    await this.flush();
    return (await this.database.query("select * from playback_logs order by timestamp, seg_idx")).map(logOf);
  }

  /** Answers how many went. */
  async removeBefore(time: Date): Promise<number> {
    return (await this.database.query("delete from playback_logs where timestamp < $1 returning id", [time])).length;
  }

  /** Of a session, and of the person or device (pseudonyms) in all sessions. Answers how many went. */
  async removeOf(whose: { readonly sessionId?: string; readonly person?: string | null; readonly deviceHash?: string | null }): Promise<number> {
    await this.flush();
    const { sessionId = null, person = null, deviceHash = null } = whose;
    return (await this.database.query("delete from playback_logs where session_id = $1 or person = $2 or device_hash = $3 returning id", [sessionId, person, deviceHash])).length;
  }
}

/** RFC 4291 allows many spellings of one address; only its first three groups are kept, and they are never shortened in the middle of a network's part. */
export function keptAddress(address: string, detail: LogDetail): string | null {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (detail === "none" || isIP(plain) === 0) return null;
  if (detail === "full") return plain;
  if (isIP(plain) === 4) return plain.replace(/\.\d+$/, ".0");
  const [head = "", tail = ""] = plain.split("%", 1)[0]?.split("::") ?? [];
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const groups = [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last];
  return `${groups.slice(0, 3).join(":")}::`;
}

const BROWSERS: readonly RegExp[] = [/\b(Firefox)\/(\d+)/, /\b(Edg)\/(\d+)/, /\b(OPR)\/(\d+)/, /\b(Chrome)\/(\d+)/, /\b(Version)\/(\d+)[.\d]* (?:Mobile\/\S+ )?Safari/];

export function keptUserAgent(userAgent: string | undefined, detail: LogDetail): string | null {
  if (userAgent === undefined || detail === "none") return null;
  if (detail === "full") return userAgent;
  for (const browser of BROWSERS) {
    const [, name, number] = browser.exec(userAgent) ?? [];
    if (name !== undefined && number !== undefined) return `${name === "Version" ? "Safari" : name}/${number}`;
  }
  return "other";
}

function logOf(row: Row): LogRow {
  return {
    sessionId: String(row["session_id"]),
    videoId: String(row["video_id"]),
    rendition: String(row["rendition"]),
    segIdx: Number(row["seg_idx"]),
    timestamp: dateOf(row["timestamp"]),
    ip: textOf(row["ip"]),
    userAgent: textOf(row["user_agent"]),
    person: textOf(row["person"]),
    deviceHash: textOf(row["device_hash"]),
  };
}
