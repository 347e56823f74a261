// `auricle fetch`: a capture from the command line, for a script and for a person at a terminal.
import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { FileSite } from "../peers/files/file-site.ts";
import { packetsOf } from "../peers/media/packets.ts";
import { SITE_HOST } from "../peers/panopto/site.ts";
import { assertNoLeak, assertSaved, assertSentence } from "./support/assertions.ts";
import { FetchRun, planOf, runFetch, type FetchOptions } from "./support/fetching.ts";
import { padded } from "./support/padded.ts";
import { program } from "./support/program.ts";
import { Scene } from "./support/scene.ts";

const MIB = 1024 * 1024;

let scene: Scene;
let files: FileSite;
before(async () => {
  scene = await Scene.open();
  files = await scene.files();
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

interface Place extends FetchOptions {
  readonly out: string;
}

async function place(config: Record<string, unknown> = {}): Promise<Place> {
  const home = await scene.newHome();
  return { home, configFile: await scene.configure(home, config), out: join(home, "out") };
}

/** A cookie file in Netscape's format, as an exporter writes it for the tenant. */
async function cookieFile(at: Place, value: string, lines: readonly string[] = []): Promise<string> {
  const file = join(at.home, "cookies.txt");
  await writeFile(file, ["# Netscape HTTP Cookie File", `#HttpOnly_${SITE_HOST}\tFALSE\t/\tTRUE\t0\t.ASPXAUTH\t${value}`, ...lines, ""].join("\n"));
  return file;
}

describe("auricle fetch --plan", () => {
  it("prints every way with its bytes, and fetches nothing", async () => {
    const lecture = scene.lecture({ audioStream: true });
    const at = await place();
    const before = scene.peers.cdn.requests.length;
    const plan = await planOf([scene.peers.viewerUrl(lecture), "--cookies", await cookieFile(at, scene.peers.site.signInDirectly())], at);
    assert.equal(plan.title, lecture.title);
    assert.equal(plan.ways[0]?.how, "audio-direct");
    assert.equal(plan.ways[0].bytes, lecture.audio.bytes);
    assert.ok(plan.ways.some(({ how }) => how === "audio-from-mp4"));
    for (const { bytes, wholeBytes } of plan.ways) assert.ok(bytes !== null && wholeBytes !== null && bytes < wholeBytes, JSON.stringify(plan.ways));
    assert.equal(plan.wholeBytes, lecture.video.bytes);
    const whole = scene.peers.cdn.requests.slice(before).filter(({ bytesSent }) => bytesSent > 128 * 1024);
    assert.deepEqual(whole, []);
    assert.deepEqual(await readdir(at.out).catch(() => []), []);
  });

  it("of what cannot be captured fails with the sentence", async () => {
    const { status, out, err } = await runFetch([files.url("/nothing.mp4"), "--plan"], await place());
    assert.equal(status, 1);
    assert.equal(out, "");
    assert.match(err, /^auricle: .*nothing at this address/m);
  });
});

describe("auricle fetch --cookies", () => {
  it("captures a recording for members, and keeps the cookies from disk, output and everybody else", async () => {
    const lecture = scene.lecture();
    const at = await place({ log: { level: "debug" } });
    const value = scene.peers.site.signInDirectly();
    const cookies = await cookieFile(at, value);
    const run = new FetchRun([scene.peers.viewerUrl(lecture), "--cookies", cookies, "--out", at.out], at);
    const line = await readFile(`/proc/${String(run.child.pid)}/cmdline`).catch(() => Buffer.alloc(0));
    const { status, out, err, capture } = await run.ended;
    assert.equal(status, 0, err);
    assert.ok(capture);
    const file = await assertSaved(capture, lecture.audio);
    assert.ok(file.startsWith(`${at.out}/`));
    for (const text of [out, err, line.toString()]) assert.ok(!text.includes(value));
    for (const left of await readdir(at.home, { recursive: true, withFileTypes: true })) {
      const path = join(left.parentPath, left.name);
      if (left.isFile() && path !== cookies) assert.ok(!(await readFile(path)).includes(value), path);
    }
  });

  it("says which line of a file it cannot read, and none of its values", async () => {
    const at = await place();
    const cookies = await cookieFile(at, "c4nary-in-the-file", [`${SITE_HOST}\tFALSE\t/\tTRUE\tnever\tname\tc4nary-in-line-3`]);
    const { status, out, err } = await runFetch([scene.peers.viewerUrl(scene.lecture()), "--cookies", cookies], at);
    assert.equal(status, 1);
    assert.equal(out, "");
    assert.match(err, /Line 3 of the cookie file/);
    assert.doesNotMatch(err, /c4nary/);
    assertSentence(err.replace(/^auricle: /, "").trim());
  });

  it("that is not there is named", async () => {
    const { status, err } = await runFetch([scene.peers.viewerUrl(scene.lecture()), "--cookies", "/nowhere/cookies.txt"], await place());
    assert.equal(status, 1);
    assert.match(err, /cookies\.txt/);
  });

  it("is refused for an address of media, which no cookie goes to", async () => {
    const at = await place();
    const { status, err } = await runFetch([files.url("/film.mp4"), "--cookies", await cookieFile(at, "c4nary")], at);
    assert.equal(status, 1);
    assert.match(err, /--cookies/);
    assert.equal(files.requests.filter(({ path }) => path === "/film.mp4").length, 0);
  });

  it("left out for a recording for members ends with what to do", async () => {
    const { status, err, fault } = await runFetch([scene.peers.viewerUrl(scene.lecture())], await place({ captures: { signInMs: 100 } }));
    assert.equal(status, 1);
    assert.equal(fault?.data.kind, "login_required", err);
  });
});

describe("auricle fetch in a terminal", () => {
  it("draws one line of progress, and says in the end what lies where", async () => {
    const { audio } = scene.peers.lectures.short;
    const at = await place();
    files.put("/lecture.m4a", await readFile(audio.file));
    const command = [program(), "fetch", files.url("/lecture.m4a"), "--out", at.out].map((word) => `'${word}'`).join(" ");
    const terminal = new FetchRun([], at, ["script", "-qec", command, "/dev/null"]);
    const { status, out } = await terminal.ended;
    assert.equal(status, 0, out);
    assert.match(out, /\r.*\u001b\[K/);
    assert.doesNotMatch(out, /\{"/);
    assert.match(out, new RegExp(`${at.out}/lecture.*\\.m4a`));
    assert.match(out, new RegExp(`SHA-256 ${audio.sha256}`));
  });
});

describe("auricle fetch that is stopped", () => {
  it("by Ctrl-C keeps what is there, and the same command goes on from it", async () => {
    const long = await padded(scene.peers.lectures.short.audio, join(scene.home, "long.m4a"), 24 * MIB);
    const lecture = scene.lecture({ audio: long, access: "public" });
    const at = await place();
    const held = scene.peers.cdn.fail({ kind: "stall", afterBytes: 20 * MIB }, { path: lecture.sessionId, method: "GET", when: ({ query }) => query.has("Signature") });
    const args = [scene.peers.viewerUrl(lecture), "--out", at.out];
    const first = new FetchRun(args, at);
    await first.printed(/"event":"progress"[^\n]*/);
    await scene.peers.cdn.waitForRequest(({ path, bytesSent }) => path.includes(lecture.sessionId) && bytesSent >= 20 * MIB);
    first.child.kill("SIGINT");
    const stopped = await first.ended;
    assert.equal(stopped.status, 1);
    assert.equal(stopped.capture?.state, "parked");
    assert.deepEqual(await readdir(at.out).catch(() => []), []);
    held.release();
    const { status, capture, err } = await runFetch(args, at);
    assert.equal(status, 0, err);
    assert.ok(capture);
    assert.equal(capture.id, stopped.capture.id);
    await assertSaved(capture, long);
    const resumed = scene.peers.cdn.requests.filter(({ path, headers }) => path.includes(lecture.sessionId) && headers["if-range"] !== undefined).at(-1);
    assert.equal(resumed?.status, 206);
    assert.ok(resumed.bytesSent < long.bytes - MIB, String(resumed.bytesSent));
  });

  it("is done at once where it was done before", async () => {
    const lecture = scene.lecture({ access: "public" });
    const at = await place();
    const args = [scene.peers.viewerUrl(lecture), "--out", at.out];
    const first = await runFetch(args, at);
    const asked = scene.peers.cdn.requests.length;
    const second = await runFetch(args, at);
    assert.deepEqual([first.status, second.status], [0, 0], second.err);
    assert.equal(second.capture?.id, first.capture?.id);
    assert.equal(scene.peers.cdn.requests.length, asked);
    assert.ok((await packetsOf(second.capture?.result?.file ?? "")).digests.length > 0);
  });
});
