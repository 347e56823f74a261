// Document 004's "Integration Testing" without a browser: the player's own client against the server, and all that a test can do to it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { testDatabases } from "../backend/test-databases.ts";
import { LECTURE, SILENT_LOWEST, clearBytes } from "./library.ts";
import type { Manifest, ManifestRendition } from "./manifest.ts";
import { PlaybackClient } from "./player/client.ts";
import { Stage, shareStage } from "./test-stage.ts";
import type { Shared } from "./test-stage.ts";
import { TestPlayer } from "./test-player.ts";

/** `fetch` as a page of the server's has it: with its cookie, where it is asked for, and the browser's own headers. */
function fetchOf(player: TestPlayer): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(String(input instanceof Request ? input.url : input));
    const own = { origin: player.place.origin, "sec-fetch-site": "same-origin" };
    const bare = new TestPlayer(player.place, player.caFile);
    const asking = init.credentials === "omit" ? bare : player;
    const headers = { ...own, ...Object.fromEntries(new Headers(init.headers)) };
    const { got } = init.method === "POST" ? await asking.post(url.href, init.body ?? undefined, headers) : init.method === "DELETE" ? await asking.delete(url.href, headers) : await asking.get(url.href, headers);
    // As a browser does: a broken connection is a TypeError, and so is a body that breaks off.
    if (got.status === 0 || !got.whole) throw new TypeError("network error");
    return new Response(got.status === 204 ? null : Uint8Array.from(got.body), { status: got.status, headers: Object.entries(got.headers).map(([name, value]): [string, string] => [name, String(value)]) });
  };
}

describe("playing", () => {
  const [databases] = testDatabases();
  if (databases === undefined) throw new Error("no database");
  let shared: Shared;
  let stage: Stage;
  let sessions: number;
  let requestsBefore: number;
  let slept: number[];

  before(async () => {
    shared = await shareStage();
    await databases.open();
    stage = await Stage.open(shared, databases);
  });
  after(async () => {
    await stage.close();
    await databases.close();
    await shared.close();
  });
  beforeEach(async () => {
    await stage.reset();
    requestsBefore = stage.standIn.requests.length;
    sessions = 0;
    slept = [];
  });

  const clientOf = (choices: Partial<ConstructorParameters<typeof PlaybackClient>[0]> = {}): PlaybackClient =>
    new PlaybackClient({ origin: stage.standIn.origin, fetch: fetchOf(stage.player()), sleep: (ms) => Promise.resolve(void slept.push(ms)), onSession: (number) => void (sessions = number), ...choices });

  const rendition = ({ renditions }: Manifest, name: string): ManifestRendition => {
    const found = renditions.find((one) => one.name === name);
    assert.ok(found !== undefined, name);
    return found;
  };

  const segment = (client: PlaybackClient, of: ManifestRendition, segIdx: number) => {
    const piece = of.segments[segIdx];
    assert.ok(piece !== undefined);
    return client.segment(of.name, piece, of.segments.length);
  };

  const whole = async (client: PlaybackClient, of: ManifestRendition): Promise<Buffer> => {
    const parts = [Buffer.from(await client.init(of.init))];
    for (const piece of of.segments) parts.push(Buffer.from(await client.segment(of.name, piece, of.segments.length)));
    return Buffer.concat(parts);
  };

  const clear = async (name: string, id = LECTURE): Promise<Buffer> => {
    const found = shared.library.find((video) => video.id === id)?.cuts.find(({ row }) => row.name === name);
    assert.ok(found !== undefined);
    return clearBytes(found);
  };

  const keyRequests = (): number => stage.standIn.requests.slice(requestsBefore).filter(({ path }) => path.startsWith("/api/v1/key")).length;

  for (const keyWrap of ["aes-gcm", "aes-kw"] as const) it(`goes from a session to keys to opened segments, which are the film that was sealed, with ${keyWrap}`, async () => {
    const client = clientOf({ keyWrap });
    const manifest = await client.open(LECTURE);
    assert.deepEqual((await whole(client, rendition(manifest, "180p"))).equals(await clear("180p")), true);
    assert.deepEqual([sessions, keyRequests()], [1, 1]);
    await client.close();
    assert.equal(await stage.standIn.service.sessions.count(), 0);
  });

  it("lists renditions, segments, durations and sizes as they are", async () => {
    const manifest = await clientOf().open(SILENT_LOWEST);
    const { version, videoId, title, duration, renditions } = manifest;
    assert.deepEqual([version, videoId, title, duration], [1, SILENT_LOWEST, "Lecture 6: A picture without sound", 20]);
    assert.deepEqual(renditions.map(({ name, hasAudio, width, height }) => [name, hasAudio, width, height]), [["silent", false, 160, 90], ["180p", true, 320, 180], ["360p", true, 640, 360]]);
    assert.deepEqual(renditions.map(({ bandwidth }) => bandwidth), renditions.map(({ bandwidth }) => bandwidth).sort((a, b) => a - b));
    for (const { name, mimeType, init, segments } of renditions) {
      assert.match(mimeType, name === "silent" ? /^video\/mp4; codecs="avc1\.[0-9a-f]{6}"$/ : /^video\/mp4; codecs="avc1\.[0-9a-f]{6}, mp4a\.40\.2"$/);
      assert.deepEqual(segments.map((piece) => piece.segIdx), [0, 1, 2, 3, 4]);
      assert.deepEqual(segments.map((piece) => piece.duration), [4, 4, 4, 4, 4]);
      for (const piece of [init, ...segments]) assert.equal((await stage.player().get(piece.url)).got.body.length, piece.bytes);
    }
    const unknown = await stage.player().get("/api/v1/videos/none/manifest");
    assert.deepEqual([unknown.status, unknown.body], [404, { error: "Video not found" }]);
  });

  it("serves what is sealed with a validator and by ranges, and seals nothing twice alike", async () => {
    const player = stage.player();
    const { got } = await player.get("/media/lecture_4/180p/0.m4s");
    const part = await player.get("/media/lecture_4/180p/0.m4s", { range: "bytes=10-19", "if-range": String(got.headers.etag) });
    assert.deepEqual([part.status, part.got.body.equals(got.body.subarray(10, 20))], [206, true]);
    const file = join(stage.dir, "sealed", LECTURE, "180p", "0.m4s");
    const [lecture] = shared.library;
    assert.ok(lecture !== undefined && (await readFile(file)).equals(got.body));
    await stage.standIn.add(lecture);
    assert.equal((await readFile(file)).equals(got.body), false);
    for (const path of ["/media/lecture_4/180p/99.m4s", "/media/lecture_4/180p/00.m4s", "/media/lecture_4/%2e%2e%2flecture_4/180p/0.m4s", "/media/none/180p/0.m4s", "/media/lecture_4/180p/0.mp4"]) assert.equal((await player.get(path)).status, 404, path);
  });

  it("changes between renditions in mid-play, each with keys of its own, in one session", async () => {
    const client = clientOf();
    const manifest = await client.open(LECTURE);
    const [low, high] = [rendition(manifest, "180p"), rendition(manifest, "360p")];
    const played = [await segment(client, low, 0), await segment(client, high, 1), await segment(client, low, 2)];
    const wanted = await Promise.all([["180p", 0], ["360p", 1], ["180p", 2]].map(([name, at]) => readFile(join(String(shared.library[0]?.cuts.find(({ row }) => row.name === name)?.dir), `${String(at)}.m4s`))));
    assert.deepEqual(played.map((bytes, at) => Buffer.from(bytes).equals(wanted[at] ?? Buffer.alloc(0))), [true, true, true]);
    assert.equal(sessions, 1);
  });

  it("goes to any segment, forth and back, and asks again for no key that it has", async () => {
    const client = clientOf();
    const low = rendition(await client.open(LECTURE), "180p");
    for (const at of [4, 0, 2, 4, 1]) await segment(client, low, at);
    assert.equal(keyRequests(), 2);
  });

  it("goes on when the session expires while it plays, in a new one", async () => {
    const client = clientOf();
    const [low, high] = ["180p", "360p"].map((name) => (manifest: Manifest) => rendition(manifest, name));
    const manifest = await client.open(LECTURE);
    assert.ok(low !== undefined && high !== undefined);
    await segment(client, low(manifest), 0);
    await stage.standIn.expireSessions();
    assert.equal((await whole(client, high(manifest))).equals(await clear("360p")), true);
    assert.equal(sessions, 2);
    await stage.standIn.expireSessions();
    await client.refresh();
    assert.equal(sessions, 3);
  });

  it("goes on when its session was revoked, and when the server was started anew", async () => {
    const client = clientOf();
    const manifest = await client.open(LECTURE);
    await segment(client, rendition(manifest, "180p"), 0);
    await stage.standIn.revokeSessions();
    await segment(client, rendition(manifest, "360p"), 0);
    assert.equal(sessions, 2);
    await stage.standIn.restart();
    await client.refresh();
    assert.equal((await whole(client, rendition(manifest, "360p"))).equals(await clear("360p")), true);
    assert.equal(sessions, 2);
  });

  it("waits as long as it is told when there were too many questions", async () => {
    const rule = stage.standIn.tooManyKeys(2, 7);
    const client = clientOf();
    await segment(client, rendition(await client.open(LECTURE), "180p"), 0);
    assert.equal(rule.hits, 2);
    assert.deepEqual(slept.map((ms) => ms >= 7000), [true, true]);
  });

  it("goes on when the network breaks and comes back: in a segment, in a question, and at a server that is away", async () => {
    let isBack: Promise<void> = Promise.resolve();
    const client = clientOf({
      sleep: async (ms) => {
        slept.push(ms);
        // Every pause is over when the network is there again.
        await isBack;
      },
    });
    const manifest = await client.open(LECTURE);
    stage.standIn.fail({ kind: "reset", afterBytes: 1000 }, { path: "/media/lecture_4/180p/1.m4s" });
    stage.standIn.fail({ kind: "truncate", afterBytes: 2000 }, { path: "/media/lecture_4/180p/2.m4s" });
    stage.standIn.fail({ kind: "drop", afterBytes: 0 }, { path: "/api/v1/key" });
    stage.standIn.fail({ kind: "status", status: 503 }, { path: "/media/lecture_4/180p/3.m4s", times: 3 });
    assert.equal((await whole(client, rendition(manifest, "180p"))).equals(await clear("180p")), true);
    assert.equal(slept.length, 6);
    let opened: Promise<unknown> | undefined;
    isBack = stage.standIn.restart(async () => {
      opened = whole(client, rendition(manifest, "360p"));
      opened.catch(() => undefined);
      await new Promise((resolve) => setImmediate(resolve));
    });
    await isBack;
    assert.equal(((await opened) as Buffer).equals(await clear("360p")), true);
    assert.equal(sessions, 1);
  });

  it("gives up, saying why, when the network does not come back", async () => {
    const client = clientOf();
    const low = rendition(await client.open(LECTURE), "180p");
    stage.standIn.fail({ kind: "drop", afterBytes: 0 }, { times: 100 });
    await assert.rejects(segment(client, low, 0), { status: 0, message: "The server cannot be reached" });
    stage.standIn.clearFaults();
    assert.equal((await segment(client, low, 0)).length > 0, true);
  });

  for (const [forgery, what] of [["flip", "one bit of it is turned over"], ["tag", "one bit of its tag is turned over"], ["swap", "another segment lies in its place"]] as const) {
    it(`takes nothing of a segment when ${what}`, async () => {
      stage.standIn.forge(LECTURE, "180p", 1, forgery);
      const client = clientOf();
      const low = rendition(await client.open(LECTURE), "180p");
      assert.ok((await segment(client, low, 0)).length > 0);
      await assert.rejects(segment(client, low, 1), { message: "Segment 1 of 180p is not what was sealed" });
      assert.ok((await segment(client, low, 2)).length > 0);
      await stage.standIn.calm();
      assert.ok((await segment(client, low, 1)).length > 0);
    });
  }

  it("takes nothing of a segment when its key is another video's", async () => {
    stage.standIn.keysOfAnotherVideo();
    const client = clientOf();
    const low = rendition(await client.open(LECTURE), "180p");
    await assert.rejects(segment(client, low, 0), { message: "Segment 0 of 180p is not what was sealed" });
    const player = stage.player();
    const { kek } = await player.begin(LECTURE);
    stage.standIn.keysOfAnotherVideo();
    const single = (await player.key(LECTURE, "180p", 0)).body as unknown as Parameters<TestPlayer["open"]>[1];
    await assert.rejects(player.open(kek, single, "/media/lecture_4/180p/0.m4s"));
  });
});
