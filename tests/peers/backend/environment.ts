// What a person who runs the reference backend says in the environment.

import { BullQueue } from "./bull-queue.ts";
import { leaseDatabase, openPostgres } from "./database.ts";
import type { Database } from "./database.ts";
import { MemoryQueue } from "./memory-queue.ts";
import type { ObjectStore } from "./part-space.ts";
import type { RefreshQueue } from "./refresh-queue.ts";

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

/** BullMQ on the Redis of REDIS_URL; a queue in this process without it. */
export async function queueFrom(environment: Environment): Promise<RefreshQueue> {
  const url = environment["REDIS_URL"];
  return url === undefined || url === "" ? new MemoryQueue() : BullQueue.open(url);
}

/** WEBHOOK_URL; undefined without it. Throws a sentence for an address that others could read along or that holds a password. */
export function webhookFrom(environment: Environment): { readonly url: string } | undefined {
  const text = environment["WEBHOOK_URL"];
  if (text === undefined || text === "") return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url?.protocol === "http:" && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname);
  if (url === undefined || (url.protocol !== "https:" && !isLocal)) throw new Error("WEBHOOK_URL must be an https address, or http on this machine.");
  if (url.username !== "" || url.password !== "") throw new Error("WEBHOOK_URL must hold no user name and no password.");
  return { url: url.href };
}

/** METRICS_TOKEN; undefined without it. */
export function metricsTokenFrom(environment: Environment): string | undefined {
  const token = environment["METRICS_TOKEN"];
  return token === "" ? undefined : token;
}
