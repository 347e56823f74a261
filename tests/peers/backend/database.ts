// The little that the tables need of a database: PGlite in this process, or a PostgreSQL elsewhere.

import { PGlite } from "@electric-sql/pglite";
import { Pool } from "pg";

export type Row = Readonly<Record<string, unknown>>;

export interface Database {
  /** One statement with $1, $2, … */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
  /** Several statements, without parameters, all or none. */
  run(sql: string): Promise<void>;
  /** Gives back what this database holds of the machine; its tables may be gone afterwards. */
  close(): Promise<void>;
}

// A driver gives a bigint as a number, a bigint or a string, and a time as a Date or a text.

export function textOf(value: unknown): string | null {
  return value === null ? null : String(value);
}

export function numberOf(value: unknown): number | null {
  return value === null ? null : Number(value);
}

export function dateOf(value: unknown): Date {
  return value instanceof Date ? value : new Date(String(value));
}

let engine: Promise<PGlite> | undefined;
let leases = 0;
let held = 0;

/** How long the engine waits for a next lease (ms): tests open and close their databases one after the other. */
const IDLE_MS = 250;

/**
 * Empty tables at little cost: PGlite takes seconds to start, so one runs in memory for the whole process, and each
 * lease is a schema of its own in it. Closing drops the schema.
 */
export async function leaseDatabase(): Promise<Database> {
  held += 1;
  leases += 1;
  const schema = `lease_${String(leases)}`;
  engine ??= PGlite.create();
  const db = await engine;
  await db.exec(`create schema ${schema}`);
  const enter = `set local search_path to ${schema}`;
  return {
    query: (sql, parameters = []) =>
      db.transaction(async (inside) => {
        await inside.exec(enter);
        return (await inside.query<Row>(sql, [...parameters])).rows;
      }),
    run: (sql) =>
      db.transaction(async (inside) => {
        await inside.exec(enter);
        await inside.exec(sql);
      }),
    close: async () => {
      await db.exec(`drop schema if exists ${schema} cascade`);
      held -= 1;
      endWhenIdle();
    },
  };
}

/** PostgreSQL in the engine sets itself alarms of 10 s, and with one of them set no process can end; closing takes them away. */
function endWhenIdle(): void {
  setTimeout(() => {
    if (held > 0) return;
    const ending = engine;
    engine = undefined;
    void ending?.then((db) => db.close());
  }, IDLE_MS);
}

/** Tables in a folder, which are there again at the next start. */
export async function openDatabase(dir: string): Promise<Database> {
  const db = await PGlite.create(dir);
  return {
    query: async (sql, parameters = []) => (await db.query<Row>(sql, [...parameters])).rows,
    run: async (sql) => {
      await db.transaction((inside) => inside.exec(sql));
    },
    close: () => db.close(),
  };
}

/** `url`: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, or `postgresql://USER@/DATABASE?host=FOLDER` for a socket. */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new Pool({ connectionString: url });
  // An idle connection that the server ends is replaced by the next question; without this it would end the process.
  pool.on("error", () => undefined);
  await pool.query("select 1").catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  return {
    query: async (sql, parameters = []) => (await pool.query<Row>(sql, [...parameters])).rows,
    // Without parameters all statements go in one message, which PostgreSQL takes as one transaction.
    run: async (sql) => void (await pool.query(sql)),
    close: () => pool.end(),
  };
}
