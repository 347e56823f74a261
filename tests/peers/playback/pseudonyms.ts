// Words that stand for a person, a device or an address: the same each time, and of no use to whoever reads the tables.

import { createHmac, randomBytes } from "node:crypto";
import type { Database } from "../backend/database.ts";
import type { Envelope } from "./envelope.ts";

const KEY_BYTES = 32;
const NAME = "pseudonyms";

/** What a stored secret of the server is bound to; rotation needs it too. */
export function secretContext(name: string): string {
  return `server secret ${name}`;
}

export class Pseudonyms {
  private constructor(private readonly key: Uint8Array) {}

  /** With the database's own key, which is made at the first start. */
  static async open(database: Database, envelope: Envelope): Promise<Pseudonyms> {
    const fresh = envelope.seal(randomBytes(KEY_BYTES), secretContext(NAME));
    await database.query("insert into server_secrets (name, sealed) values ($1, $2) on conflict (name) do nothing", [NAME, fresh]);
    const [row] = await database.query("select sealed from server_secrets where name = $1", [NAME]);
    return new Pseudonyms(envelope.open(String(row?.["sealed"]), secretContext(NAME)));
  }

  /** `kind` keeps one's address from meeting another's device. */
  of(kind: "person" | "device" | "address", value: string): string {
    return createHmac("sha256", this.key).update(`${kind}\n${value}`).digest("hex");
  }
}
