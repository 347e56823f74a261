import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { createAuthority } from "../authority/authority.ts";
import { ask } from "../wire/client.ts";
import type { Ask, Got } from "../wire/client.ts";
import { ReferenceBackend } from "./backend.ts";
import type { Database } from "./database.ts";
import { testDatabases } from "./test-databases.ts";

const AUDIO = randomBytes(200_000);
const SHA256 = createHash("sha256").update(AUDIO).digest("hex");
const LECTURE = { title: "Lecture 4", source_url: "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1", site: "panopto", mime_type: "audio/mp4", duration_ms: 20_000, accepts: ["tus", "presigned"] };
const DONE = { size_bytes: AUDIO.length, sha256: SHA256 };

interface Body {
  readonly id: string;
  readonly status: string;
  readonly kind: string;
  readonly detail: string;
  readonly upload: { readonly protocol: string; readonly url: string };
}

for (const databases of testDatabases()) describe(`the reference backend on ${databases.name}`, () => {
  let dir: string;
  let database: Database;
  let backend: ReferenceBackend;

  before(() => databases.open());
  after(() => databases.close());
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-backend-"));
    database = await databases.lease();
    backend = await ReferenceBackend.start({ dir, database, maxBytes: 1_000_000 });
  });
  afterEach(async () => {
    await backend.stop();
    await database.close();
    await rm(dir, { recursive: true });
    assert.equal(backend.failure, undefined);
  });

  const call = (path: string, options: Ask = {}, token = backend.token): Promise<Got> => {
    const url = path.startsWith("http") ? path : backend.origin + path;
    return ask({ port: backend.port }, url, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
  };
  const bodyOf = (got: Got): Body => JSON.parse(got.text) as Body;
  const send = (method: string, path: string, value: unknown, headers: Record<string, string> = {}): Promise<Got> => call(path, { method, body: JSON.stringify(value), headers: { "content-type": "application/json", ...headers } });
  const register = (key: string = randomUUID(), extra: object = {}): Promise<Got> => send("POST", "/api/lectures", { ...LECTURE, ...extra }, { "idempotency-key": key });
  const tus = (method: string, url: string, headers: Record<string, string> = {}, body?: Buffer): Promise<Got> =>
    call(url, { method, headers: { "tus-resumable": "1.0.0", ...(method === "PATCH" ? { "content-type": "application/offset+octet-stream" } : {}), ...headers }, ...(body === undefined ? {} : { body }) });
  const offset = async (url: string): Promise<number> => Number((await tus("HEAD", url)).headers["upload-offset"]);
  const uploaded = async (): Promise<Body> => {
    const made = bodyOf(await register());
    assert.equal((await tus("PATCH", made.upload.url, { "upload-offset": "0", "upload-length": String(AUDIO.length) }, AUDIO)).status, 204);
    return made;
  };

  it("takes captions, one text for each language, and gives them back", async () => {
    const made = bodyOf(await register());
    assert.equal((made as unknown as { accepts_captions: boolean }).accepts_captions, true);
    const path = `/api/lectures/${made.id}/captions`;
    const srt = (words: string): string => `1\n00:00:00,000 --> 00:00:04,100\n${words}\n\n`;
    const put = (language: string, body: string, type = "application/x-subrip; charset=utf-8"): Promise<Got> => call(path, { method: "POST", body, headers: { "content-type": type, "content-language": language } });
    assert.equal((await put("en-GB", srt("Good morning."))).status, 201);
    assert.equal((await put("de", srt("Guten Morgen, cookie: heute."), "text/srt")).status, 201);
    assert.equal((await put("en-GB", srt("Good day."))).status, 201);
    assert.deepEqual([...(await backend.captions(made.id))], [["de", srt("Guten Morgen, cookie: heute.")], ["en-GB", srt("Good day.")]]);
    assert.deepEqual((JSON.parse((await call(path)).text) as { captions: { language: string }[] }).captions.map(({ language }) => language), ["de", "en-GB"]);
    assert.equal((await put("en-GB", "<!DOCTYPE html>")).status, 422);
    assert.equal((await put("../en", srt("x"))).status, 422);
    assert.equal((await put("en-GB", srt("x"), "application/json")).status, 415);
    assert.equal((await call(`/api/lectures/${made.id}`, { method: "DELETE" })).status, 204);
    assert.equal((await backend.captions(made.id)).size, 0);
    backend.acceptsCaptions = false;
    assert.equal((bodyOf(await register()) as unknown as { accepts_captions: boolean }).accepts_captions, false);
  });

  it("takes a lecture from registration to audio", async () => {
    const made = bodyOf(await register());
    const { url } = made.upload;
    assert.deepEqual([made.status, made.upload.protocol], ["uploading", "tus"]);
    const empty = await tus("HEAD", url);
    assert.deepEqual([empty.headers["upload-offset"], empty.headers["upload-defer-length"]], ["0", "1"]);
    assert.equal((await tus("PATCH", url, { "upload-offset": "0" }, AUDIO.subarray(0, 150_000))).headers["upload-offset"], "150000");
    const last = await tus("PATCH", url, { "upload-offset": "150000", "upload-length": String(AUDIO.length) }, AUDIO.subarray(150_000));
    assert.equal(last.headers["upload-offset"], "200000");
    const ready = await send("POST", `/api/lectures/${made.id}/complete`, DONE);
    assert.deepEqual([ready.status, bodyOf(ready).status], [200, "ready"]);
    assert.equal((await send("POST", `/api/lectures/${made.id}/complete`, DONE)).status, 200, "repeating is harmless");
    const audio = await call(`/api/lectures/${made.id}/audio`);
    assert.ok(audio.body.equals(AUDIO));
    assert.equal(audio.headers["content-type"], "audio/mp4");
    assert.ok((await readFile(backend.audioFile(made.id))).equals(AUDIO));
    const part = await call(`/api/lectures/${made.id}/audio`, { headers: { range: "bytes=1000-1076" } });
    assert.deepEqual([part.status, part.headers["content-range"], part.headers["content-length"]], [206, "bytes 1000-1076/200000", "77"]);
    assert.ok(part.body.equals(AUDIO.subarray(1000, 1077)));
    const behind = await call(`/api/lectures/${made.id}/audio`, { headers: { range: "bytes=200000-" } });
    assert.deepEqual([behind.status, behind.headers["content-range"]], [416, "bytes */200000"]);
  });

  it("registers once for each key, whoever repeats it and however many do at once", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => register("same")));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 201]);
    assert.equal(new Set(answers.map((got) => bodyOf(got).upload.url)).size, 1);
    assert.equal((await backend.lectures()).length, 1);
    const other = await ask({ port: backend.port }, `${backend.origin}/api/lectures`, { method: "POST", body: JSON.stringify(LECTURE), headers: { authorization: `Bearer ${backend.issueToken()}`, "idempotency-key": "same" } });
    assert.equal(other.status, 201, "another person's key is another key");
  });

  it("tells a restarted client by the same POST where its upload lives and how far it is", async () => {
    const first = bodyOf(await register("again"));
    await tus("PATCH", first.upload.url, { "upload-offset": "0" }, AUDIO.subarray(0, 5000));
    const second = bodyOf(await register("again"));
    assert.equal(await offset(second.upload.url), 5000);
    backend.misbehave({ kind: "forget-upload", status: 404 });
    assert.equal((await tus("HEAD", second.upload.url)).status, 404);
    const third = bodyOf(await register("again"));
    assert.notEqual(third.upload.url, second.upload.url);
    assert.equal(await offset(third.upload.url), 0);
  });

  it("confirms a digest only when it agrees, and gives a fresh and empty place when it does not", async () => {
    const made = await uploaded();
    backend.misbehave({ kind: "flip-stored" });
    const refused = await send("POST", `/api/lectures/${made.id}/complete`, DONE);
    assert.deepEqual([refused.status, bodyOf(refused).kind], [409, "digest_mismatch"]);
    const fresh = (JSON.parse((await send("POST", `/api/lectures/${made.id}/upload`, {})).text) as Body).upload.url;
    assert.notEqual(fresh, made.upload.url);
    assert.equal((await tus("HEAD", made.upload.url)).status, 404, "the old place is gone");
    await tus("PATCH", fresh, { "upload-offset": "0", "upload-length": "200000" }, AUDIO);
    assert.equal((await send("POST", `/api/lectures/${made.id}/complete`, DONE)).status, 200);
    assert.equal((await send("POST", `/api/lectures/${made.id}/complete`, { ...DONE, sha256: "0".repeat(64) })).status, 409);
  });

  it("knows the digest of what came in parts, some of them cut, refused, or sent twice at once", async () => {
    const made = bodyOf(await register());
    const { url } = made.upload;
    const part = (from: number, to: number, headers: Record<string, string> = {}): Promise<Got> => tus("PATCH", url, { "upload-offset": String(from), ...headers }, AUDIO.subarray(from, to));
    backend.fail({ kind: "reset-request", afterBytes: 1234 }, { method: "PATCH" });
    assert.equal((await part(0, 50_000)).status, 0);
    assert.equal((await part(1234, 50_000)).status, 204);
    assert.equal((await part(49_999, 60_000)).status, 409);
    assert.equal((await part(50_000, 60_000, { "upload-checksum": `sha1 ${Buffer.alloc(20).toString("base64")}` })).status, 460);
    // tus ends the first for the second's sake, or refuses the second; what is stored then is one of them, or a part of it.
    await Promise.all([part(50_000, 150_000), part(50_000, 150_000)]);
    const stored = await offset(url);
    assert.ok(stored >= 50_000 && stored <= 150_000, String(stored));
    assert.equal((await part(stored, AUDIO.length, { "upload-length": String(AUDIO.length) })).status, 204);
    assert.equal((await send("POST", `/api/lectures/${made.id}/complete`, DONE)).status, 200);
  });

  it("knows the digest of what arrived in part before it was started anew", async () => {
    const made = bodyOf(await register());
    assert.equal((await tus("PATCH", made.upload.url, { "upload-offset": "0" }, AUDIO.subarray(0, 70_000))).status, 204);
    const path = made.upload.url.slice(backend.origin.length);
    const tokens = [backend.token];
    await backend.stop();
    backend = await ReferenceBackend.start({ dir, database, maxBytes: 1_000_000, tokens });
    assert.equal((await tus("PATCH", path, { "upload-offset": "70000", "upload-length": String(AUDIO.length) }, AUDIO.subarray(70_000))).status, 204);
    assert.equal((await send("POST", `/api/lectures/${made.id}/complete`, DONE)).status, 200);
  });

  it("reports a failure, and begins anew when the key comes again", async () => {
    const made = bodyOf(await register("failing"));
    const failed = await send("PATCH", `/api/lectures/${made.id}`, { status: "failed", error_message: "The site said no." });
    assert.deepEqual([failed.status, (JSON.parse(failed.text) as { error_message: string }).error_message], [200, "The site said no."]);
    assert.equal(bodyOf(await call(`/api/lectures/${made.id}`)).status, "failed");
    assert.equal((await send("PATCH", `/api/lectures/${made.id}`, { status: "ready" })).status, 422, "ready is what the backend finds itself");
    assert.equal(bodyOf(await register("failing")).status, "uploading");
  });

  it("leaves no orphan when a lecture is deleted", async () => {
    const made = await uploaded();
    assert.equal((await call(`/api/lectures/${made.id}`, { method: "DELETE" })).status, 204);
    assert.equal((await call(`/api/lectures/${made.id}`)).status, 404);
    assert.equal((await tus("HEAD", made.upload.url)).status, 404);
    assert.equal((await backend.lectures()).length, 0);
  });

  it("lets nobody in without a good token, nor to another person's lecture or upload", async () => {
    const made = await uploaded();
    const refused = await call("/api/lectures", { method: "POST" }, "wrong");
    assert.deepEqual([refused.status, bodyOf(refused)], [401, { detail: "Authentication required", kind: "unauthorized" }]);
    const stranger = backend.issueToken();
    assert.equal((await call(`/api/lectures/${made.id}`, {}, stranger)).status, 404);
    assert.equal((await call(made.upload.url, { method: "HEAD", headers: { "tus-resumable": "1.0.0" } }, stranger)).status, 404);
    backend.revokeToken(stranger);
    assert.equal((await call(`/api/lectures/${made.id}`, {}, stranger)).status, 401);
    assert.equal((await ask({ port: backend.port }, `${backend.origin}/api/health`)).text, '{"status":"ok"}');
  });

  it("checks a part against sha1 or sha256 and keeps nothing of a part that differs", async () => {
    const { url } = bodyOf(await register()).upload;
    const options = await tus("OPTIONS", url);
    assert.equal(options.headers["tus-checksum-algorithm"], "sha1,sha256");
    assert.match(String(options.headers["tus-extension"]), /checksum/);
    assert.doesNotMatch(String(options.headers["tus-extension"]), /creation(,|$)/);
    const part = AUDIO.subarray(0, 1000);
    const sum = (algorithm: string): string => `${algorithm} ${createHash(algorithm).update(part).digest("base64")}`;
    const wrong = await tus("PATCH", url, { "upload-offset": "0", "upload-checksum": sum("sha1") }, AUDIO.subarray(1, 1001));
    assert.deepEqual([wrong.status, bodyOf(wrong).kind], [460, "checksum_mismatch"]);
    assert.equal(await offset(url), 0);
    assert.equal((await tus("PATCH", url, { "upload-offset": "0", "upload-checksum": sum("sha1") }, part)).status, 204);
    assert.equal((await tus("PATCH", url, { "upload-offset": "1000", "upload-checksum": sum("sha256") }, part)).status, 204);
    assert.equal((await tus("PATCH", url, { "upload-offset": "2000", "upload-checksum": "md5 AAAA" }, part)).status, 400);
  });

  it("keeps what had arrived of a part when the connection breaks, but nothing of one with a checksum", async () => {
    const { url } = bodyOf(await register()).upload;
    backend.fail({ kind: "reset-request", afterBytes: 1234 }, { method: "PATCH", times: 2 });
    assert.equal((await tus("PATCH", url, { "upload-offset": "0" }, AUDIO)).status, 0);
    assert.equal(await offset(url), 1234);
    const checksum = `sha256 ${createHash("sha256").update(AUDIO).digest("base64")}`;
    assert.equal((await tus("PATCH", url, { "upload-offset": "1234", "upload-checksum": checksum }, AUDIO)).status, 0);
    assert.equal(await offset(url), 1234);
  });

  it("refuses a wrong offset, a wrong type and too much, each with a sentence and a word", async () => {
    const { url } = bodyOf(await register()).upload;
    const kinds: unknown[] = [];
    const wrong = await tus("PATCH", url, { "upload-offset": "7" }, AUDIO);
    kinds.push([wrong.status, bodyOf(wrong).kind]);
    const type = await tus("PATCH", url, { "upload-offset": "0", "content-type": "audio/mp4" }, AUDIO);
    kinds.push([type.status, bodyOf(type).kind]);
    const large = await tus("PATCH", url, { "upload-offset": "0" }, Buffer.alloc(1_000_001));
    kinds.push([large.status, bodyOf(large).kind]);
    const announced = await register(randomUUID(), { size_bytes: 1_000_001 });
    kinds.push([announced.status, bodyOf(announced).kind]);
    assert.deepEqual(kinds, [
      [409, "offset_mismatch"],
      [415, "bad_content_type"],
      [413, "too_large"],
      [413, "too_large"],
    ]);
  });

  it("misbehaves as it is told", async () => {
    const made = await uploaded();
    backend.misbehave({ kind: "lose-bytes", bytes: 500 });
    assert.equal(await offset(made.upload.url), AUDIO.length - 500);
    backend.misbehave({ kind: "raise-offset", bytes: 1000 });
    assert.equal(await offset(made.upload.url), AUDIO.length + 500);
    backend.misbehave({ kind: "forget-upload", status: 410 });
    assert.equal((await tus("HEAD", made.upload.url)).status, 410);
    backend.misbehave({ kind: "foreign-upload-url", url: "https://stranger.example/up" });
    assert.equal(bodyOf(await register()).upload.url, "https://stranger.example/up");
    backend.fail({ kind: "status", status: 200, type: "text/html", body: "<html>hello</html>" }, { path: "/api/lectures" });
    assert.equal((await register()).text, "<html>hello</html>");
    for (const status of [401, 409, 413, 423, 460, 503]) {
      backend.fail({ kind: "status", status }, { method: "PATCH" });
      assert.equal((await tus("PATCH", made.upload.url, { "upload-offset": "0" }, AUDIO)).status, status);
    }
  });

  it("refuses the session of another site wherever it hides, and names the field but not the value", async () => {
    const bad: object[] = [
      { panopto_cookies: { ".ASPXAUTH": "SECRET" } },
      { meta: { list: [{ Cookie: "SECRET" }] } },
      { headers: { authorization: "SECRET" } },
      { title: "x .ASPXAUTH=SECRET" },
      { note: "Bearer SECRETSECRET" },
      { source_url: "https://cdn.example/a.mp4?Expires=1&Signature=SECRET" },
      { source_url: "https://me:SECRET@uni.hosted.panopto.com/" },
      { source_url: "https://uni.example/page;jsessionid=SECRET" },
    ];
    for (const extra of bad) {
      const got = await register(randomUUID(), extra);
      assert.deepEqual([got.status, bodyOf(got).kind], [422, "secret_refused"], JSON.stringify(extra));
      assert.doesNotMatch(got.text, /SECRET/);
    }
    const made = bodyOf(await register());
    assert.equal((await send("PATCH", `/api/lectures/${made.id}`, { status: "failed", error_message: "GET https://cdn.example/?Signature=x failed" })).status, 422);
    assert.equal((await call("/api/lectures", { headers: { cookie: "a=b" } })).status, 422);
    assert.equal((await backend.lectures()).length, 1);
  });

  it("says what is wrong with a registration", async () => {
    const kindOf = async (got: Promise<Got>): Promise<unknown> => [(await got).status, bodyOf(await got).kind];
    assert.deepEqual(await kindOf(register(randomUUID(), { title: " " })), [422, "invalid"]);
    assert.deepEqual(await kindOf(register(randomUUID(), { accepts: ["multipart"] })), [422, "no_common_upload"]);
    assert.deepEqual(await kindOf(send("POST", "/api/lectures", LECTURE)), [400, "idempotency_key_missing"]);
    assert.deepEqual(await kindOf(call("/api/lectures", { method: "POST", body: "{" })), [400, "bad_request"]);
    assert.deepEqual(await kindOf(call("/api/lectures")), [405, "method_not_allowed"]);
    assert.deepEqual(await kindOf(call("/api/else")), [404, "not_found"]);
  });

  it("has every byte that it received on record", async () => {
    const needle = randomBytes(24);
    const { url } = bodyOf(await register(randomUUID(), { title: "canary-in-a-title" })).upload;
    await tus("PATCH", url, { "upload-offset": "0", "x-canary": "canary-in-a-header" }, Buffer.concat([AUDIO, needle]));
    for (const canary of ["canary-in-a-title", "canary-in-a-header", needle]) assert.ok(backend.receivedContains(canary));
    assert.equal(backend.receivedContains("never sent"), false);
    await call("/api/health?canary-in-an-address", { headers: { authorization: "none" } });
    assert.ok(backend.receivedContains("canary-in-an-address"));
  });
});

describe("the reference backend under its true name", () => {
  let dir: string;
  let backend: ReferenceBackend;
  let caFile: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-backend-tls-"));
    const authority = await createAuthority(join(dir, "authority"));
    caFile = authority.caFile;
    backend = await ReferenceBackend.start({ dir, authority, uploadExpiresAfterMs: 1 });
  });
  after(async () => {
    await backend.stop();
    await rm(dir, { recursive: true });
  });

  const headers = (): Record<string, string> => ({ authorization: `Bearer ${backend.token}`, "idempotency-key": randomUUID(), "tus-resumable": "1.0.0" });

  it("speaks HTTPS in both protocols and gives addresses of its own origin", async () => {
    for (const protocol of ["http/1.1", "h2"] as const) {
      const got = await ask({ caFile, port: backend.port }, "https://study.example.edu/api/lectures", { protocol, method: "POST", headers: headers(), body: JSON.stringify({ ...LECTURE, title: `over-${protocol}` }) });
      assert.equal(got.status, 201);
      assert.match((JSON.parse(got.text) as Body).upload.url, /^https:\/\/study\.example\.edu\/api\/uploads\/[\w-]{43}$/);
      assert.ok(backend.receivedContains(`over-${protocol}`));
      assert.ok(backend.receivedContains(backend.token), "heads are on record, compressed or not");
    }
  });

  it("says 410 when an upload has expired, and removes what is left", async () => {
    const made = await ask({ caFile, port: backend.port }, "https://study.example.edu/api/lectures", { method: "POST", headers: headers(), body: JSON.stringify(LECTURE) });
    const { url } = (JSON.parse(made.text) as Body).upload;
    assert.equal((await ask({ caFile, port: backend.port }, url, { method: "HEAD", headers: headers() })).status, 410);
    assert.ok((await backend.removeExpiredUploads()) > 0);
    assert.equal((await ask({ caFile, port: backend.port }, url, { method: "HEAD", headers: headers() })).status, 404);
  });
});
