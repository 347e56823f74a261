// Playback sessions: who may ask for which video's keys, until when.

import { createHash } from "node:crypto";
import type { Database, Row } from "../backend/database.ts";
import { dateOf, textOf } from "../backend/database.ts";
import type { Bytes } from "./bytes.ts";
import type { KeyWrap } from "./primitives.ts";

export interface SessionRow {
  readonly id: string;
  readonly videoId: string;
  /** Its video's, as it is in the tables now. */
  readonly rootSecretEnc: string;
  readonly clientPubKey: Bytes;
  readonly serverPubKey: Bytes;
  /** The JWK under the envelope key; see privateKeyContext. */
  readonly serverPrivJwk: string;
  readonly serverNonce: Bytes;
  readonly deviceHash: string | null;
  readonly person: string | null;
  readonly address: string | null;
  readonly keyWrap: KeyWrap;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly lastActivity: Date;
}

export type NewSession = Omit<SessionRow, "rootSecretEnc" | "createdAt" | "lastActivity"> & { readonly cookieValue: string; readonly now: Date };

/** What a session's private key is bound to. */
export function privateKeyContext(sessionId: string): string {
  return `session key ${sessionId}`;
}

export class SessionTable {
  constructor(private readonly database: Database) {}

  async add(session: NewSession): Promise<void> {
    const { id, cookieValue, videoId, clientPubKey, serverPubKey, serverPrivJwk, serverNonce, deviceHash, person, address, keyWrap, expiresAt, now } = session;
    await this.database.query(
      `insert into playback_sessions (id, cookie_value, video_id, client_pub_key, server_pub_key, server_priv_jwk, server_nonce, device_hash, person, address, key_wrap, expires_at, created_at, last_activity)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
      [id, digest(cookieValue), videoId, clientPubKey, serverPubKey, serverPrivJwk, serverNonce, deviceHash, person, address, keyWrap, expiresAt, now],
    );
  }

  /** With what a key needs of its video: whoever asks for a key waits for one question to the database. */
  async find(cookieValue: string): Promise<SessionRow | undefined> {
    const [row] = await this.database.query("select s.*, v.root_secret_enc from playback_sessions s join videos v on v.id = s.video_id where s.cookie_value = $1", [digest(cookieValue)]);
    return row && sessionOf(row);
  }

  /** False: it is gone by now. */
  async extend(id: string, expiresAt: Date, now: Date): Promise<boolean> {
    return (await this.database.query("update playback_sessions set expires_at = $2, last_activity = $3 where id = $1 returning id", [id, expiresAt, now])).length > 0;
  }

  async touch(ids: readonly string[], now: Date): Promise<void> {
    await this.database.query("update playback_sessions set last_activity = $2 where id = any ($1::text[])", [ids, now]);
  }

  async remove(id: string): Promise<void> {
    await this.database.query("delete from playback_sessions where id = $1", [id]);
  }

  /** Answers how many went. */
  async removeExpired(now: Date): Promise<number> {
    return (await this.database.query("delete from playback_sessions where expires_at < $1 returning id", [now])).length;
  }

  async count(): Promise<number> {
    const [row] = await this.database.query("select count(*) as count from playback_sessions");
    return Number(row?.["count"]);
  }
}

function digest(cookieValue: string): string {
  return createHash("sha256").update(cookieValue).digest("hex");
}

function bytesOf(value: unknown): Bytes {
  return Uint8Array.from(value as Uint8Array);
}

function sessionOf(row: Row): SessionRow {
  return {
    id: String(row["id"]),
    videoId: String(row["video_id"]),
    rootSecretEnc: String(row["root_secret_enc"]),
    clientPubKey: bytesOf(row["client_pub_key"]),
    serverPubKey: bytesOf(row["server_pub_key"]),
    serverPrivJwk: String(row["server_priv_jwk"]),
    serverNonce: bytesOf(row["server_nonce"]),
    deviceHash: textOf(row["device_hash"]),
    person: textOf(row["person"]),
    address: textOf(row["address"]),
    keyWrap: row["key_wrap"] === "aes-kw" ? "aes-kw" : "aes-gcm",
    expiresAt: dateOf(row["expires_at"]),
    createdAt: dateOf(row["created_at"]),
    lastActivity: dateOf(row["last_activity"]),
  };
}
