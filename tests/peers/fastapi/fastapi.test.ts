import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ask } from "../wire/client.ts";
import type { Ask, Got } from "../wire/client.ts";
import { FORM_TYPE, formOf } from "../wire/form.ts";
import type { FormPart } from "../wire/form.ts";
import { FastApiBackend } from "./fastapi.ts";

/** What an MP4 begins with, and that is all that the example looks at. */
const AUDIO = Buffer.concat([Buffer.from([0, 0, 0, 20]), Buffer.from("ftypM4A "), randomBytes(200_000)]);
const METADATA = { session_id: "s", course_id: "7c1b1f7e-3d0a-4f0e-8c55-2f1d0e9a4b03", title: "Lecture 4", duration: 3197.75, source_url: "https://uni.hosted.panopto.com/" };
const LIMIT = 2 * 1024 ** 2;

describe("a FastAPI backend", () => {
  let dir: string;
  let backend: FastApiBackend;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-fastapi-"));
    backend = await FastApiBackend.start({ dir, maxBytes: LIMIT });
  });
  after(async () => {
    await backend.stop();
    await rm(dir, { recursive: true });
  });

  const call = (path: string, options: Ask = {}, token = backend.token): Promise<Got> => ask({ port: backend.port }, backend.origin + path, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
  const audioPart = (change: Partial<FormPart> = {}): FormPart => ({ name: "audio", filename: "s.m4a", type: "audio/mp4", body: AUDIO, ...change });
  const metadataPart = (change: object = {}): FormPart => ({ name: "metadata", body: JSON.stringify({ ...METADATA, ...change }) });
  const send = (parts: readonly FormPart[], token?: string): Promise<Got> => {
    const body = formOf(parts);
    return call("/api/lectures/audio", { method: "POST", body, headers: { "content-type": FORM_TYPE, "content-length": String(body.length) } }, token);
  };
  const valueOf = (got: Got): Record<string, unknown> => JSON.parse(got.text) as Record<string, unknown>;
  /** Asks until the lecture is processed, one way or the other. */
  const settled = async (id: unknown): Promise<Got> => {
    const got = await call(`/api/lectures/${String(id)}/status`);
    return got.status === 200 && valueOf(got)["status"] === "pending" ? settled(id) : got;
  };

  it("takes a lecture, completes it, knows it again and deletes it", async () => {
    const got = await send([audioPart(), metadataPart()]);
    const { lecture_id: id, ...rest } = valueOf(got);
    assert.deepEqual([got.status, rest], [200, { status: "pending", created: true }]);
    assert.deepEqual(valueOf(await settled(id)), { lecture_id: id, status: "completed", error_message: null, duration_seconds: 3197.75 });
    assert.ok((await readFile(backend.audioFile(String(id)))).equals(AUDIO));
    assert.deepEqual(valueOf(await send([audioPart(), metadataPart()])), { lecture_id: id, status: "completed", created: false });
    assert.equal((await call(`/api/lectures/${String(id)}`, { method: "DELETE" })).status, 204);
    assert.equal((await settled(id)).status, 404);
    assert.deepEqual(await readdir(dir), []);
  });

  it("forgets what it could not process", async () => {
    const { lecture_id: id } = valueOf(await send([audioPart({ body: "no sound at all" }), metadataPart({ session_id: "silent" })]));
    const gone = await settled(id);
    assert.deepEqual([gone.status, valueOf(gone)], [404, { detail: "Lecture not found" }]);
  });

  it("refuses as FastAPI does: a sentence, or a list", async () => {
    const refusals: [readonly FormPart[], number, RegExp][] = [
      [[audioPart(), metadataPart({ session_id: " " })], 400, /^Invalid metadata: .*session_id/s],
      [[audioPart(), metadataPart({ course_id: "course-7" })], 400, /^Invalid metadata: .*course_id/s],
      [[audioPart(), { name: "metadata", body: "{" }], 400, /^Invalid metadata: /],
      [[audioPart(), metadataPart({ panopto_cookies: "x" })], 422, /takes no cookie/],
      [[audioPart({ filename: "" }), metadataPart()], 400, /^Audio file must have a filename$/],
      [[audioPart({ type: "text/html" }), metadataPart()], 400, /^Invalid audio content type: text\/html$/],
      [[audioPart({ body: Buffer.alloc(LIMIT + 1) }), metadataPart()], 413, /^Audio file too large. Maximum size is 2 MB$/],
    ];
    for (const [parts, status, words] of refusals) {
      const got = await send(parts);
      assert.equal(got.status, status, got.text);
      assert.match(String(valueOf(got)["detail"]), words);
    }
    const list = await send([metadataPart()]);
    assert.equal(list.status, 422);
    assert.deepEqual((valueOf(list)["detail"] as { loc: unknown }[])[0]?.loc, ["body", "audio"]);
    assert.equal((await send([audioPart({ body: Buffer.concat([AUDIO, Buffer.alloc(LIMIT - AUDIO.length)]) }), metadataPart({ session_id: "largest" })])).status, 200);
  });

  it("lets nobody in without the token, but says how it is", async () => {
    for (const got of [await send([audioPart(), metadataPart()], "wrong"), await call("/api/courses", {}, "wrong")]) {
      assert.deepEqual([got.status, valueOf(got)], [401, { detail: "Authentication required" }]);
    }
    assert.deepEqual(valueOf(await ask({ port: backend.port }, `${backend.origin}/api/health`)), { status: "ok" });
    assert.deepEqual(Object.keys((JSON.parse((await call("/api/courses")).text) as object[])[0] ?? {}), ["id", "code", "title", "instructor"]);
  });

  it("knows nothing of registering: whoever asks for that goes on to the form", async () => {
    const got = await call("/api/lectures", { method: "POST", body: "{}" });
    assert.deepEqual([got.status, valueOf(got)], [404, { detail: "Not Found" }]);
  });
});
