// A backend asks this machine for something: new cookies, or a page once more. It gets what it may ask for, never a cookie,
// and nothing that it was not given before.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import { BullQueue } from "../peers/backend/bull-queue.ts";
import { ReferenceBackend } from "../peers/backend/backend.ts";
import { ownerOf } from "../peers/backend/lecture-api.ts";
import type { Counts, Wish } from "../peers/backend/refresh-queue.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import { PrivateRedis } from "../peers/redis/redis.ts";
import { ask } from "../peers/wire/client.ts";
import type { Got } from "../peers/wire/client.ts";
import type { Fault, FaultTarget } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertNoLeak } from "./support/assertions.ts";
import type { RunningHost } from "./support/running-host.ts";
import { ORIGIN, Scene, type HostOptions } from "./support/scene.ts";

/** A poll of a second, so that a machine's silence is noticed soon; otherwise as configured for everybody. */
const JOBS = { waitMs: 1000, reportEveryMs: 0 };
const POLICY = { attempts: 2, backoffMs: 50, stalledAfterMs: 4000, mostStalls: 3, kept: 1000 };

let redis: PrivateRedis;
let queue: BullQueue;
let scene: Scene;
before(async () => {
  redis = await PrivateRedis.start();
  const client = new Redis(redis.socket);
  // All that is ever written to it is kept in a file, whatever is deleted again.
  await client.config("SET", "appendonly", "yes");
  client.disconnect();
  queue = await BullQueue.open(redis.socket, POLICY);
  scene = await Scene.open({ backend: { queue, triggers: { perHour: 3600, burst: 1000 } } });
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(async () => {
  await scene.close();
  await queue.close();
  await redis.stop();
});

/** Hosts of one test share a home, and no other test's history. */
async function ready(options: HostOptions = {}): Promise<RunningHost> {
  const { config, ...rest } = options;
  const host = await scene.start({ home: await scene.newHome(), ...rest, config: { jobs: JOBS, ...config } });
  await host.signIn();
  await host.putToken(person);
  return host;
}

// Each test is another person, with a queue of their own.
let person = "";
const newPerson = (): void => {
  person = scene.peers.backend.issueToken();
};

const pageOf = (lecture: Lecture): string => scene.peers.viewerUrl(lecture);

async function sent(host: RunningHost, lecture = scene.lecture()): Promise<Lecture> {
  const done = await host.capture(pageOf(lecture), { deliver: scene.toBackend });
  assert.equal(done.state, "done", JSON.stringify(done.error));
  return lecture;
}

function call(method: string, path: string, value?: unknown): Promise<Got> {
  const { port, origin } = scene.peers.backend;
  return ask({ port, caFile: scene.peers.caFile }, origin + path, { method, ...(value === undefined ? {} : { body: JSON.stringify(value) }), headers: { authorization: `Bearer ${person}` } });
}

async function trigger(value: object): Promise<void> {
  const got = await call("POST", "/api/cookies/trigger-refresh", value);
  assert.equal(got.status, 200, got.text);
}

/** Past what a backend in good faith would refuse. */
const slip = (wish: Partial<Wish>): Promise<{ readonly id: string }> => queue.add(ownerOf(person), { kind: "refresh", site: "panopto", url: null, reason: "stale", ...wish });
const counts = (): Promise<Counts> => queue.counts(ownerOf(person));
const mine = ({ authorization }: RequestRecord): boolean => authorization === `Bearer ${person}`;
const asked = (path: string): RequestRecord[] => scene.peers.backend.requests.filter((record) => mine(record) && record.path.startsWith(path));
const next = (what: (record: RequestRecord) => boolean): Promise<RequestRecord> => scene.peers.backend.waitForRequest((record) => mine(record) && what(record), 60_000);
const answered = (count = 1): Promise<RequestRecord> => next(({ path, method, status }) => method === "POST" && path.startsWith("/api/host/jobs/") && status === 200 && asked("/api/host/jobs/").filter((record) => record.status === 200).length >= count);
const lecturesOf = async (lecture: Lecture): Promise<string[]> => (await scene.peers.backend.lectures()).filter(({ sourceUrl }) => sourceUrl === pageOf(lecture)).map(({ status }) => status);
const reason = async (id: string): Promise<string> => {
  const client = new Redis(redis.socket);
  const why = await client.hget(`auricle:${ownerOf(person)}:cookie-refresh:${id}`, "failedReason");
  client.disconnect();
  return why ?? "";
};
/** Once as often as it is said, for the polls of this test's person. */
const onPoll = (fault: Fault, target: FaultTarget = {}) => scene.peers.backend.fail(fault, { method: "GET", path: /^\/api\/host\/jobs/, when: ({ headers }) => headers["authorization"] === `Bearer ${person}`, ...target });
const answering = (status: number, body: string, type = "application/json"): Fault => ({ kind: "status", status, type, body });

/** A person who signs in anew whenever they are asked. */
function withSignIn(): Pick<HostOptions, "onRefreshWanted"> & { bind(host: RunningHost): void } {
  let host: RunningHost | undefined;
  return {
    bind: (bound) => (host = bound),
    onRefreshWanted: async () => {
      await host?.signIn();
      return { done: true };
    },
  };
}

describe("a backend's job", () => {
  it("refreshes the cookies of a site that the machine has sent it something from", async () => {
    newPerson();
    const signIn = withSignIn();
    const host = await ready(signIn);
    signIn.bind(host);
    await sent(host);
    await trigger({ reason: "bot_detection" });
    await answered();
    assert.deepEqual(await counts(), { waiting: 0, active: 0, delayed: 0, completed: 1, failed: 0 });
    assert.deepEqual(host.wanted.map(({ kind, site, origin, store }) => [kind, site, origin, store]), [["cookies", "panopto", ORIGIN, "0"]]);
  });

  it("captures a page again that the machine has registered, and says which lecture it has become", async () => {
    newPerson();
    const host = await ready();
    const lecture = await sent(host);
    await trigger({ reason: "manual_trigger", url: pageOf(lecture) });
    await answered();
    assert.deepEqual(await counts(), { waiting: 0, active: 0, delayed: 0, completed: 1, failed: 0 });
    assert.deepEqual(await lecturesOf(lecture), ["ready", "ready"]);
    const captures = (await host.bridge.captures.list({ limit: 10 })).captures.filter(({ page }) => page === pageOf(lecture));
    assert.deepEqual(captures.map(({ state }) => state), ["done", "done"]);
  });

  it("is refused, and fetches nothing, where the page is not one that this backend was given", async () => {
    newPerson();
    const host = await ready();
    await sent(host);
    const toFolder = scene.lecture();
    assert.equal((await host.capture(pageOf(toFolder), { deliver: { to: "folder" } })).state, "done");
    const never = scene.lecture();
    const before = scene.peers.site.requests.length;
    const foreign = ["https://stranger.example/secret", pageOf(never), pageOf(toFolder), `${pageOf(never)}#x`, "file:///etc/passwd", "not an address"];
    const ids: string[] = [];
    for (const url of foreign) ids.push((await slip({ kind: "capture", url })).id);
    await answered(foreign.length);
    assert.deepEqual(await counts(), { waiting: 0, active: 0, delayed: 0, completed: 0, failed: foreign.length });
    for (const id of ids) assert.match(await reason(id), /never registered that page with this backend/);
    assert.equal(scene.peers.site.requests.length, before);
    assert.deepEqual(scene.peers.stranger.requests, []);
  });

  it("is refused where it asks for the cookies of a site that this backend has nothing from", async () => {
    newPerson();
    const host = await ready();
    await sent(host);
    const sites = ["mubi", "youtube", "nonsense", ""];
    const ids: string[] = [];
    for (const site of sites) ids.push((await slip({ site })).id);
    await answered(sites.length);
    for (const id of ids) assert.match(await reason(id), /has sent nothing from that site/);
    assert.deepEqual(host.wanted, []);
  });

  it("waits for a machine, and survives its end in the middle", async () => {
    newPerson();
    const home = await scene.newHome();
    const first = await ready({ home });
    const lecture = await sent(first);
    await first.leave();
    await trigger({ reason: "manual_trigger", url: pageOf(lecture) });
    assert.equal((await counts()).waiting, 1, "nobody is there to take it");

    const held = scene.peers.cdn.fail({ kind: "stall", afterBytes: 5000 }, { method: "GET", path: `/sessions/${lecture.sessionId}/` });
    const second = await ready({ home });
    await scene.peers.cdn.waitForRequest(({ path, bytesSent, outcome }) => path.startsWith(`/sessions/${lecture.sessionId}/`) && bytesSent >= 5000 && outcome === "open");
    assert.equal((await counts()).active, 1);
    await second.kill();
    held.release();
    const third = await ready({ home });
    await answered();
    assert.deepEqual(await counts(), { waiting: 0, active: 0, delayed: 0, completed: 1, failed: 0 });
    const captures = (await third.bridge.captures.list({ limit: 10 })).captures;
    assert.deepEqual(captures.map(({ state, attempt }) => [state, attempt]), [["done", 1], ["done", 1]], "the same job is the same capture");
    assert.deepEqual(await lecturesOf(lecture), ["ready", "ready"]);
  });

  it("is not given to another while its machine is still at it", async () => {
    newPerson();
    const host = await ready();
    const lecture = await sent(host);
    const held = scene.peers.cdn.fail({ kind: "stall", afterBytes: 5000 }, { method: "GET", path: `/sessions/${lecture.sessionId}/` });
    await trigger({ reason: "manual_trigger", url: pageOf(lecture) });
    // Twice as long as it takes to stall.
    const polls = asked("/api/host/jobs?").length + (2 * POLICY.stalledAfterMs) / JOBS.waitMs;
    await next(() => asked("/api/host/jobs?").length >= polls);
    assert.equal((await counts()).active, 1);
    assert.match(asked("/api/host/jobs?").at(-1)?.path ?? "", /working=1/);
    held.release();
    await answered();
    assert.deepEqual(await lecturesOf(lecture), ["ready", "ready"]);
  });
});

describe("a backend", () => {
  it("is asked for nothing before something was sent to it", async () => {
    newPerson();
    const host = await ready();
    assert.equal((await host.capture(pageOf(scene.lecture()), { deliver: { to: "folder" } })).state, "done");
    await host.leave();
    assert.deepEqual(asked("/"), []);
  });

  it("is asked for nothing where that is switched off", async () => {
    newPerson();
    const host = await ready({ config: { jobs: { ...JOBS, enabled: false } } });
    await sent(host);
    await host.leave();
    assert.deepEqual(asked("/api/host"), []);
  });

  it("is asked again by the next program of the same person, as soon as that has the token", async () => {
    newPerson();
    const home = await scene.newHome();
    const first = await ready({ home });
    await sent(first);
    await first.leave();
    const before = asked("/api/host/jobs?").length;
    await ready({ home });
    await next(() => asked("/api/host/jobs?").length > before);
  });

  it("learns how the machine stands, and nothing of what is another's", async () => {
    newPerson();
    const host = await ready();
    await sent(host);
    await next(({ path, status }) => path === "/api/host/status" && status === 204);
    const status = JSON.parse((await call("GET", "/api/cookies/cookies-status")).text) as Record<string, unknown>;
    assert.deepEqual([status["exists"], status["configured"], status["count"]], [true, true, 1]);
    assert.match(String(status["oldest_put_at"]), /^\d{4}-\d\d-\d\dT.*Z$/);
    await host.bridge.vault.forget({ site: "panopto" });
    const before = asked("/api/host/status").length;
    await next(() => asked("/api/host/status").filter((record) => record.status === 204).length > before - 1);
    let exists: unknown = true;
    while (exists !== false) exists = (JSON.parse((await call("GET", "/api/cookies/cookies-status")).text) as Record<string, unknown>)["exists"];
  });

  for (const status of [404, 405]) {
    it(`that has no jobs (${String(status)}) is never asked again by this program`, async () => {
      newPerson();
      onPoll(answering(status, '{"detail":"Not Found"}'), { times: 1000 });
      const host = await ready();
      await sent(host);
      await next((record) => record.path.startsWith("/api/host/jobs?") && record.status === status);
      await sent(host);
      await host.putToken(scene.peers.backend.issueToken());
      await host.putToken(person);
      await sent(host);
      await host.leave();
      assert.deepEqual(asked("/api/host").map((record) => record.status), [status]);
    });
  }

  it("that refuses the token is asked again when there is another one", async () => {
    newPerson();
    onPoll(answering(401, '{"detail":"no"}'), { times: 1000 });
    const host = await ready();
    await sent(host);
    await next((record) => record.path.startsWith("/api/host/jobs?") && record.status === 401);
    await sent(host);
    const refused = person;
    newPerson();
    await host.putToken(person);
    await next(({ path }) => path.startsWith("/api/host/jobs?"));
    const polls = scene.peers.backend.requests.filter((record) => record.authorization === `Bearer ${refused}` && record.path.startsWith("/api/host/jobs?"));
    assert.ok(polls.length <= 2, `one for each time that it was proved good: ${String(polls.length)}`);
  });

  it("whose token is forgotten has its request ended", async () => {
    newPerson();
    const host = await ready({ config: { jobs: { ...JOBS, waitMs: 60_000 } } });
    await sent(host);
    await next(({ path, outcome }) => path.startsWith("/api/host/jobs?") && outcome === "open");
    await host.bridge.vault.forget();
    await next(({ path, outcome }) => path.startsWith("/api/host/jobs?") && outcome === "cut");
  });

  it("that answers nonsense is asked ever less often, and harms nothing", async () => {
    newPerson();
    const nonsense = ["", "null", "[]", "{}", '{"jobs":{}}', "<html>", '{"jobs":[1,"x",null,[],{}]}', `{"jobs":${"[".repeat(50_000)}`, `{"jobs":[{"id":"${"9".repeat(300_000)}"}]}`, '{"jobs":[{"id":"..","kind":"refresh","site":"panopto"}]}', '{"jobs":[{"id":"1","kind":"run","command":"rm"}]}', '{"jobs":[{"id":{},"kind":"capture","url":7}]}'];
    for (let n = 0; n < 100; n += 1) onPoll(answering(200, nonsense[n % nonsense.length] ?? ""));
    const host = await ready();
    await sent(host);
    await next(({ path, status }) => path.startsWith("/api/host/jobs?") && status === 200);
    for (let n = 0; n < 3; n += 1) await sent(host);
    assert.deepEqual(host.wanted, []);
    assert.deepEqual(asked("/api/host/jobs/"), []);
    await host.leave();
    assert.ok(asked("/api/host/jobs?").length < 10, "it has waited in between");
  });

  it("that has thousands of jobs is given a few", async () => {
    newPerson();
    const host = await ready({ config: { jobs: { ...JOBS, perHour: 6 } } });
    const lecture = await sent(host);
    let id = 0;
    const job = (): object => ({ id: `many-${String((id += 1))}`, kind: "capture", site: "panopto", url: pageOf(lecture), reason: "stale" });
    for (let n = 0; n < 50; n += 1) onPoll(answering(200, JSON.stringify({ jobs: Array.from({ length: 1000 }, job) })));
    await next(() => asked("/api/host/jobs/many-").length >= 4);
    await sent(host);
    await host.leave();
    const taken = asked("/api/host/jobs/many-").length;
    assert.ok(taken >= 4 && taken <= 6, String(taken));
    const captures = (await lecturesOf(lecture)).length;
    assert.ok(captures >= 1 + taken && captures <= 7, String(captures));
    assert.ok(asked("/api/host/jobs?").length < 40, "it has waited in between");
  });
});

describe("all that was asked and answered", () => {
  it("holds no cookie, in no request, no key of Redis and none of its files", async () => {
    const client = new Redis(redis.socket);
    const dump: string[] = [];
    for (const key of await client.keys("*")) dump.push(key, (await client.dumpBuffer(key)).toString("latin1"));
    await client.save();
    client.disconnect();
    const dir = dirname(redis.socket);
    const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const held = await Promise.all(files.map(async (entry) => [entry.name, (await readFile(join(entry.parentPath, entry.name))).toString("latin1")] as const));
    const text = [...dump, ...held.map(([, content]) => content), scene.peers.backend.received().toString("latin1")].join("\n");
    assert.ok(held.some(([name]) => name.endsWith(".rdb")) && held.some(([name]) => name.includes(".aof")), "both kinds of files are there");
    assert.ok(text.includes("cookie-refresh") && text.includes("bot_detection") && text.includes("/api/host/status"), "what was asked is there");
    const secrets = [...scene.peers.site.secrets(), "c4nary-user-settings"];
    assert.ok(secrets.length > 10);
    assert.deepEqual(secrets.filter((secret) => text.includes(secret)), []);
    const redisText = [...dump, ...held.map(([, content]) => content)].join("\n");
    assert.ok(![...scene.peers.backend.requests].some(({ authorization }) => authorization !== undefined && redisText.includes(authorization.slice("Bearer ".length))), "nor a token of the backend's own in Redis");
  });
});

describe("a backend without any of this", () => {
  it("gets its lecture all the same", async () => {
    const plain = await ReferenceBackend.start({ dir: join(scene.home, "plain"), serves: "plain-form" });
    try {
      const host = await scene.start({ home: await scene.newHome(), config: { jobs: JOBS } });
      await host.signIn();
      await host.bridge.putBearer({ origin: plain.origin, token: plain.token });
      const deliver = { to: "backend", origin: plain.origin, courseId: "5f0c9c1e-2c1b-4f6e-9d53-1f0a4b1c7a01" } as const;
      assert.equal((await host.capture(pageOf(scene.lecture()), { deliver })).state, "done");
      await plain.waitForRequest(({ path, status }) => path.startsWith("/api/host/jobs?") && status === 404);
      assert.equal((await host.capture(pageOf(scene.lecture()), { deliver })).state, "done");
      await host.leave();
      assert.equal(plain.requests.filter(({ path }) => path.startsWith("/api/host")).length, 1);
    } finally {
      await plain.stop();
    }
  });
});
