// What a person who runs the reference backend says in the environment.

import { leaseDatabase, openPostgres } from "./database.ts";
import type { Database } from "./database.ts";
import type { ObjectStore } from "./part-space.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The PostgreSQL of DATABASE_URL; empty tables in memory without it. */
export function databaseFrom(environment: Environment): Promise<Database> {
  const url = environment["DATABASE_URL"];
  return url === undefined || url === "" ? leaseDatabase() : openPostgres(url);
}

/** The store of S3_ENDPOINT and its companions; undefined without it. Throws a sentence when one of them is missing. */
export function storeFrom(environment: Environment): ObjectStore | undefined {
  const endpoint = environment["S3_ENDPOINT"];
  if (endpoint === undefined || endpoint === "") return undefined;
  const must = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === "") throw new Error(`S3_ENDPOINT is set, and so must be ${name}.`);
    return value;
  };
  if (!URL.canParse(endpoint)) throw new Error("S3_ENDPOINT must be an address, such as https://s3.eu-central-1.amazonaws.com.");
  return { endpoint, bucket: must("S3_BUCKET"), region: must("S3_REGION"), accessKeyId: must("S3_ACCESS_KEY_ID"), secretAccessKey: must("S3_SECRET_ACCESS_KEY") };
}
