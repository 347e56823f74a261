import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { createAuthority } from "../authority/authority.ts";
import { bytesAnswer } from "./answer.ts";
import { ask } from "./client.ts";
import type { Ask, Target } from "./client.ts";
import type { Fault } from "./fault.ts";
import { Listener } from "./listener.ts";
import { bodyBytes } from "./request.ts";
import { serveResource } from "./resource.ts";

const CONTENT = randomBytes(300_000);
const URL_OF_FILE = "https://files.example/file";
const PROTOCOLS = ["http/1.1", "h2"] as const;

describe("a listener with faults", () => {
  let dir: string;
  let listener: Listener;
  let target: Target;
  let mostRanges = 1;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-listener-"));
    const authority = await createAuthority(dir);
    const resource = { content: { bytes: CONTENT }, size: CONTENT.length, type: "video/mp4", etag: '"one"', lastModified: new Date("2026-01-02T03:04:05Z") };
    listener = new Listener({
      server: "files",
      tls: { certificate: await authority.certificateFor(["files.example", "b.example"]), byName: new Map([["own.example", await authority.certificateFor(["own.example"])]]) },
      handler: async (request) => (request.method === "POST" ? bytesAnswer(200, "application/octet-stream", await bodyBytes(request, 1 << 20)) : serveResource(request, { ...resource, mostRanges })),
    });
    await listener.start();
    target = { caFile: authority.caFile, port: listener.port };
  });
  after(async () => {
    await listener.stop();
    await rm(dir, { recursive: true });
  });
  beforeEach(() => {
    listener.faults.clear();
    listener.recorder.clear();
  });

  const get = (options: Ask = {}, fault?: Fault): ReturnType<typeof ask> => {
    if (fault !== undefined) listener.fail(fault);
    return ask(target, URL_OF_FILE, options);
  };

  for (const protocol of PROTOCOLS) {
    describe(`over ${protocol}`, () => {
      it("serves a whole file and records what was asked and sent", async () => {
        const got = await get({ protocol, headers: { "x-mark": "here" } });
        assert.equal(got.status, 200);
        assert.ok(got.whole && got.body.equals(CONTENT));
        const record = await listener.recorder.waitForRequest((seen) => seen.outcome === "complete");
        assert.equal(record.protocol, protocol);
        assert.equal(record.host, "files.example");
        assert.equal(record.headers["x-mark"], "here");
        assert.equal(record.bytesSent, CONTENT.length);
      });

      it("echoes a large body unharmed", async () => {
        const got = await ask(target, URL_OF_FILE, { protocol, method: "POST", body: CONTENT });
        assert.ok(got.body.equals(CONTENT));
        assert.equal(listener.recorder.requests[0]?.bytesReceived, CONTENT.length);
      });

      it("resets in the middle of a body", async () => {
        const got = await get({ protocol }, { kind: "reset", afterBytes: 100_000 });
        assert.equal(got.whole, false);
        assert.ok(got.body.length <= 100_000);
        const record = await listener.recorder.waitForRequest((seen) => seen.outcome === "cut");
        assert.equal(record.bytesSent, 100_000);
      });

      it("drops the connection in the middle of a body", async () => {
        assert.equal((await get({ protocol }, { kind: "drop", afterBytes: 10 })).whole, false);
      });

      it("truncates: every byte up to there arrives, and then a clean end", async () => {
        const got = await get({ protocol }, { kind: "truncate", afterBytes: 70_000 });
        assert.ok(got.body.equals(CONTENT.subarray(0, 70_000)));
        assert.equal(got.whole, false);
      });

      it("stalls until it is released, and then goes on to the end", async () => {
        const rule = listener.fail({ kind: "stall", afterBytes: 5000 });
        const getting = ask(target, URL_OF_FILE, { protocol });
        await listener.recorder.waitForRequest((seen) => seen.bytesSent === 5000);
        assert.equal(listener.recorder.requests[0]?.outcome, "open");
        rule.release();
        assert.ok((await getting).body.equals(CONTENT));
      });

      it("breaks a body off that was held up before", async () => {
        const rule = listener.fail({ kind: "stall", afterBytes: 5000 });
        listener.fail({ kind: "reset", afterBytes: 7000 });
        const getting = ask(target, URL_OF_FILE, { protocol });
        await listener.recorder.waitForRequest((seen) => seen.bytesSent === 5000);
        rule.release();
        assert.equal((await getting).whole, false);
        assert.equal(listener.recorder.requests[0]?.bytesSent, 7000);
      });

      it("turns over one bit at a place in the whole file, in a range as well", async () => {
        const got = await get({ protocol, headers: { range: "bytes=1000-1999" } }, { kind: "bit-flip", atByte: 1500 });
        const expected = Buffer.from(CONTENT.subarray(1000, 2000));
        expected[500] = (expected[500] ?? 0) ^ 1;
        assert.ok(got.body.equals(expected));
      });

      it("leaves Content-Length out", async () => {
        const got = await get({ protocol }, { kind: "no-length" });
        assert.equal(got.headers["content-length"], undefined);
        assert.ok(got.body.equals(CONTENT));
      });

      it("gzips without being asked", async () => {
        const got = await get({ protocol }, { kind: "gzip" });
        assert.equal(got.headers["content-encoding"], "gzip");
        assert.ok(gunzipSync(got.body).equals(CONTENT));
      });

      it("resets while a request's body is read, and the handler sees no more than that", async () => {
        listener.fail({ kind: "reset-request", afterBytes: 1000 }, { method: "POST" });
        const got = await ask(target, URL_OF_FILE, { protocol, method: "POST", body: CONTENT });
        assert.equal(got.status, 0);
        assert.equal(listener.recorder.requests[0]?.bytesReceived, 1000);
      });

      it("notices that a client left", async () => {
        await ask(target, URL_OF_FILE, { protocol, leave: (received) => received > 0 });
        listener.fail({ kind: "stall", afterBytes: 1 });
        const leaving = ask(target, URL_OF_FILE, { protocol, leave: (received) => received > 0 });
        await leaving;
        await listener.recorder.waitForRequest((seen) => seen.sequence > 1 && seen.outcome === "cut" && seen.faults.includes("stall"));
      });
    });
  }

  it("answers a status with Retry-After in seconds or as a date, that many times", async () => {
    const date = new Date("2030-01-01T00:00:00Z");
    const rule = listener.fail({ kind: "status", status: 503, retryAfter: 7 }, { times: 2 });
    listener.fail({ kind: "status", status: 429, retryAfter: date }, { after: 2 });
    const answers = [await get(), await get(), await get(), await get()];
    assert.deepEqual(
      answers.map(({ status, headers }) => [status, headers["retry-after"]]),
      [
        [503, "7"],
        [503, "7"],
        [429, date.toUTCString()],
        [200, undefined],
      ],
    );
    assert.equal(rule.hits, 2);
  });

  it("leads through a maze of redirects, one target at a time, as they are written", async () => {
    const to = ["https://stranger.example/a", "http://files.example/file", "https://files.example./file", "https://u:p@files.example/file", "https://127.0.0.1/x", "https://fílés.example/"];
    listener.fail({ kind: "redirect", to, status: 307 });
    const seen: unknown[] = [];
    for (let hop = 0; hop < to.length; hop += 1) seen.push((await get()).headers.location);
    assert.deepEqual(seen.slice(0, 5), to.slice(0, 5));
    assert.equal((await get()).status, 200);
  });

  it("gives the range that was asked for while the validator holds, and the whole when it does not", async () => {
    const range = (condition: string): ReturnType<typeof ask> => get({ headers: { range: "bytes=100-", "if-range": condition } });
    assert.equal((await range('"one"')).status, 206);
    assert.equal((await range("Fri, 02 Jan 2026 03:04:05 GMT")).status, 206);
    assert.equal((await range('W/"one"')).status, 200);
    assert.equal((await range('"two"')).status, 200);
    const part = await get({ headers: { range: "bytes=-10" } });
    assert.equal(part.headers["content-range"], `bytes 299990-299999/300000`);
    assert.ok(part.body.equals(CONTENT.subarray(-10)));
  });

  it("gives several ranges in parts where that is granted, and the whole where it is not", async () => {
    const several = (list: string): ReturnType<typeof ask> => get({ headers: { range: `bytes=${list}` } });
    assert.equal((await several("0-9,20-29")).status, 200);
    mostRanges = 2;
    const got = await several("0-9,20-29");
    assert.equal(got.status, 206);
    const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(String(got.headers["content-type"]))?.[1];
    const [before, first, second, after] = got.body.toString("latin1").split(`--${String(boundary)}`);
    assert.deepEqual([before, after], ["\r\n", "--\r\n"]);
    assert.ok(first?.includes("Content-Range: bytes 0-9/300000\r\n"));
    assert.ok(second?.endsWith(`\r\n\r\n${CONTENT.subarray(20, 30).toString("latin1")}\r\n`));
    assert.equal((await several("0-9,20-29,40-49")).status, 200);
    assert.equal((await several("0-9,400000-")).headers["content-range"], "bytes 0-9/300000");
    mostRanges = 1;
  });

  it("answers 416 with the true total behind the end", async () => {
    const got = await get({ headers: { range: "bytes=300000-" } });
    assert.deepEqual([got.status, got.headers["content-range"]], [416, "bytes */300000"]);
  });

  it("answers HEAD with the length and no body", async () => {
    const got = await get({ method: "HEAD" });
    assert.deepEqual([got.status, got.headers["content-length"], got.body.length], [200, "300000", 0]);
  });

  it("lies about a range in each way", async () => {
    const lie = async (what: "start" | "total" | "validator" | "absent"): Promise<unknown[]> => {
      const got = await get({ headers: { range: "bytes=100-199" } }, { kind: "wrong-range", what });
      return [got.status, got.headers["content-range"], got.headers.etag];
    };
    assert.deepEqual(await lie("start"), [206, "bytes 99-199/300000", '"one"']);
    assert.deepEqual(await lie("total"), [206, "bytes 100-199/300001", '"one"']);
    assert.deepEqual(await lie("validator"), [206, "bytes 100-199/300000", '"changed-one"']);
    assert.deepEqual(await lie("absent"), [206, undefined, '"one"']);
    const ignored = await get({ headers: { range: "bytes=100-199" } }, { kind: "ignore-range" });
    assert.deepEqual([ignored.status, ignored.body.length], [200, 300_000]);
  });

  it("takes away, weakens or changes the ETag", async () => {
    const etag = async (what: "missing" | "weak" | "changed"): Promise<unknown> => (await get({}, { kind: "etag", what })).headers.etag;
    assert.equal(await etag("missing"), undefined);
    assert.equal(await etag("weak"), 'W/"one"');
    assert.equal(await etag("changed"), '"changed-one"');
  });

  it("trickles no faster than it was told", async () => {
    const started = performance.now();
    await get({ headers: { range: "bytes=0-999" } }, { kind: "slow", bytesPerSecond: 4000 });
    assert.ok(performance.now() - started > 200);
  });

  it("fails only what the target names", async () => {
    listener.fail({ kind: "status", status: 500 }, { path: /\/other$/, times: 99 });
    listener.fail({ kind: "status", status: 502 }, { host: "b.example", method: "GET" });
    assert.equal((await get()).status, 200);
    assert.equal((await ask(target, "https://files.example/other")).status, 500);
    assert.equal((await ask(target, "https://b.example/file")).status, 502);
  });

  it("shows each name its own certificate", async () => {
    assert.equal((await ask(target, "https://own.example/file", { protocol: "h2" })).status, 200);
    assert.equal((await ask(target, "https://elsewhere.test/file")).status, 0, "a name that no certificate has is refused by the client");
  });

  it("rejects a wait that is in vain, saying what it saw", async () => {
    await get();
    await assert.rejects(listener.recorder.waitForRequest(() => false, 20), /GET files\.example\/file 200/);
  });
});
