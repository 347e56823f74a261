// Document 004's checklist "API Testing", row by row, and what stands beside it in README.md; on PGlite and on PostgreSQL.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { testDatabases } from "../backend/test-databases.ts";
import { toBase64 } from "./bytes.ts";
import { LECTURE, OTHER_LECTURE } from "./library.ts";
import { makeKeyPair, randomBytes } from "./primitives.ts";
import { Refusal } from "./refusal.ts";
import { Stage, shareStage } from "./test-stage.ts";
import type { Shared } from "./test-stage.ts";
import type { KeySaid, Said, TestPlayer } from "./test-player.ts";

const MINUTE_MS = 60_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function refused({ status, body }: Said, wanted: number, error: string): void {
  assert.deepEqual([status, body], [wanted, { error }]);
}

async function publicKey(): Promise<string> {
  return toBase64((await makeKeyPair()).publicKey);
}

let shared: Shared;
before(async () => {
  shared = await shareStage();
});
after(() => shared.close());

for (const databases of testDatabases()) describe(`the playback server on ${databases.name}`, () => {
  let stage: Stage;
  let player: TestPlayer;

  before(async () => {
    await databases.open();
    stage = await Stage.open(shared, databases);
  });
  after(async () => {
    await stage.close();
    await databases.close();
  });
  beforeEach(async () => {
    await stage.reset();
    player = stage.player();
  });

  describe("sessions", () => {
    it("begins one for a video that there is, for thirty minutes, behind a cookie that no script reads", async () => {
      const { status, body, got } = await player.post("/api/v1/session", { videoId: LECTURE, clientPubKey: await publicKey(), deviceFingerprint: "abc=" });
      assert.equal(status, 200);
      const { sessionId, serverPubKey, serverNonce, expiresAt, ...rest } = body;
      assert.match(String(sessionId), UUID);
      assert.deepEqual([Buffer.from(String(serverPubKey), "base64").length, Buffer.from(String(serverNonce), "base64").length], [32, 12]);
      assert.equal(expiresAt, new Date(stage.clock.now + 30 * MINUTE_MS).toISOString());
      assert.deepEqual(rest, { videoId: LECTURE, videoTitle: "Lecture 4: Hearing, sound and signal", message: "Session created successfully. Cookie set." });
      const [cookie = "", ...others] = got.headers["set-cookie"] ?? [];
      assert.deepEqual(others, []);
      const [pair = "", ...attributes] = cookie.split("; ");
      assert.match(pair.replace(/^sessionToken=/, ""), UUID);
      assert.deepEqual(attributes, ["Path=/", "Max-Age=1800", "HttpOnly", "SameSite=Lax", "Secure"]);
      assert.equal(got.headers["cache-control"], "no-store");
    });

    it("says 404 for a video that there is not", async () => {
      refused(await player.post("/api/v1/session", { videoId: "none", clientPubKey: await publicKey() }), 404, "Video not found");
      assert.equal(player.cookie, undefined);
    });

    it("says 400 without clientPubKey, without videoId, and for a key that is none, before it looks for the video", async () => {
      for (const body of [{ videoId: LECTURE }, { clientPubKey: await publicKey() }, {}, { videoId: "none", clientPubKey: "" }]) refused(await player.post("/api/v1/session", body), 400, "Missing required fields: videoId, clientPubKey");
      const invalid = ["AAAA", toBase64(randomBytes(31)), toBase64(randomBytes(33)), "not base64 at all", (await publicKey()).slice(0, -1), toBase64(new Uint8Array(32))];
      for (const clientPubKey of invalid) refused(await player.post("/api/v1/session", { videoId: LECTURE, clientPubKey }), 400, "Invalid clientPubKey: must be base64-encoded 32 bytes");
      refused(await player.post("/api/v1/session", "{"), 400, "Request body must be a JSON object");
      refused(await player.post("/api/v1/session", "{}", { "content-type": "text/plain" }), 415, "Content-Type must be application/json");
      refused(await player.post("/api/v1/session", { videoId: "x".repeat(20_000) }), 413, "Request body is too large");
      refused(await player.post("/api/v1/session", { videoId: LECTURE, clientPubKey: await publicKey(), keyWrap: "rot13" }), 400, "keyWrap must be aes-gcm or aes-kw");
    });

    it("tells what there is of a session", async () => {
      const { said } = await player.begin(LECTURE);
      const at = new Date(stage.clock.now).toISOString();
      const { status, body } = await player.get("/api/v1/session");
      const video = { id: LECTURE, title: "Lecture 4: Hearing, sound and signal", duration: 20, posterWalrusUri: null };
      assert.deepEqual([status, body], [200, { sessionId: said.sessionId, videoId: LECTURE, video, expiresAt: said.expiresAt, createdAt: at, lastActivity: at }]);
    });

    it("ends one when it is asked to: its cookie is cleared, and nothing comes of the old one", async () => {
      await player.begin(LECTURE);
      const { cookie = "" } = player;
      const { status, body, got } = await player.delete("/api/v1/session");
      assert.deepEqual([status, body], [200, { message: "Session terminated successfully" }]);
      assert.match(String(got.headers["set-cookie"]), /^sessionToken=; Path=\/; Max-Age=0; HttpOnly; SameSite=Lax; Secure$/);
      refused(await player.delete("/api/v1/session"), 401, "No active session");
      refused(await player.delete("/api/v1/session", { cookie }), 404, "Session not found");
      refused(await player.get("/api/v1/session", { cookie }), 404, "Session not found");
      refused(await player.key(LECTURE, "180p", 0, { cookie }), 404, "Session not found");
    });

    it("extends one by thirty minutes from now, and its cookie with it", async () => {
      const { said, kek } = await player.begin(LECTURE);
      const { cookie } = player;
      stage.clock.pass(20 * MINUTE_MS);
      const { status, body, got } = await player.post("/api/v1/session/refresh");
      assert.deepEqual([status, body], [200, { sessionId: said.sessionId, expiresAt: new Date(stage.clock.now + 30 * MINUTE_MS).toISOString(), message: "Session refreshed successfully" }]);
      assert.equal(player.cookie, cookie);
      assert.match(String(got.headers["set-cookie"]), /Max-Age=1800; HttpOnly; SameSite=Lax; Secure/);
      stage.clock.pass(20 * MINUTE_MS);
      const key = await player.key(LECTURE, "180p", 0);
      assert.equal(key.status, 200);
      assert.ok((await player.open(kek, key.body as unknown as KeySaid, "/media/lecture_4/180p/0.m4s")).length > 0);
      assert.equal((await player.get("/api/v1/session")).body["lastActivity"], new Date(stage.clock.now - 20 * MINUTE_MS).toISOString());
    });

    it("says 401 for one that has expired, wherever it is used, and 404 once it is swept", async () => {
      await player.begin(LECTURE);
      stage.clock.pass(30 * MINUTE_MS);
      const asked = () => Promise.all([player.post("/api/v1/session/refresh"), player.get("/api/v1/session"), player.key(LECTURE, "180p", 0)]);
      for (const said of await asked()) refused(said, 401, "Session expired");
      stage.clock.pass(1);
      assert.deepEqual(await stage.standIn.service.sweep(), { sessions: 1, logEntries: 0 });
      for (const said of await asked()) refused(said, 404, "Session not found");
      const nobody = stage.player();
      refused(await nobody.post("/api/v1/session/refresh"), 401, "No active session");
      refused(await nobody.get("/api/v1/session"), 401, "No active session");
    });
  });

  describe("keys", () => {
    it("gives a session the key of a segment, which opens it to the byte", async () => {
      const { kek } = await player.begin(LECTURE);
      const { status, body } = await player.key(LECTURE, "180p", 2);
      assert.equal(status, 200);
      assert.deepEqual(Object.keys(body).sort(), ["duration", "segmentIv", "wrapIv", "wrappedDek"]);
      assert.match(String(body["duration"]), /^\d+ms$/);
      const opened = await player.open(kek, body as unknown as KeySaid, "/media/lecture_4/180p/2.m4s");
      assert.equal(Buffer.from(opened).subarray(4, 8).toString(), "styp");
    });

    it("wraps by RFC 3394, without a wrapIv, for a session that asks for it", async () => {
      const { kek } = await player.begin(LECTURE, { keyWrap: "aes-kw" });
      const { body } = await player.key(LECTURE, "180p", 2);
      assert.deepEqual(Object.keys(body).sort(), ["duration", "segmentIv", "wrappedDek"]);
      assert.equal(Buffer.from(String(body["wrappedDek"]), "base64").length, 24);
      assert.ok((await player.open(kek, body as unknown as KeySaid, "/media/lecture_4/180p/2.m4s")).length > 0);
    });

    it("gives a key for the init segment too, which lies there in the clear with an IV of zeros", async () => {
      await player.begin(LECTURE);
      const { status, body } = await player.key(LECTURE, "180p", -1);
      assert.deepEqual([status, body["segmentIv"]], [200, toBase64(new Uint8Array(12))]);
      const { got } = await player.get("/media/lecture_4/180p/init.mp4");
      assert.equal(got.body.subarray(4, 8).toString(), "ftyp");
    });

    it("looks at the question first, then at the session, then at the video, then at the segment", async () => {
      refused(await player.get("/api/v1/key?videoId=none&rendition=none"), 400, "Missing required parameters: videoId, rendition, segIdx");
      for (const segIdx of ["x", "-2", "1.5", "", "99999999999"]) refused(await player.get(`/api/v1/key?videoId=none&rendition=none&segIdx=${segIdx}`), 400, segIdx === "" ? "Missing required parameters: videoId, rendition, segIdx" : "segIdx must be a valid integer >= -1 (-1 for init segment)");
      refused(await player.key("none", "none", 0), 401, "No active session");
      refused(await player.key("none", "none", 0, { cookie: "sessionToken=0d7e3f52-8f5c-4a0e-b6cb-6a2f9f1d8e02" }), 404, "Session not found");
      await player.begin(LECTURE);
      refused(await player.key("none", "none", 0), 403, "Session is not authorized for this video");
      refused(await player.key(LECTURE, "none", 0), 404, "Rendition none not found");
      refused(await player.key(LECTURE, "180p", 5), 404, "Segment 5 not found in rendition 180p");
    });

    it("says 401 without a session's cookie", async () => {
      refused(await player.key(LECTURE, "180p", 0), 401, "No active session");
      refused(await player.post("/api/v1/key", { videoId: LECTURE, rendition: "180p", segIndices: [0] }), 401, "No active session");
      refused(await player.post("/api/v1/key/batch", { rendition: "180p", segIndices: [0] }), 401, "No active session");
    });

    it("says 401 when the session has expired", async () => {
      await player.begin(LECTURE);
      await stage.standIn.expireSessions();
      refused(await player.key(LECTURE, "180p", 0), 401, "Session expired");
    });

    it("says 403 for another video than the session's", async () => {
      await player.begin(LECTURE);
      refused(await player.key(OTHER_LECTURE, "180p", 0), 403, "Session is not authorized for this video");
      refused(await player.post("/api/v1/key", { videoId: OTHER_LECTURE, rendition: "180p", segIndices: [0] }), 403, "Session is not authorized for this video");
      refused(await player.post("/api/v1/key/batch", { videoId: OTHER_LECTURE, rendition: "180p", segIndices: [0] }), 403, "Session is not authorized for this video");
    });

    it("says 404 for a segment or a rendition that there is not, in a batch as well", async () => {
      await player.begin(LECTURE);
      refused(await player.key(LECTURE, "180p", 999), 404, "Segment 999 not found in rendition 180p");
      refused(await player.post("/api/v1/key", { videoId: LECTURE, rendition: "180p", segIndices: [0, 999] }), 404, "Segment 999 not found in rendition 180p");
      refused(await player.post("/api/v1/key/batch", { rendition: "4k", segIndices: [0] }), 404, "Rendition 4k not found");
    });

    it("gives one to twenty keys at once, in the order of the question, in each form", async () => {
      const { kek } = await player.begin(LECTURE);
      const twenty = Array.from({ length: 20 }, (_, at) => (at * 3) % 5);
      const forms: readonly [string, object][] = [
        ["/api/v1/key", { videoId: LECTURE, rendition: "180p", segIndices: twenty }],
        ["/api/v1/key/batch", { videoId: LECTURE, rendition: "180p", segIndices: twenty }],
        ["/api/v1/key/batch", { rendition: "180p", segIndices: twenty }],
        ["/api/v1/key/batch", { keys: twenty.map((segIdx) => ({ rendition: segIdx % 2 === 0 ? "180p" : "360p", segIdx })) }],
        ["/api/v1/key", { videoId: LECTURE, rendition: "180p", segIndices: [4] }],
      ];
      for (const [path, question] of forms) {
        const { status, body } = await player.post(path, question);
        assert.equal(status, 200);
        assert.match(String(body["duration"]), /^\d+ms$/);
        const keys = body["keys"] as KeySaid[];
        const isMixed = "keys" in question;
        assert.deepEqual(keys.map(({ segIdx }) => segIdx), "segIndices" in question ? question.segIndices : twenty);
        for (const key of keys.slice(-2)) {
          assert.deepEqual(Object.keys(key).sort(), [...(isMixed ? ["rendition"] : []), "segIdx", "segmentIv", "wrapIv", "wrappedDek"]);
          assert.ok((await player.open(kek, key, `/media/lecture_4/${key.rendition ?? "180p"}/${String(key.segIdx)}.m4s`)).length > 0);
        }
        assert.equal(new Set(keys.map(({ wrapIv }) => wrapIv)).size, keys.length);
      }
    });

    it("says 400 for more than twenty, for none, and for what is no list of them", async () => {
      await player.begin(LECTURE);
      const count = "segIndices must contain 1-20 segment indices";
      for (const segIndices of [Array.from({ length: 21 }, () => 0), []]) {
        refused(await player.post("/api/v1/key", { videoId: LECTURE, rendition: "180p", segIndices }), 400, count);
        refused(await player.post("/api/v1/key/batch", { keys: segIndices.map((segIdx) => ({ rendition: "180p", segIdx })) }), 400, count);
      }
      for (const body of [{ rendition: "180p", segIndices: [0] }, { videoId: LECTURE, segIndices: [0] }, { videoId: LECTURE, rendition: "180p", segIndices: 0 }]) refused(await player.post("/api/v1/key", body), 400, "Missing required fields: videoId, rendition, segIndices (array)");
      refused(await player.post("/api/v1/key/batch", {}), 400, "Missing required fields: keys (array), or rendition, segIndices (array)");
      refused(await player.post("/api/v1/key/batch", { keys: [{ segIdx: 0 }] }), 400, "Missing required fields: rendition, segIdx (of each key)");
      refused(await player.post("/api/v1/key", { videoId: LECTURE, rendition: "180p", segIndices: [0, "1"] }), 400, "segIdx must be a valid integer >= -1 (-1 for init segment)");
    });

    it("keeps its order when many ask at once, while others end the session or extend it", async () => {
      const { kek } = await player.begin(LECTURE);
      const asked = Array.from({ length: 40 }, (_, at) => player.key(LECTURE, "180p", at % 5));
      const refreshed = Array.from({ length: 5 }, () => player.post("/api/v1/session/refresh"));
      const keys = await Promise.all(asked);
      for (const { status } of [...keys, ...(await Promise.all(refreshed))]) assert.equal(status, 200);
      for (const [at, { body }] of keys.slice(0, 5).entries()) assert.ok((await player.open(kek, body as unknown as KeySaid, `/media/lecture_4/180p/${String(at)}.m4s`)).length > 0);
      assert.equal((await stage.standIn.service.log.all()).length, 40);

      const { cookie = "" } = player;
      const ended = await Promise.all([...Array.from({ length: 20 }, () => player.key(LECTURE, "180p", 0, { cookie })), player.delete("/api/v1/session", { cookie }), player.delete("/api/v1/session", { cookie })]);
      for (const { status, body } of ended) assert.ok(status === 200 || (status === 404 && body["error"] === "Session not found"), `${String(status)} ${JSON.stringify(body)}`);
      assert.equal(await stage.standIn.service.sessions.count(), 0);
    });

    it("gives two sessions of one video different wraps of the same key", async () => {
      const other = stage.player();
      const [one, two] = [await player.begin(LECTURE), await other.begin(LECTURE)];
      const [mine, theirs] = [(await player.key(LECTURE, "180p", 0)).body as unknown as KeySaid, (await other.key(LECTURE, "180p", 0)).body as unknown as KeySaid];
      assert.notEqual(mine.wrappedDek, theirs.wrappedDek);
      assert.deepEqual(await player.open(one.kek, mine, "/media/lecture_4/180p/0.m4s"), await other.open(two.kek, theirs, "/media/lecture_4/180p/0.m4s"));
      await assert.rejects(player.open(one.kek, theirs, "/media/lecture_4/180p/0.m4s"));
    });
  });
});

describe("what the site decides", () => {
  const [databases] = testDatabases();
  if (databases === undefined) throw new Error("no database");
  before(() => databases.open());
  after(() => databases.close());

  const on = async (choices: Parameters<typeof Stage.open>[2], act: (stage: Stage) => Promise<void>): Promise<void> => {
    const stage = await Stage.open(shared, databases, { library: shared.library.slice(0, 1), ...choices });
    try {
      await act(stage);
    } finally {
      await stage.close();
    }
  };

  it("refuses what another site's page makes a browser send, and takes what its own page or no browser sends", () =>
    on({}, async (stage) => {
      const player = stage.player();
      await player.begin(LECTURE);
      const foreign: Readonly<Record<string, string>>[] = [{ origin: "https://stranger.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://stranger.example", "sec-fetch-site": "same-origin" }];
      for (const headers of foreign) {
        refused(await player.post("/api/v1/session", { videoId: LECTURE, clientPubKey: await publicKey() }, headers), 403, "Cross-site request refused");
        refused(await player.post("/api/v1/session/refresh", undefined, headers), 403, "Cross-site request refused");
        refused(await player.post("/api/v1/key", {}, headers), 403, "Cross-site request refused");
        refused(await player.post("/api/v1/key/batch", {}, headers), 403, "Cross-site request refused");
        refused(await player.delete("/api/v1/session", headers), 403, "Cross-site request refused");
      }
      for (const headers of [{ origin: stage.standIn.origin }, { "sec-fetch-site": "same-origin" }, {}]) assert.equal((await player.post("/api/v1/session/refresh", undefined, headers)).status, 200);
    }));

  it("answers a hundred questions for keys a minute from one address, whoever asks, and says when the next one is welcome", () =>
    on({}, async (stage) => {
      const player = stage.player();
      await player.begin(LECTURE);
      for (let at = 0; at < 99; at += 1) assert.equal((await player.key(LECTURE, "180p", 0)).status, 200);
      stage.clock.pass(10_000);
      assert.equal((await player.post("/api/v1/key", { videoId: LECTURE, rendition: "180p", segIndices: [0, 1, 2] })).status, 200);
      const other = stage.player();
      await other.begin(LECTURE);
      for (const one of [player, other]) {
        const said = await one.key(LECTURE, "180p", 0);
        refused(said, 429, "Too many key requests");
        assert.equal(said.got.headers["retry-after"], "50");
      }
      refused(await player.post("/api/v1/key/batch", {}), 429, "Too many key requests");
      assert.equal((await player.post("/api/v1/session/refresh")).status, 200);
      stage.clock.pass(50_000);
      assert.equal((await player.key(LECTURE, "180p", 0)).status, 200);
    }));

  it("asks the site's own sign-in who may play what, and keeps a pseudonym of the person", () =>
    on(
      {
        admission: (request, videoId) => {
          const person = request.cookies.get("login");
          if (person === undefined) throw new Refusal(401, "Sign in to play this video");
          if (videoId !== LECTURE) throw new Refusal(403, "This account may not play this video");
          return Promise.resolve({ person });
        },
      },
      async (stage) => {
        const player = stage.player();
        const asked = async (videoId: string, cookie?: string) => player.post("/api/v1/session", { videoId, clientPubKey: await publicKey() }, cookie === undefined ? {} : { cookie });
        refused(await asked(LECTURE), 401, "Sign in to play this video");
        refused(await asked(OTHER_LECTURE, "login=ada"), 403, "This account may not play this video");
        assert.equal((await asked(LECTURE, "login=ada")).status, 200);
        const [row] = await stage.database.query("select person from playback_sessions");
        assert.match(String(row?.["person"]), /^[0-9a-f]{64}$/);
        await player.key(LECTURE, "180p", 0);
        assert.equal((await stage.standIn.service.log.all())[0]?.person, row?.["person"]);
      },
    ));

  it("keeps segments on another origin, where it is told to, which needs no cookie and gets none from the page", () =>
    on({ segmentsElsewhere: true }, async (stage) => {
      const player = stage.player();
      const { body } = await player.get(`/api/v1/videos/${LECTURE}/manifest`);
      const { url } = (body as { renditions: { segments: { url: string }[] }[] }).renditions[0]?.segments[0] ?? { url: "" };
      assert.equal(url, "https://segments.uni.example/media/lecture_4/180p/0.m4s");
      const got = await player.get(url);
      assert.equal(got.status, 200);
      assert.equal(got.got.headers["access-control-allow-origin"], "*");
      assert.deepEqual(stage.standIn.leaks, []);
      await player.begin(LECTURE);
      await player.get(url);
      assert.deepEqual(stage.standIn.leaks, ["/media/lecture_4/180p/0.m4s"]);
      assert.equal((await player.get("https://segments.uni.example/api/v1/session")).status, 404);
    }));
});
