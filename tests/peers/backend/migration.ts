// Brings a database's tables to the newest shape: the files of migrations/, in the order of their names, each once.

import { readFile, readdir } from "node:fs/promises";
import type { Database } from "./database.ts";

const FOLDER = new URL("migrations/", import.meta.url);

/** `folder`: another server's migrations, in the same manner. */
export async function migrate(database: Database, folder = FOLDER): Promise<void> {
  await database.run("create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())");
  const applied = new Set((await database.query("select name from migrations")).map((row) => row["name"]));
  const names = (await readdir(folder)).filter((name) => /^\d+_\w+\.sql$/.test(name)).sort();
  for (const name of names) {
    if (applied.has(name)) continue;
    // The name holds nothing but letters, digits and underscores, so it may stand in the statement as it is.
    await database.run(`${await readFile(new URL(name, folder), "utf8")};\ninsert into migrations (name) values ('${name}');`);
  }
}
