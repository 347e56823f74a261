import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { TestStore } from "../store/store.ts";
import { ask } from "../wire/client.ts";
import type { Got } from "../wire/client.ts";
import { ReferenceBackend } from "./backend.ts";
import type { Database } from "./database.ts";
import { testDatabases } from "./test-databases.ts";

const PART_BYTES = 60_000;
const AUDIO = randomBytes(200_000);
const DONE = { size_bytes: AUDIO.length, sha256: createHash("sha256").update(AUDIO).digest("hex") };
const LECTURE = { title: "Lecture 4", source_url: "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1", site: "panopto", mime_type: "audio/mp4", size_bytes: AUDIO.length, accepts: ["tus", "presigned", "multipart"] };

interface Upload {
  readonly protocol: string;
  readonly part_bytes: number;
  readonly parts: readonly string[];
  readonly complete_url: string;
}

interface Body {
  readonly id: string;
  readonly status: string;
  readonly kind: string;
  readonly upload: Upload;
}

interface Sent {
  readonly number: number;
  readonly etag: string;
}

for (const databases of testDatabases()) describe(`presigned parts on ${databases.name}`, () => {
  let dir: string;
  let store: TestStore;
  let database: Database;
  let backend: ReferenceBackend;

  before(() => databases.open());
  after(() => databases.close());
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-parts-"));
    store = await TestStore.open(join(dir, "store"));
    database = await databases.lease();
    backend = await ReferenceBackend.start({ dir: join(dir, "backend"), database, store: store.access(PART_BYTES) });
  });
  afterEach(async () => {
    assert.equal(backend.failure, undefined);
    assert.equal(store.failure, undefined);
    await backend.stop();
    await store.stop();
    await database.close();
    await rm(dir, { recursive: true });
  });

  const call = (method: string, path: string, value?: unknown, headers: Record<string, string> = {}): Promise<Got> =>
    ask({ port: backend.port }, path.startsWith("http") ? path : backend.origin + path, { method, headers: { authorization: `Bearer ${backend.token}`, ...headers }, ...(value === undefined ? {} : { body: JSON.stringify(value) }) });
  const bodyOf = (got: Got): Body => JSON.parse(got.text) as Body;
  const register = (key: string = randomUUID(), change: object = {}): Promise<Got> => call("POST", "/api/lectures", { ...LECTURE, ...change }, { "idempotency-key": key });
  const put = async (url: string, body: Buffer): Promise<Got> => ask({ port: store.port }, url, { method: "PUT", body, headers: { "content-length": String(body.length) } });
  const slice = (at: number): Buffer => AUDIO.subarray(at * PART_BYTES, (at + 1) * PART_BYTES);

  const sendAll = (upload: Upload, of = slice): Promise<Sent[]> =>
    Promise.all(
      upload.parts.map(async (url, at) => {
        const got = await put(url, of(at));
        assert.equal(got.status, 200, got.text);
        return { number: at + 1, etag: String(got.headers.etag) };
      }),
    );
  const joined = async (): Promise<Body> => {
    const made = bodyOf(await register());
    assert.equal((await call("POST", made.upload.complete_url, { parts: await sendAll(made.upload) })).status, 200);
    return made;
  };

  it("take a lecture from registration to audio, and no byte of it passes through the backend", async () => {
    const made = bodyOf(await register());
    const { protocol, part_bytes: partBytes, parts, complete_url: completeUrl } = made.upload;
    assert.deepEqual([protocol, partBytes, parts.length], ["presigned", PART_BYTES, 4]);
    assert.ok(parts.every((url) => url.startsWith(`http://127.0.0.1:${String(store.port)}/`)));
    assert.ok(completeUrl.startsWith(`${backend.origin}/`));
    const sent = await sendAll(made.upload);
    const early = await call("POST", `/api/lectures/${made.id}/complete`, DONE);
    assert.deepEqual([early.status, bodyOf(early).kind], [409, "parts_not_joined"]);
    assert.equal((await call("POST", completeUrl, { parts: sent })).status, 200);
    assert.equal((await call("POST", completeUrl, { parts: sent })).status, 200, "repeating is harmless");
    const ready = await call("POST", `/api/lectures/${made.id}/complete`, DONE);
    assert.deepEqual([ready.status, bodyOf(ready).status], [200, "ready"]);
    assert.equal((await call("POST", `/api/lectures/${made.id}/complete`, DONE)).status, 200);
    const audio = await call("GET", `/api/lectures/${made.id}/audio`);
    assert.equal(audio.status, 302);
    assert.ok((await ask({ port: store.port }, String(audio.headers.location))).body.equals(AUDIO));
    assert.equal(backend.receivedContains(AUDIO.subarray(0, 32)), false);
    assert.ok(store.requests.filter(({ method }) => method === "PUT").every(({ authorization }) => authorization === undefined), "the address alone lets a part in");
  });

  it("are not offered where the size is unknown, or the machine does not know them", async () => {
    for (const change of [{ size_bytes: undefined }, { size_bytes: 0 }, { accepts: ["tus"] }]) assert.equal(bodyOf(await register(randomUUID(), change)).upload.protocol, "tus");
    const none = await register(randomUUID(), { accepts: ["presigned"], size_bytes: undefined });
    assert.deepEqual([none.status, bodyOf(none).kind], [422, "no_common_upload"]);
    assert.equal(bodyOf(await register(randomUUID(), { accepts: ["presigned"] })).upload.protocol, "presigned");
  });

  it("stay where they are when the same lecture is registered again: new addresses, the same place", async () => {
    const first = bodyOf(await register("again"));
    const sent = await put(first.upload.parts[0] ?? "", slice(0));
    const second = await register("again");
    assert.deepEqual([second.status, bodyOf(second).id], [200, first.id]);
    const rest = await Promise.all(bodyOf(second).upload.parts.slice(1).map((url, at) => put(url, slice(at + 1))));
    const parts = [sent, ...rest].map((got, at) => ({ number: at + 1, etag: String(got.headers.etag) }));
    assert.equal((await call("POST", bodyOf(second).upload.complete_url, { parts })).status, 200);
    assert.equal((await call("POST", `/api/lectures/${first.id}/complete`, DONE)).status, 200);
    assert.equal((await store.uploadsUnderWay()).length, 0);
  });

  it("are one upload, however many register the same at once", async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => register("same")));
    assert.equal(new Set(answers.map((got) => bodyOf(got).id)).size, 1);
    assert.equal((await store.uploadsUnderWay()).length, 1);
  });

  it("are read back for their digest: what differs gets a fresh and empty place", async () => {
    const made = bodyOf(await register());
    const spoilt = (at: number): Buffer => (at === 2 ? randomBytes(PART_BYTES) : slice(at));
    assert.equal((await call("POST", made.upload.complete_url, { parts: await sendAll(made.upload, spoilt) })).status, 200);
    const refused = await call("POST", `/api/lectures/${made.id}/complete`, DONE);
    assert.deepEqual([refused.status, bodyOf(refused).kind], [409, "digest_mismatch"]);
    const fresh = bodyOf(await call("POST", `/api/lectures/${made.id}/upload`, {})).upload;
    assert.equal(fresh.protocol, "presigned");
    assert.equal(await store.objectCount(), 0, "the old object is gone");
    assert.equal((await call("POST", fresh.complete_url, { parts: await sendAll(fresh) })).status, 200);
    assert.equal((await call("POST", `/api/lectures/${made.id}/complete`, DONE)).status, 200);
  });

  it("may be spoilt in the store on order", async () => {
    const made = await joined();
    backend.misbehave({ kind: "flip-stored" });
    assert.equal(bodyOf(await call("POST", `/api/lectures/${made.id}/complete`, DONE)).kind, "digest_mismatch");
    assert.equal((await call("POST", `/api/lectures/${made.id}/complete`, DONE)).status, 200);
  });

  it("are joined only if they are those that arrived", async () => {
    const made = bodyOf(await register());
    const sent = await sendAll(made.upload);
    const wrong = await call("POST", made.upload.complete_url, { parts: sent.map((part, at) => (at === 1 ? { ...part, etag: '"0123"' } : part)) });
    assert.deepEqual([wrong.status, bodyOf(wrong).kind], [409, "parts_mismatch"]);
    for (const parts of [undefined, [], [{ number: 2, etag: "x" }], [{ number: 1 }]]) {
      const got = await call("POST", made.upload.complete_url, { parts });
      assert.deepEqual([got.status, bodyOf(got).kind], [422, "invalid"]);
    }
    assert.equal((await call("POST", made.upload.complete_url, { parts: sent })).status, 200, "and nothing was lost by it");
  });

  it("are 404 once the store has given the upload up, and can begin anew", async () => {
    const made = bodyOf(await register());
    const sent = await sendAll(made.upload);
    await store.abortAll();
    assert.equal((await put(made.upload.parts[0] ?? "", slice(0))).status, 404);
    assert.equal((await call("POST", made.upload.complete_url, { parts: sent })).status, 404);
    const fresh = bodyOf(await call("POST", `/api/lectures/${made.id}/upload`, {})).upload;
    assert.equal((await put(fresh.parts[0] ?? "", slice(0))).status, 200);
  });

  it("leave nothing in the store when their lecture is deleted, joined or not", async () => {
    const [open, whole] = [bodyOf(await register()), await joined()];
    await put(open.upload.parts[0] ?? "", slice(0));
    assert.deepEqual([(await store.uploadsUnderWay()).length, await store.objectCount()], [1, 1]);
    for (const { id } of [open, whole]) assert.equal((await call("DELETE", `/api/lectures/${id}`)).status, 204);
    assert.deepEqual([(await store.uploadsUnderWay()).length, await store.objectCount()], [0, 0]);
    assert.equal((await put(open.upload.parts[1] ?? "", slice(1))).status, 404);
  });

  it("let in only what was signed", async () => {
    const { upload } = bodyOf(await register());
    const first = new URL(upload.parts[0] ?? "");
    first.searchParams.set("partNumber", "3");
    assert.equal((await put(first.href, slice(2))).status, 403);
    assert.equal((await put(first.origin + first.pathname, slice(2))).status, 403);
    assert.equal((await put(upload.parts[0] ?? "", slice(0))).status, 200);
  });

  it("misbehave as they are told", async () => {
    const { upload } = bodyOf(await register());
    const url = upload.parts[0] ?? "";
    for (const status of [403, 503]) {
      store.fail({ kind: "status", status }, { method: "PUT" });
      assert.equal((await put(url, slice(0))).status, status);
    }
    store.fail({ kind: "reset-request", afterBytes: 1000 }, { method: "PUT" });
    assert.equal((await put(url, slice(0))).status, 0);
    assert.equal((await put(url, slice(0))).status, 200);
    backend.misbehave({ kind: "foreign-upload-url", url: "https://stranger.example/done" });
    assert.equal(bodyOf(await register()).upload.complete_url, "https://stranger.example/done");
  });
});
