// What lies in the tables and for how long: nothing there opens a segment or continues a session, and no more of a person than was allowed.

import assert from "node:assert/strict";
import { randomBytes as nodeRandomBytes } from "node:crypto";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { testDatabases } from "../backend/test-databases.ts";
import { Envelope } from "./envelope.ts";
import { addressOf } from "./http-server.ts";
import { KeptWhile } from "./kept-while.ts";
import { LECTURE } from "./library.ts";
import { keptAddress, keptUserAgent } from "./playback-log.ts";
import { RateLimit } from "./rate-limit.ts";
import { PlaybackService } from "./service.ts";
import { envelopeFrom, settingsFrom } from "./settings.ts";
import { Stage, shareStage } from "./test-stage.ts";
import type { Shared } from "./test-stage.ts";
import type { KeySaid } from "./test-player.ts";

const DAY_MS = 24 * 3_600_000;
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

let shared: Shared;
before(async () => {
  shared = await shareStage();
});
after(() => shared.close());

describe("what is at rest", () => {
  const [databases] = testDatabases();
  if (databases === undefined) throw new Error("no database");
  let stage: Stage | undefined;
  const opened = async (choices: Parameters<typeof Stage.open>[2] = {}): Promise<Stage> => (stage = await Stage.open(shared, databases, { library: shared.library.slice(0, 1), ...choices }));

  before(() => databases.open());
  after(() => databases.close());
  beforeEach(() => (stage = undefined));
  afterEach(() => stage?.close());

  /** Every table as one text. */
  const everything = async (of: Stage): Promise<string> => {
    const tables = ["videos", "video_renditions", "video_segments", "playback_sessions", "playback_logs", "server_secrets"];
    const rows = await Promise.all(tables.map((table) => of.database.query(`select row_to_json(one)::text as row from ${table} one`)));
    return rows.flat().map((row) => String(row["row"])).join("\n");
  };

  it("has the document's tables and indexes", async () => {
    const { database } = await opened();
    const indexes = (await database.query("select indexname from pg_indexes where schemaname = current_schema() and tablename like 'playback_%'")).map((row) => String(row["indexname"]));
    for (const name of ["idx_playback_sessions_cookie", "idx_playback_sessions_expires", "idx_playback_logs_session", "idx_playback_logs_video", "idx_playback_logs_timestamp"]) assert.ok(indexes.includes(name), name);
    const columns = async (table: string) => (await database.query("select column_name from information_schema.columns where table_schema = current_schema() and table_name = $1", [table])).map((row) => String(row["column_name"]));
    for (const name of ["id", "cookie_value", "video_id", "client_pub_key", "server_pub_key", "server_priv_jwk", "server_nonce", "device_hash", "expires_at", "created_at", "last_activity"]) assert.ok((await columns("playback_sessions")).includes(name), name);
    for (const name of ["id", "session_id", "video_id", "seg_idx", "rendition", "timestamp", "ip", "user_agent"]) assert.ok((await columns("playback_logs")).includes(name), name);
  });

  it("holds no cookie, no private key, no key of a segment, no fingerprint and no whole address", async () => {
    const of = await opened({ settings: { bindToAddress: true } });
    const player = of.player();
    const { kek } = await player.begin(LECTURE, { deviceFingerprint: "IATV1fhvdXbFkkYnKhJ3QFhuigDlTaLIoXx7uHvz3Wo=" });
    const key = (await player.key(LECTURE, "180p", 0, { "user-agent": FIREFOX })).body as unknown as KeySaid;
    await player.open(kek, key, "/media/lecture_4/180p/0.m4s");
    await of.standIn.service.log.flush();
    // As it would stand there if it were not sealed: with its quotation marks, which base64 never has. Three letters alone
    // come about in what is sealed, once in some runs.
    const text = (await everything(of)).replaceAll('\\"', '"');
    for (const secret of [player.cookie?.split("=")[1] ?? "", '"OKP"', '"d":', "IATV1fhvdXbFkkYnKhJ3", "127.0.0.1", "Gecko", "Linux", key.wrappedDek]) assert.ok(!text.includes(secret), secret);
    assert.match(text, /"ip":"127\.0\.0\.0","user_agent":"Firefox\/153"/);
    // Sealed by one key, and bound to where it lies: none can be put in another's place.
    const [row] = await of.database.query("select id, server_priv_jwk from playback_sessions");
    const stranger = new Envelope(nodeRandomBytes(32));
    assert.throws(() => stranger.open(String(row?.["server_priv_jwk"]), `session key ${String(row?.["id"])}`), /No envelope key/);
    await of.database.query("update playback_sessions set server_priv_jwk = (select root_secret_enc from videos where id = $1)", [LECTURE]);
    await of.standIn.restart();
    const refused = await player.key(LECTURE, "180p", 0);
    assert.deepEqual([refused.status, refused.body], [500, { error: "Failed to retrieve key" }]);
    assert.match(String(of.standIn.failure), /authenticate/);
    stage = undefined;
    await assert.rejects(of.close(), /authenticate/);
  });

  it("keeps what the settings allow of an address and of a browser's name", async () => {
    assert.deepEqual(["203.0.113.77", "::ffff:203.0.113.77", "2001:db8:12:3456::1", "2001:db8::1", "::1", "fe80::1%eth0", "none"].map((one) => keptAddress(one, "coarse")), ["203.0.113.0", "203.0.113.0", "2001:db8:12::", "2001:db8:0::", "0:0:0::", "fe80:0:0::", null]);
    assert.deepEqual([keptAddress("203.0.113.77", "none"), keptAddress("203.0.113.77", "full")], [null, "203.0.113.77"]);
    const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
    const edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0";
    assert.deepEqual([FIREFOX, safari, edge, "curl/7.88.1", undefined].map((one) => keptUserAgent(one, "coarse")), ["Firefox/153", "Safari/18", "Edg/156", "other", null]);
    assert.deepEqual([keptUserAgent(FIREFOX, "none"), keptUserAgent(FIREFOX, "full")], [null, FIREFOX]);
    const of = await opened({ settings: { log: { address: "none", userAgent: "none" } } });
    const player = of.player();
    await player.begin(LECTURE);
    await player.key(LECTURE, "180p", 0);
    const [entry] = await of.standIn.service.log.all();
    assert.deepEqual([entry?.ip, entry?.userAgent, entry?.person, entry?.deviceHash], [null, null, null, null]);
  });

  it("writes one entry for each key, single or in a batch, and when the session was last used", async () => {
    const of = await opened();
    const player = of.player();
    const { said } = await player.begin(LECTURE);
    await player.key(LECTURE, "180p", 3);
    of.clock.pass(60_000);
    await player.post("/api/v1/key", { videoId: LECTURE, rendition: "360p", segIndices: [0, 1] });
    await of.standIn.service.close();
    const entries = await of.standIn.service.log.all();
    assert.deepEqual(entries.map(({ sessionId, videoId, rendition, segIdx }) => [sessionId, videoId, rendition, segIdx]), [[said.sessionId, LECTURE, "180p", 3], [said.sessionId, LECTURE, "360p", 0], [said.sessionId, LECTURE, "360p", 1]]);
    assert.equal(entries[2]?.timestamp.getTime(), of.clock.now);
    assert.equal((await player.get("/api/v1/session")).body["lastActivity"], new Date(of.clock.now).toISOString());
    await player.key(LECTURE, "180p", 99);
    assert.equal((await of.standIn.service.log.all()).length, 3);
  });

  it("deletes entries after thirty days, and a person's at once, theirs alone, also those of sessions that are over", async () => {
    const of = await opened({ admission: (request) => Promise.resolve({ person: request.cookies.get("login") ?? "nobody" }) });
    const { service } = of.standIn;
    const play = async (person: string, deviceFingerprint: string) => {
      const player = of.player();
      player.cookie = `login=${person}`;
      await player.begin(LECTURE, { deviceFingerprint });
      await player.key(LECTURE, "180p", 0);
      return player;
    };
    await (await play("ada", "one")).delete("/api/v1/session");
    const ada = await play("ada", "two");
    await play("hedy", "two");
    assert.deepEqual((await ada.delete("/api/v1/session/log")).body, { deleted: 2, message: "Playback log deleted" });
    assert.equal((await service.log.all()).length, 1);
    assert.equal(await service.forget({ deviceFingerprint: "one" }), 0);
    assert.equal(await service.forget({ person: "hedy" }), 1);
    assert.equal((await of.player().delete("/api/v1/session/log")).status, 401);

    const { said } = await of.player().begin(LECTURE);
    await play("emmy", "three");
    of.clock.pass(30 * DAY_MS - 1);
    const late = await play("emmy", "three");
    assert.equal((await service.sweep()).logEntries, 0);
    of.clock.pass(2);
    assert.equal((await service.log.all()).length, 2);
    assert.equal((await service.sweep()).logEntries, 1);
    assert.equal((await service.log.all()).length, 1);
    assert.equal(await service.forget({ sessionId: said.sessionId }), 0);
    assert.equal(await service.forget({ deviceFingerprint: "three" }), 1);
    assert.equal((await late.get("/api/v1/session")).status, 200);
  });

  it("binds a session to the address that began it, where that is switched on", async () => {
    const of = await opened({ settings: { bindToAddress: true } });
    const player = of.player();
    await player.begin(LECTURE);
    assert.equal((await player.key(LECTURE, "180p", 0)).status, 200);
    await of.database.query("update playback_sessions set address = 'another'");
    for (const said of [await player.key(LECTURE, "180p", 0), await player.get("/api/v1/session"), await player.post("/api/v1/session/refresh")]) assert.deepEqual([said.status, said.body], [403, { error: "Session is bound to another address" }]);
  });

  it("moves every secret under a new envelope key without a session or a video noticing, after which the old key opens nothing", async () => {
    const of = await opened();
    const [old, fresh] = [nodeRandomBytes(32), nodeRandomBytes(32)];
    const service = async (envelope: Envelope): Promise<PlaybackService> => PlaybackService.open({ database: of.database, envelope, mediaDir: of.dir, origins: [] });
    // As if it had been sealed with `old` all along.
    await of.database.run("delete from server_secrets; delete from videos");
    const before = new Envelope(old);
    await service(before);
    await of.database.query("insert into videos (id, title, duration, root_secret_enc) values ('v', 't', 1, $1)", [before.seal(Buffer.from("r".repeat(32)), "root secret v")]);
    await assert.rejects(service(new Envelope(fresh)), /No envelope key .*PLAYBACK_ENVELOPE_KEYS_BEFORE/);
    const during = new Envelope(fresh, [old]);
    assert.equal(await (await service(during)).rotateEnvelope(), 2);
    assert.equal(await (await service(during)).rotateEnvelope(), 0);
    const [row] = await of.database.query("select root_secret_enc as sealed from videos");
    assert.equal(Buffer.from(new Envelope(fresh).open(String(row?.["sealed"]), "root secret v")).toString(), "r".repeat(32));
    assert.throws(() => before.open(String(row?.["sealed"]), "root secret v"), /No envelope key/);
    await service(new Envelope(fresh));
  });

  it("goes on after a restart: sessions are in the tables, and what was kept in memory is made again", async () => {
    const of = await opened();
    const player = of.player();
    const { kek } = await player.begin(LECTURE);
    const first = (await player.key(LECTURE, "180p", 1)).body as unknown as KeySaid;
    await of.standIn.restart();
    const second = (await player.key(LECTURE, "180p", 1)).body as unknown as KeySaid;
    const url = "/media/lecture_4/180p/1.m4s";
    assert.deepEqual(await player.open(kek, first, url), await player.open(kek, second, url));
    assert.equal((await of.standIn.service.log.all()).length, 2);
  });

  it("says how it is, to whoever has the token, and nothing of anybody", async () => {
    const of = await opened();
    const player = of.player();
    assert.equal((await player.get("/metrics")).status, 404);
    assert.deepEqual((await player.get("/api/v1/health")).body, { status: "ok" });
    await player.begin(LECTURE);
    await player.key(LECTURE, "180p", 0);
    await player.key(LECTURE, "180p", 99);
    const text = of.standIn.service.metrics.text();
    for (const line of ["playback_sessions_created_total 1", "playback_keys_total 1", 'playback_requests_total{route="GET /api/v1/key",status="200"} 1', 'playback_requests_total{route="GET /api/v1/key",status="404"} 1', 'playback_request_seconds_count{route="GET /api/v1/key"} 2', "playback_envelope_seconds_count 1"]) assert.ok(text.includes(`${line}\n`), `${line} in\n${text}`);
    assert.ok(!text.includes(LECTURE));
  });
});

describe("the parts of it", () => {
  it("believes of X-Forwarded-For only what its own proxies have added", () => {
    assert.equal(addressOf("10.0.0.1", "6.6.6.6, 203.0.113.7", 0), "10.0.0.1");
    assert.equal(addressOf("10.0.0.1", "6.6.6.6, 203.0.113.7", 1), "203.0.113.7");
    assert.equal(addressOf("10.0.0.1", "6.6.6.6, 203.0.113.7, 10.0.0.2", 2), "203.0.113.7");
    assert.equal(addressOf("10.0.0.1", undefined, 1), "10.0.0.1");
  });

  it("counts a minute's questions of each address by itself, and forgets addresses that went away", () => {
    let now = 0;
    const limit = new RateLimit({ most: 2, windowMs: 60_000, now: () => now });
    assert.deepEqual([limit.ask("a"), limit.ask("a"), limit.ask("a"), limit.ask("b")], [undefined, undefined, 60, undefined]);
    now = 59_500;
    assert.equal(limit.ask("a"), 1);
    now = 60_000;
    assert.equal(limit.ask("a"), undefined);
    for (let at = 0; at < 1000; at += 1) limit.ask(`c${String(at)}`);
    now = 200_000;
    limit.ask("d");
    assert.equal(limit.size, 1);
  });

  it("keeps so many things so long, makes each once for all who wait, and keeps no failure", async () => {
    let [now, made] = [0, 0];
    const kept = new KeptWhile<number>({ most: 2, forMs: 1000, now: () => now });
    const make = (): Promise<number> => Promise.resolve((made += 1));
    assert.deepEqual(await Promise.all([kept.get("a", make), kept.get("a", make)]), [1, 1]);
    now = 1000;
    assert.equal(await kept.get("a", make), 2);
    await kept.get("b", make);
    await kept.get("a", make);
    await kept.get("c", make);
    assert.equal(kept.size, 2);
    assert.equal(await kept.get("a", make), 2);
    await assert.rejects(kept.get("d", () => Promise.reject(new Error("no"))), /no/);
    assert.equal(await kept.get("d", make), 5);
  });

  it("reads its settings from the environment and names what is wrong there", () => {
    const key = nodeRandomBytes(32).toString("base64");
    assert.deepEqual(settingsFrom({}), { sessionMs: 1_800_000, keysPerMinute: 100, keyWrap: "aes-gcm", bindToAddress: false, log: { address: "coarse", userAgent: "coarse" }, logKeptMs: 30 * DAY_MS });
    const chosen = settingsFrom({ PLAYBACK_KEYS_PER_MINUTE: "0", PLAYBACK_KEY_WRAP: "aes-kw", PLAYBACK_BIND_TO_ADDRESS: "yes", PLAYBACK_LOG_ADDRESS: "none", PLAYBACK_LOG_USER_AGENT: "full", PLAYBACK_LOG_DAYS: "1" });
    assert.deepEqual(chosen, { sessionMs: 1_800_000, keysPerMinute: 0, keyWrap: "aes-kw", bindToAddress: true, log: { address: "none", userAgent: "full" }, logKeptMs: DAY_MS });
    assert.throws(() => settingsFrom({ PLAYBACK_KEY_WRAP: "rot13" }), /PLAYBACK_KEY_WRAP must be one of aes-gcm, aes-kw, not "rot13"/);
    assert.throws(() => settingsFrom({ PLAYBACK_LOG_DAYS: "many" }), /PLAYBACK_LOG_DAYS must be a whole number/);
    assert.throws(() => envelopeFrom({}), /PLAYBACK_ENVELOPE_KEY is missing/);
    assert.throws(() => envelopeFrom({ PLAYBACK_ENVELOPE_KEY: "AAAA" }), /PLAYBACK_ENVELOPE_KEY must hold 32 bytes/);
    assert.throws(() => envelopeFrom({ PLAYBACK_ENVELOPE_KEY: key, PLAYBACK_ENVELOPE_KEYS_BEFORE: "AAAA" }), /PLAYBACK_ENVELOPE_KEYS_BEFORE must hold 32 bytes/);
    const sealed = envelopeFrom({ PLAYBACK_ENVELOPE_KEY: key }).seal(Buffer.from("s"), "c");
    assert.equal(Buffer.from(envelopeFrom({ PLAYBACK_ENVELOPE_KEY: nodeRandomBytes(32).toString("base64"), PLAYBACK_ENVELOPE_KEYS_BEFORE: `, ${key}` }).open(sealed, "c")).toString(), "s");
  });
});
