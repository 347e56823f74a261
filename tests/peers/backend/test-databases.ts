// The databases that the same tests run on: PGlite in this process, and a PostgreSQL of our own.

import { leaseDatabase, openPostgres } from "./database.ts";
import type { Database } from "./database.ts";
import { PostgresCluster } from "./postgres-cluster.ts";

export interface TestDatabases {
  readonly name: string;
  open(): Promise<void>;
  /** Empty; closed by whoever took it. */
  lease(): Promise<Database>;
  close(): Promise<void>;
}

/** New ones for each caller: nothing is shared between tests of different files. */
export function testDatabases(): readonly TestDatabases[] {
  return [new InProcess(), new OnServer()];
}

class InProcess implements TestDatabases {
  readonly name = "PGlite";
  #held: Database | undefined;

  /** One lease is held throughout: the engine would end in a longer pause between two, and starting it takes seconds. */
  async open(): Promise<void> {
    this.#held = await leaseDatabase();
  }

  lease(): Promise<Database> {
    return leaseDatabase();
  }

  async close(): Promise<void> {
    await this.#held?.close();
  }
}

class OnServer implements TestDatabases {
  readonly name = "PostgreSQL";
  #cluster: PostgresCluster | undefined;

  async open(): Promise<void> {
    this.#cluster = await PostgresCluster.start();
  }

  async lease(): Promise<Database> {
    if (this.#cluster === undefined) throw new Error("open() comes first");
    return openPostgres(await this.#cluster.createDatabase());
  }

  async close(): Promise<void> {
    await this.#cluster?.stop();
  }
}
