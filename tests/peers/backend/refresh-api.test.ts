import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { ask } from "../wire/client.ts";
import type { Ask, Got } from "../wire/client.ts";
import { ReferenceBackend } from "./backend.ts";
import { leaseDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import type { RefreshQueue } from "./refresh-queue.ts";
import { testQueues } from "./test-queues.ts";

const PAGE = "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1";
const LECTURE = { title: "Lecture 4", source_url: PAGE, site: "panopto", mime_type: "audio/mp4", accepts: ["tus"] };
const POLICY = { attempts: 3, backoffMs: 20, stalledAfterMs: 60_000, mostStalls: 2, kept: 100 };
const STATUS = { sites: [{ site: "panopto", freshness: "fresh", count: 2, put_at: "2026-11-21T09:00:00.000Z" }], captures: { running: 0, waiting: 0 }, host_version: "0.1.0" };

interface Job {
  readonly id: string;
  readonly kind: string;
  readonly url?: string;
  readonly attempt: number;
}

for (const queues of testQueues()) describe(`asking a machine, by ${queues.name}`, () => {
  let dir: string;
  let database: Database;
  let queue: RefreshQueue;
  let backend: ReferenceBackend;

  // Held throughout: the engine of the tables would end in a longer pause between two tests, and starting it takes seconds.
  let held: Database;
  before(async () => {
    held = await leaseDatabase();
    await queues.open();
  });
  after(async () => {
    await queues.close();
    await held.close();
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-asking-"));
    database = await leaseDatabase();
    queue = await queues.take(POLICY);
    backend = await ReferenceBackend.start({ dir, database, queue, triggers: { perHour: 60, burst: 4 } });
  });
  afterEach(async () => {
    await backend.stop();
    await queue.close();
    await database.close();
    await rm(dir, { recursive: true });
    assert.equal(backend.failure, undefined);
  });

  const call = (method: string, path: string, value?: unknown, token = backend.token, headers: Record<string, string> = {}): Promise<Got> => {
    const body: Ask = value === undefined ? {} : { body: JSON.stringify(value) };
    return ask({ port: backend.port }, backend.origin + path, { method, ...body, headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers } });
  };
  const json = (got: Got): Record<string, unknown> => JSON.parse(got.text) as Record<string, unknown>;
  const said = (got: Got): [number, unknown] => [got.status, got.text === "" ? undefined : json(got)["kind"]];
  const register = (): Promise<Got> => call("POST", "/api/lectures", LECTURE, backend.token, { "idempotency-key": randomUUID() });
  const trigger = (value: object, token?: string): Promise<Got> => call("POST", "/api/cookies/trigger-refresh", value, token);
  const jobs = async (query = "", token?: string): Promise<readonly Job[]> => json(await call("GET", `/api/host/jobs?wait=0${query}`, undefined, token))["jobs"] as Job[];
  const finish = (id: string, value: object): Promise<Got> => call("POST", `/api/host/jobs/${id}`, value);
  const status = async (): Promise<unknown> => json(await call("GET", "/api/cookies/queue-status"))["status"];
  const metric = async (line: string): Promise<string | undefined> => (await call("GET", "/metrics")).text.split("\n").find((text) => text.startsWith(`${line} `))?.slice(line.length + 1);

  it("answers a trigger as document 003 has it, and hands the job to the machine that asks", async () => {
    const got = await trigger({ reason: "bot_detection", site: "youtube" });
    assert.deepEqual([got.status, json(got)], [200, { success: true, message: "Cookie refresh job triggered successfully", reason: "bot_detection" }]);
    assert.deepEqual(json(await call("GET", "/api/cookies/queue-status")), { success: true, queue: "cookie-refresh", status: { waiting: 1, active: 0, delayed: 0, completed: 0, failed: 0, total: 1 } });
    const [job, ...more] = await jobs();
    assert.deepEqual(job, { id: job?.id, kind: "refresh", site: "youtube", reason: "bot_detection", attempt: 1 });
    assert.deepEqual(more, []);
    assert.deepEqual(json(await finish(job.id, { outcome: "completed" })), { id: job.id, status: "completed" });
    assert.deepEqual(await status(), { waiting: 0, active: 0, delayed: 0, completed: 1, failed: 0, total: 1 });
    assert.deepEqual(said(await finish(job.id, { outcome: "completed" })), [404, "not_found"]);
  });

  it("lets a machine wait until there is something", async () => {
    const waiting = call("GET", "/api/host/jobs?wait=25");
    await backend.waitForRequest(({ path }) => path.startsWith("/api/host/jobs"));
    await trigger({ reason: "stale", site: "panopto" });
    assert.equal((json(await waiting)["jobs"] as Job[]).length, 1);
  });

  it("keeps a job for whoever comes, where the machine that waited has gone", async () => {
    const gone = ask({ port: backend.port }, `${backend.origin}/api/host/jobs?wait=25`, { headers: { authorization: `Bearer ${backend.token}` } });
    await backend.waitForRequest(({ path }) => path.startsWith("/api/host/jobs"));
    backend.dropConnections();
    assert.equal((await gone).status, 0);
    await trigger({ reason: "stale", site: "panopto" });
    assert.equal((await jobs()).length, 1);
  });

  it("takes a failed job back, and gives it out again later", async () => {
    await trigger({ reason: "stale", site: "panopto" });
    const [first] = await jobs();
    assert.deepEqual(json(await finish(first?.id ?? "", { outcome: "failed", detail: "Nobody is signed in." })), { id: first?.id, status: "delayed" });
    const [second] = json(await call("GET", "/api/host/jobs?wait=25"))["jobs"] as Job[];
    assert.deepEqual([second?.id, second?.attempt], [first?.id, 2]);
    assert.equal(json(await finish(first?.id ?? "", { outcome: "failed", retryable: false }))["status"], "failed");
  });

  it("lets a page be captured again only where this person's machine has registered it", async () => {
    const wish = { reason: "manual_trigger", url: PAGE };
    assert.deepEqual(said(await trigger(wish)), [422, "not_registered"]);
    assert.equal((await register()).status, 201);
    assert.equal((await trigger(wish)).status, 200);
    const other = backend.issueToken();
    assert.deepEqual(said(await trigger(wish, other)), [422, "not_registered"], "another person's page is none");
    const [job] = await jobs();
    assert.deepEqual([job?.kind, job?.url], ["capture", PAGE]);
    assert.deepEqual(await jobs("", other), []);
  });

  it("knows by what was registered which site is meant, and else asks", async () => {
    assert.deepEqual(said(await trigger({ reason: "stale" })), [422, "invalid"]);
    await register();
    await trigger({ reason: "stale" });
    assert.deepEqual((await jobs()).map((job) => (job as unknown as { site: string }).site), ["panopto"]);
  });

  it("limits how often it may be asked, and says when to come again", async () => {
    const answers: Got[] = [];
    for (let n = 0; n < 5; n += 1) answers.push(await trigger({ reason: "stale", site: `site-${String(n)}` }));
    assert.deepEqual(answers.map((got) => got.status), [200, 200, 200, 200, 429]);
    assert.match(String(answers[4]?.headers["retry-after"]), /^([1-9]|[1-5]\d|60)$/);
    assert.equal((await trigger({ reason: "stale", site: "panopto" }, backend.issueToken())).status, 200, "each person has their own limit");
    assert.equal(await metric("auricle_refresh_triggers_refused_total"), "1");
  });

  it("lets nobody in without a good token", async () => {
    for (const [method, path] of [["POST", "/api/cookies/trigger-refresh"], ["GET", "/api/cookies/queue-status"], ["GET", "/api/cookies/cookies-status"], ["PUT", "/api/host/status"], ["GET", "/api/host/jobs"], ["POST", "/api/host/jobs/1"]] as const) {
      assert.deepEqual(said(await call(method, path, method === "GET" ? undefined : {}, "nobody's")), [401, "unauthorized"], path);
      const wrong = method === "GET" ? "DELETE" : "GET";
      if (path !== "/api/host/jobs") assert.deepEqual(said(await call(wrong, path)), [405, "method_not_allowed"], path);
    }
  });

  it("refuses a secret and nonsense, and names the field but not the value", async () => {
    await register();
    const bad: readonly [string, string, object][] = [
      ["POST", "/api/cookies/trigger-refresh", { reason: "stale", site: "panopto", cookies: ["SECRET"] }],
      ["POST", "/api/cookies/trigger-refresh", { reason: "stale", url: `${PAGE}&token=SECRET` }],
      ["PUT", "/api/host/status", { ...STATUS, jar: "SECRET" }],
      ["PUT", "/api/host/status", { ...STATUS, host_version: "cookie: a=SECRET" }],
      ["POST", "/api/host/jobs/1", { outcome: "failed", detail: "set-cookie: .ASPXAUTH=SECRET" }],
    ];
    for (const [method, path, value] of bad) {
      const got = await call(method, path, value);
      assert.deepEqual(said(got), [422, "secret_refused"], JSON.stringify(value));
      assert.doesNotMatch(got.text, /SECRET/);
    }
    for (const value of [{}, { reason: "Any text at all" }, { reason: "stale", url: "ftp://x/" }, { reason: "stale", site: "Not A Word" }]) assert.deepEqual(said(await trigger(value)), [422, "invalid"], JSON.stringify(value));
    for (const value of [{}, { ...STATUS, sites: {} }, { ...STATUS, sites: [{ ...STATUS.sites[0], count: -1 }] }, { ...STATUS, sites: [{ ...STATUS.sites[0], put_at: "yesterday" }] }]) assert.deepEqual(said(await call("PUT", "/api/host/status", value)), [422, "invalid"], JSON.stringify(value));
    assert.deepEqual(said(await call("GET", "/api/host/jobs?wait=long")), [422, "invalid"]);
    assert.deepEqual(await status(), { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0, total: 0 });
  });

  it("shows of the cookies what the machine last said of them", async () => {
    const shown = async (): Promise<Record<string, unknown>> => json(await call("GET", "/api/cookies/cookies-status"));
    assert.deepEqual({ ...(await shown()), message: "" }, { exists: false, configured: false, count: 0, oldest_put_at: null, freshness: null, message: "" });
    assert.match(String((await shown())["message"]), /No machine has reported yet/);
    const older = { site: "mubi", freshness: "stale", count: 1, put_at: "2026-11-20T09:00:00.000Z" };
    assert.equal((await call("PUT", "/api/host/status", { ...STATUS, sites: [...STATUS.sites, older] })).status, 204);
    assert.deepEqual({ ...(await shown()), message: "" }, { exists: true, configured: true, count: 3, oldest_put_at: older.put_at, freshness: "stale", message: "" });
    assert.match(String((await shown())["message"]), /browser is closed/);
    await jobs();
    assert.match(String((await shown())["message"]), /holds cookies/);
    await call("PUT", "/api/host/status", { ...STATUS, sites: [] });
    assert.deepEqual({ ...(await shown()), message: "" }, { exists: false, configured: true, count: 0, oldest_put_at: null, freshness: null, message: "" });
  });

  it("is measured", async () => {
    const began = Date.now();
    await trigger({ reason: "bot_detection", site: "panopto" });
    await trigger({ reason: "whatever_a_caller_says", site: "mubi" });
    await trigger({ reason: "stale", site: "youtube" });
    assert.equal(await metric('auricle_refresh_queue_jobs{state="waiting"}'), "3");
    assert.equal(await metric("auricle_hosts"), "0");
    const [first, second] = await jobs("&limit=2");
    await finish(first?.id ?? "", { outcome: "completed" });
    await finish(second?.id ?? "", { outcome: "failed", retryable: false });
    await call("PUT", "/api/host/status", { ...STATUS, captures: { running: 1, waiting: 1 } });
    const read = async (...lines: string[]): Promise<unknown[]> => Promise.all(lines.map(metric));
    assert.deepEqual(await read('auricle_refresh_jobs_triggered_total{kind="refresh",reason="bot_detection"}', 'auricle_refresh_jobs_triggered_total{kind="refresh",reason="other"}'), ["1", "1"]);
    assert.deepEqual(await read('auricle_refresh_jobs_finished_total{kind="refresh",outcome="completed"}', 'auricle_refresh_jobs_finished_total{kind="refresh",outcome="failed"}', 'auricle_refresh_jobs_finished_total{kind="capture",outcome="failed"}'), ["1", "1", "0"]);
    assert.deepEqual(await read('auricle_refresh_queue_jobs{state="waiting"}', 'auricle_refresh_queue_jobs{state="completed"}', 'auricle_refresh_queue_jobs{state="failed"}', "auricle_hosts", "auricle_hosts_lacking_cookies"), ["1", "1", "1", "1", "1"]);
    const lastMs = Number(await metric("auricle_last_refresh_timestamp_seconds")) * 1000;
    assert.ok(lastMs >= Math.floor(began / 1000) * 1000 && lastMs <= Date.now(), String(lastMs));
  });

  it("shows its numbers to whoever has the token for them", async () => {
    const closed = await ReferenceBackend.start({ dir, database, queue, metricsToken: "reader" });
    const read = async (token: string): Promise<number> => (await ask({ port: closed.port }, `${closed.origin}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
    assert.deepEqual([await read(closed.token), await read("reader")], [401, 200]);
    await closed.stop();
  });

  it("tells a webhook what is over, again until it is heard, and nothing that is nobody else's", async () => {
    const heard: string[] = [];
    const answers = [503, 204, 500, 500, 500];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        heard.push(`${request.headers["authorization"] ?? "no token"} ${body}`);
        response.writeHead(answers[heard.length - 1] ?? 204).end();
        server.emit("heard");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const told = await ReferenceBackend.start({ dir, database, queue, tokens: [backend.token], webhook: { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`, attempts: 3, backoffMs: 1 } });
    try {
      await register();
      await trigger({ reason: "stale", site: "panopto" });
      await trigger({ reason: "stale", url: PAGE });
      const [refresh, capture] = await jobs();
      const answer = (id: string, value: object): Promise<Got> => ask({ port: told.port }, `${told.origin}/api/host/jobs/${id}`, { method: "POST", body: JSON.stringify(value), headers: { authorization: `Bearer ${told.token}` } });
      const until = async (count: number): Promise<void> => {
        while (heard.length < count) await once(server, "heard");
      };
      await answer(refresh?.id ?? "", { outcome: "completed", detail: "of the person's" });
      await until(2);
      await answer(capture?.id ?? "", { outcome: "failed", retryable: false, detail: "of the person's" });
      await until(5);
      const bodies = heard.map((line) => line.replace(/^no token /, "")).map((text) => JSON.parse(text) as Record<string, unknown>);
      assert.deepEqual(bodies.map(({ event }) => event), ["cookies.refreshed", "cookies.refreshed", "capture.failed", "capture.failed", "capture.failed"]);
      assert.deepEqual({ ...bodies[0], at: "" }, { event: "cookies.refreshed", job: refresh?.id, site: "panopto", reason: "stale", attempt: 1, at: "" });
      assert.doesNotMatch(heard.join("\n"), /Bearer|hosted\.panopto|of the person's/);
    } finally {
      await told.stop();
      server.close();
    }
  });
});

describe("a webhook that nobody answers", () => {
  it("does not hold the backend's end up", async () => {
    const dir = await mkdtemp(join(tmpdir(), "auricle-asking-"));
    const backend = await ReferenceBackend.start({ dir, webhook: { url: "http://127.0.0.1:9/", backoffMs: 600_000 } });
    const call = (method: string, path: string, value?: unknown): Promise<Got> => ask({ port: backend.port }, backend.origin + path, { method, ...(value === undefined ? {} : { body: JSON.stringify(value) }), headers: { authorization: `Bearer ${backend.token}` } });
    await call("POST", "/api/cookies/trigger-refresh", { reason: "stale", site: "panopto" });
    await call("GET", "/api/host/jobs?wait=0");
    assert.equal((await call("POST", "/api/host/jobs/1", { outcome: "completed" })).status, 200);
    await backend.stop();
    await rm(dir, { recursive: true });
  });
});
