// Sealed playback, the built program against a real server of it: whole captures, everything that may go wrong in the middle of
// one, and that no secret of it is left anywhere.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { access, readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import { packetsOf } from "../peers/media/packets.ts";
import { IN_PIECES, LECTURE, SILENT_LOWEST, makePieces } from "../peers/playback/library.ts";
import { Refusal } from "../peers/playback/refusal.ts";
import type { PlaybackStandIn } from "../peers/playback/stand-in.ts";
import type { Fault, FaultRule } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertNoLeak, assertRefused } from "./support/assertions.ts";
import { program } from "./support/program.ts";
import { OVER, type RunningHost } from "./support/running-host.ts";
import { Scene, type HostOptions } from "./support/scene.ts";

const run = promisify(execFile);

const SITES = { sites: { playback: { origins: ["https://play.uni.example"], cookies: ["uni_login"] } } };
/** As long as a segment is held back, keys are fetched to here and no further: two batches beyond what is fetched ahead. */
const HELD = 4;

let scene: Scene;
let server: PlaybackStandIn;
let mayPlay = true;
before(async () => {
  const admission = (): Promise<object> => (mayPlay ? Promise.resolve({}) : Promise.reject(new Refusal(403, "This account may not play it")));
  scene = await Scene.open({ playback: { admission } });
  server = scene.peers.playback;
  await server.add(await makePieces(scene.peers.media.short.video));
});
afterEach(async () => {
  mayPlay = true;
  await scene.rest();
  await server.calm();
  assertNoLeak(scene.peers);
  assert.deepEqual(server.leaks, []);
});
after(() => scene.close());

async function ready(options: HostOptions = {}): Promise<RunningHost> {
  return scene.start({ home: await scene.newHome(), ...options, config: { ...SITES, ...options.config } });
}

/** What has come since: requests of earlier tests are left out. */
function since(mark: number, what: (record: RequestRecord) => boolean, at = server): RequestRecord[] {
  return at.requests.filter((record) => record.sequence > mark && what(record));
}
const now = (at = server): number => at.requests.at(-1)?.sequence ?? -1;
const asks = (method: string, path: RegExp) => (record: RequestRecord) => record.method === method && path.test(record.path);
const POSTED = asks("POST", /^\/api\/v1\/session$/);
const ENDED = asks("DELETE", /^\/api\/v1\/session$/);
const KEYS = asks("POST", /^\/api\/v1\/key/);
const piecesOf = (video: string, rendition = ".*") => asks("GET", new RegExp(`/media/${video}/${rendition}/\\d+\\.m4s`));

/** Every packet of the sound, as ffmpeg reads it in what the video was cut from. */
async function assertWhole(capture: Capture): Promise<string> {
  assert.equal(capture.state, "done", JSON.stringify(capture.error));
  assert.equal(capture.plan?.how, "sealed-segments");
  const file = capture.result?.file ?? "";
  const [taken, source] = await Promise.all([packetsOf(file), packetsOf(scene.peers.media.short.video.file)]);
  assert.deepEqual(taken.digests, source.digests);
  return file;
}

async function streamsOf(file: string): Promise<string[]> {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", file]);
  return stdout.trim().split("\n");
}

/** What is held is fetched ahead no further: small pieces would all be there by then. */
const FROM_HELD_ON = new RegExp(`/media/${IN_PIECES}/180p/(?:[${String(HELD)}-9]|\\d\\d)\\.m4s`);

/** Started, and held by the server at a segment; `go` lets it on. */
async function held(host: RunningHost, key?: string): Promise<{ readonly id: string; readonly mark: number; go(): void }> {
  const mark = now();
  const rule = server.fail({ kind: "silence" }, { path: FROM_HELD_ON, times: 100 });
  const { id } = await host.start(server.watchUrl(IN_PIECES), key === undefined ? {} : { key });
  await server.waitForRequest((record) => record.sequence > mark && record.faults.includes("silence"));
  await host.satisfies(id, ({ state, done }) => state === "downloading" && done > 0);
  return { id, mark, go: () => rule.release() };
}

describe("a sealed video", () => {
  it("is captured from its page: the sound of its smallest rendition, packet by packet, with one session that is ended", async () => {
    const mark = now();
    const host = await ready();
    const capture = await host.capture(server.watchUrl(LECTURE));
    const file = await assertWhole(capture);
    assert.equal(capture.title, "Lecture 4: Hearing, sound and signal");
    assert.deepEqual(await streamsOf(file), ["audio"]);
    assert.ok((capture.plan?.wholeBytes ?? 0) > (capture.plan?.bytes ?? 0));
    assert.deepEqual(since(mark, piecesOf(LECTURE, "360p")), []);
    assert.equal(since(mark, POSTED).length, 1);
    assert.equal(since(mark, ENDED).length, 1);
    assert.equal(since(mark, ENDED)[0]?.status, 200);
    assert.equal(await server.service.sessions.count(), 0);
  });

  it("in a hundred pieces is captured with five questions for keys", async () => {
    const mark = now();
    await assertWhole(await (await ready()).capture(server.watchUrl(IN_PIECES)));
    const pieces = since(mark, piecesOf(IN_PIECES)).length;
    assert.ok(pieces >= 95, `it has ${String(pieces)} pieces`);
    assert.equal(since(mark, asks("POST", /^\/api\/v1\/key/)).length + since(mark, asks("GET", /^\/api\/v1\/key/)).length, Math.ceil(pieces / 20));
  });

  it("whose smallest rendition has no sound is taken from the next one", async () => {
    const mark = now();
    await assertWhole(await (await ready()).capture(server.watchUrl(SILENT_LOWEST)));
    assert.deepEqual(since(mark, piecesOf(SILENT_LOWEST, "silent")), []);
    assert.ok(since(mark, piecesOf(SILENT_LOWEST, "180p")).length > 0);
  });

  it("goes to the backend like any other recording", async () => {
    const host = await ready();
    await host.putToken();
    const capture = await host.capture(server.watchUrl(LECTURE), { deliver: scene.toBackend });
    assert.equal(capture.state, "done", JSON.stringify(capture.error));
    assert.equal(capture.result?.confirmed, true);
  });

  it("is no page that is known where the configuration does not name its origin", async () => {
    const host = await ready({ config: { sites: {} } });
    await assertRefused(host.start(server.watchUrl(LECTURE)), "unsupported_site");
    assert.ok(!host.bridge.host?.sites.includes("playback"));
  });

  it("that does not exist is not_found", async () => {
    assertFailed(await (await ready()).capture(server.watchUrl("no_such_video")), "not_found");
  });

  it("that this account may not play is forbidden, in the server's own words", async () => {
    mayPlay = false;
    const capture = await (await ready()).capture(server.watchUrl(LECTURE));
    assertFailed(capture, "forbidden");
    assert.match(capture.error?.message ?? "", /This account may not play it/);
  });
});

describe("in the middle of a capture", () => {
  const rows: readonly [string, () => Promise<unknown>, number][] = [
    ["a session that expires", () => server.expireSessions(), 2],
    ["a session that is revoked", () => server.revokeSessions(), 2],
    ["a server that is started anew", () => server.restart(), 1],
    ["a server that is started anew and has forgotten its sessions", () => server.restart(() => server.revokeSessions()), 2],
  ];
  for (const [name, happens, sessions] of rows) {
    it(`${name} makes no difference to the file`, async () => {
      const host = await ready();
      const { id, mark, go } = await held(host);
      await happens();
      go();
      await assertWhole(await host.reaches(id, OVER, 60_000));
      assert.equal(since(mark, POSTED).length, sessions);
    });
  }

  it("a server that asks for fewer questions is waited for", async () => {
    const host = await ready();
    const rule = server.tooManyKeys(2, 1);
    await assertWhole(await host.capture(server.watchUrl(IN_PIECES)));
    assert.equal(rule.hits, 2);
  });

  it("connections that break make no difference to the file", async () => {
    const host = await ready();
    const { id, go } = await held(host);
    const broken: Fault[] = [{ kind: "drop", afterBytes: 0 }, { kind: "truncate", afterBytes: 40 }, { kind: "status", status: 503, retryAfter: 0 }];
    const rules: FaultRule[] = broken.map((fault) => server.fail(fault, { path: /^\/api\/v1\/key/ }));
    go();
    await assertWhole(await host.reaches(id, OVER, 60_000));
    assert.deepEqual(rules.map(({ hits }) => hits), [1, 1, 1]);
  });

  it("an account that may not play it any more is forbidden; when it may again, the capture goes on where it was", async () => {
    const host = await ready();
    const { id, go } = await held(host, "may-again");
    await server.revokeSessions();
    mayPlay = false;
    go();
    const failed = await host.reaches(id, OVER);
    assertFailed(failed, "forbidden");
    mayPlay = true;
    const mark = now();
    await host.bridge.captures.retry(id);
    await assertWhole(await host.reaches(id, ["done", "failed"]));
    assert.ok(since(mark, piecesOf(IN_PIECES)).length < 100 && since(mark, (record) => record.path.endsWith("/0.m4s")).length === 0, "nothing is fetched twice");
  });

  it("a host that is killed goes on behind the last segment, with a session of its own", async () => {
    const home = await scene.newHome();
    const first = await ready({ home });
    const { id, go } = await held(first, "killed");
    // Told is not yet saved: parking writes down what is there, a kill may lose some of it.
    await first.bridge.captures.pause(id);
    await first.bridge.captures.retry(id);
    await server.waitForRequest(({ path, outcome }) => path.endsWith(`/${String(HELD)}.m4s`) && outcome === "open");
    await first.kill();
    go();
    const mark = now();
    const second = await ready({ home });
    const again = await second.start(server.watchUrl(IN_PIECES), { key: "killed" });
    assert.equal(again.id, id);
    await assertWhole(await second.reaches(id, OVER));
    assert.equal(since(mark, POSTED).length, 1);
    assert.deepEqual(since(mark, (record) => record.path.endsWith("/180p/0.m4s")), []);
  });

  it("a cancelled capture ends its session", async () => {
    const host = await ready();
    const { id, mark } = await held(host);
    await host.bridge.captures.cancel(id);
    const [ended] = since(mark, ENDED);
    assert.equal(ended?.status, 200);
  });

  it("a host whose browser goes away ends its session", async () => {
    const host = await ready();
    const { mark } = await held(host);
    assert.equal((await host.leave()).code, 0);
    assert.equal(since(mark, ENDED)[0]?.status, 200);
  });
});

describe("a segment", () => {
  for (const forgery of ["flip", "tag", "swap"] as const) {
    it(`that was changed (${forgery}) is refused with its number, and nothing of it is delivered`, async () => {
      const mark = now();
      server.forge(IN_PIECES, "180p", 30, forgery);
      const home = await scene.newHome();
      const host = await ready({ home });
      const capture = await host.capture(server.watchUrl(IN_PIECES), { key: `forged-${forgery}` });
      assertFailed(capture, "bad_seal");
      assert.match(capture.error?.message ?? "", /^Segment 31 of /);
      assert.deepEqual(await readdir(join(home, "Music", "Auricle")).catch(() => []), []);
      assert.equal(since(mark, ENDED)[0]?.status, 200);
      await server.calm();
      const later = now();
      await host.bridge.captures.retry(capture.id);
      await assertWhole(await host.reaches(capture.id, ["done", "failed"]));
      assert.deepEqual(since(later, (record) => record.path.endsWith("/180p/29.m4s")), [], "what came before it is kept");
    });
  }

  it("is not opened with the key of another video", async () => {
    server.keysOfAnotherVideo(1000);
    const capture = await (await ready()).capture(server.watchUrl(LECTURE));
    assertFailed(capture, "bad_seal");
    assert.match(capture.error?.message ?? "", /^Segment 1 of /);
    assert.equal(capture.done, 0);
  });
});

describe("where segments lie elsewhere, keys are wrapped by RFC 3394 and a sign-in is wanted", () => {
  const LOGIN = "uni_login=c4nary-of-the-university";
  let own: Scene;
  before(async () => {
    own = await Scene.open({
      playback: {
        segmentsElsewhere: true,
        settings: { keyWrap: "aes-kw" },
        admission: (request) => (request.cookies.get("uni_login") === LOGIN.split("=")[1] ? Promise.resolve({}) : Promise.reject(new Refusal(401, "Sign in first"))),
      },
    });
  });
  afterEach(async () => {
    await own.rest();
    assert.deepEqual(own.peers.playback.leaks, []);
  });
  after(() => own.close());

  it("a capture waits for the sign-in, goes on with it, and takes it to no other host", async () => {
    const { playback } = own.peers;
    const host = await own.start({ config: SITES });
    const { id } = await host.start(playback.watchUrl(LECTURE));
    await host.reaches(id, ["waiting_for_cookies"]);
    const cookie = { name: "uni_login", value: LOGIN.split("=")[1] ?? "", domain: "play.uni.example", hostOnly: true, path: "/", secure: true, httpOnly: true, session: true };
    const theirs = { ...cookie, name: "sessionToken", value: "the-players-own" };
    const put = await host.bridge.putCookies({ site: "playback", origin: playback.origin, store: "0", cookies: [cookie, theirs] });
    assert.equal(put.kept, 1);
    assert.deepEqual(put.dropped.map(({ name }) => name), ["sessionToken"]);
    const done = await host.reaches(id, OVER);
    assert.equal(done.state, "done", JSON.stringify(done.error));
    const source = await packetsOf(own.peers.media.short.video.file);
    assert.deepEqual((await packetsOf(done.result?.file ?? "")).digests, source.digests);
    const elsewhere = playback.requests.filter(({ host: name }) => name === "segments.uni.example");
    assert.ok(elsewhere.length > 0);
    assert.ok(playback.requests.every(({ cookie: sent }) => !(sent ?? "").includes("the-players-own")), "the player in a tab keeps its own session");
  });
});

describe("the secrets of a capture", () => {
  it("stand in no file, log, argument, environment and frame", async () => {
    const home = await scene.newHome();
    const host = await ready({ home, config: { log: { level: "debug" } } });
    const pid = String(host.bridge.host?.host.pid);
    const { id, mark, go } = await held(host);
    const places = new Map<string, Buffer>();
    for (const name of ["cmdline", "environ"]) places.set(name, await readFile(`/proc/${pid}/${name}`));
    go();
    await assertWhole(await host.reaches(id, OVER));
    await host.leave();
    places.set("frames", Buffer.from(JSON.stringify(host.frames)));
    places.set("standard error", Buffer.from(host.port.stderr));
    const left = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    for (const { parentPath, name } of left) places.set(join(parentPath, name), await readFile(join(parentPath, name)));
    const tokens = new Set(since(mark, KEYS).map(({ cookie }) => /sessionToken=([^;]+)/.exec(cookie ?? "")?.[1] ?? ""));
    assert.equal(tokens.size, 1);
    const [token = ""] = tokens;
    assert.match(token, /^[0-9a-f-]{36}$/);
    for (const [name, bytes] of places) {
      const forms = [token, Buffer.from(token).toString("hex"), Buffer.from(token).toString("base64").slice(0, 40), token.replaceAll("-", "")];
      for (const form of forms) assert.ok(!bytes.includes(form), `the session's cookie is in ${name}`);
    }
    assert.ok([...places.keys()].some((name) => name.endsWith("auricle.log")));
  });
});

describe("what WebCrypto sealed", () => {
  it("opens with the host's own parts, ten thousand times", { timeout: 120_000 }, async () => {
    const opener = join(dirname(program()), "open_sealed");
    await access(opener);
    const file = join(scene.home, "sealed.jsonl");
    await run("node", ["--import", "tsx", join(import.meta.dirname, "../peers/playback/sealed-sample.ts"), "--count", "10000", "--out", file]);
    const { stdout } = await run(opener, [file]);
    const [opened, byRfc3394] = stdout.split(" ").map(Number);
    assert.equal(opened, 10_000);
    assert.ok((byRfc3394 ?? 0) > 1000 && (byRfc3394 ?? 0) < 9000, `${String(byRfc3394)} of them were wrapped by RFC 3394`);
  });
});
