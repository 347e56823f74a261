import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { BullQueue } from "./backend/bull-queue.ts";
import { openPostgres } from "./backend/database.ts";
import { PostgresCluster } from "./backend/postgres-cluster.ts";
import type { PeersSummary } from "./peers.ts";
import { PrivateRedis } from "./redis/redis.ts";
import { TestStore } from "./store/store.ts";
import { ask } from "./wire/client.ts";
import type { Got } from "./wire/client.ts";

async function nextLine(lines: Interface): Promise<string> {
  const [line] = (await once(lines, "line")) as [string];
  return line;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

describe("serve", () => {
  let dir: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-serve-"));
  });
  const children: ChildProcessWithoutNullStreams[] = [];
  // One that a failing test has left would keep the run from ending.
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await rm(dir, { recursive: true, maxRetries: 3 });
  });

  const start = (environment: Record<string, string> = {}): ChildProcessWithoutNullStreams => {
    const child = spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL("serve.ts", import.meta.url)), "--dir", dir, "--json", "--short"], { env: { ...process.env, ...environment } });
    children.push(child);
    return child;
  };

  for (const ending of ["SIGTERM", "SIGINT", "end of input"] as const) {
    it(`says in one line where everything is, obeys, and leaves nothing at ${ending}`, async () => {
      const served = start();
      const lines = createInterface({ input: served.stdout });
      const summary = JSON.parse(await nextLine(lines)) as PeersSummary;
      assert.ok(summary.connectTo.includes(`uni.hosted.panopto.com:443:127.0.0.1:${String(summary.ports.site)}`));
      assert.ok(summary.hostResolverRules.includes(`MAP study.example.edu:443 127.0.0.1:${String(summary.ports.backend)}`));

      served.stdin.write("sign-in\n");
      const { value } = JSON.parse(await nextLine(lines)) as { value: string };
      const page = await ask({ caFile: summary.caFile, port: summary.ports.site }, summary.lectures["hour"]?.url ?? "", { headers: { cookie: `.ASPXAUTH=${value}` } });
      assert.match(page.text, /Lecture 4: Hearing, sound and signal/);
      served.stdin.write("counters\n");
      assert.deepEqual(JSON.parse(await nextLine(lines)), { cookiesAtSite: 1, cookiesAtCdn: 0, cookiesAtStranger: 0, cookiesAtBackend: 0, cookiesAtMoodle: 0, personalDataAtBackend: 0 });

      if (ending === "end of input") served.stdin.end();
      else served.kill(ending);
      const [status] = (await once(served, "exit")) as [number | null];
      assert.equal(status, 0);
      assert.ok(!(await Promise.all(Object.values(summary.ports).map(listens))).includes(true));
    });
  }

  it("keeps wishes of people's machines in the Redis, and shows numbers to the reader, that the environment names", async () => {
    const redis = await PrivateRedis.start();
    try {
      const served = start({ REDIS_URL: redis.socket, METRICS_TOKEN: "reader" });
      const { caFile, ports, backend } = JSON.parse(await nextLine(createInterface({ input: served.stdout }))) as PeersSummary;
      const call = (path: string, token: string, body?: string): Promise<Got> => ask({ caFile, port: ports.backend }, backend.origin + path, { ...(body === undefined ? {} : { method: "POST", body }), headers: { authorization: `Bearer ${token}` } });
      assert.equal((await call("/api/cookies/trigger-refresh", backend.token, '{"reason":"stale","site":"panopto"}')).status, 200);
      assert.equal((await call("/metrics", backend.token)).status, 401);
      assert.match((await call("/metrics", "reader")).text, /auricle_refresh_queue_jobs\{state="waiting"\} 1/);
      served.stdin.end();
      await once(served, "exit");
      const queue = await BullQueue.open(redis.socket);
      assert.equal((await queue.totals()).waiting, 1);
      await queue.close();
    } finally {
      await redis.stop();
    }
  });

  it("keeps lectures in the database, and sound in the store, that the environment names", async () => {
    const cluster = await PostgresCluster.start();
    const store = await TestStore.open(join(dir, "store"));
    try {
      const { endpoint, bucket, region, accessKeyId, secretAccessKey } = store.access();
      const url = await cluster.createDatabase();
      const served = start({ DATABASE_URL: url, S3_ENDPOINT: endpoint, S3_BUCKET: bucket, S3_REGION: region, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey });
      const lines = createInterface({ input: served.stdout });
      const { caFile, ports, backend } = JSON.parse(await nextLine(lines)) as PeersSummary;
      const lecture = { title: "t", source_url: "https://a.example/", site: "panopto", mime_type: "audio/mp4", size_bytes: 5, accepts: ["presigned"] };
      const got = await ask({ caFile, port: ports.backend }, `${backend.origin}/api/lectures`, { method: "POST", headers: { authorization: `Bearer ${backend.token}`, "idempotency-key": "k" }, body: JSON.stringify(lecture) });
      assert.equal(got.status, 201, got.text);
      served.stdin.end();
      await once(served, "exit");
      const database = await openPostgres(url);
      assert.deepEqual(await database.query("select title, upload_protocol from lectures"), [{ title: "t", upload_protocol: "presigned" }]);
      await database.close();
      assert.equal((await store.uploadsUnderWay()).length, 1);
    } finally {
      await store.stop();
      await cluster.stop();
    }
  });
});
