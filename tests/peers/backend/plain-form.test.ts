import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { ask } from "../wire/client.ts";
import type { Ask, Got } from "../wire/client.ts";
import { COURSES, ReferenceBackend } from "./backend.ts";
import type { BackendOptions } from "./backend.ts";
import { leaseDatabase } from "./database.ts";
import type { Database } from "./database.ts";

const AUDIO = randomBytes(200_000);
const COURSE = COURSES[0]?.id ?? "";
const METADATA = { session_id: "3f1c7b0e-session", course_id: COURSE, title: "Lecture 4", duration: 3197.75, source_url: "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1" };
const BOUNDARY = "----------------auricle";

interface Part {
  readonly name: string;
  readonly filename?: string;
  readonly type?: string;
  readonly body: Buffer | string;
}

const audioPart = (change: Partial<Part> = {}): Part => ({ name: "audio", filename: `${METADATA.session_id}.m4a`, type: "audio/mp4", body: AUDIO, ...change });
const metadataPart = (change: object = {}): Part => ({ name: "metadata", body: JSON.stringify({ ...METADATA, ...change }) });

function headOf({ name, filename, type }: Part): string {
  const named = filename === undefined ? "" : `; filename="${filename}"`;
  const typed = type === undefined ? "" : `content-type: ${type}\r\n`;
  return `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${named}\r\n${typed}\r\n`;
}

function formOf(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap((part) => [Buffer.from(headOf(part)), Buffer.from(part.body), Buffer.from("\r\n")]);
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

describe("the plain form", () => {
  let dir: string;
  let backend: ReferenceBackend;

  const start = async (options: Partial<BackendOptions> = {}): Promise<void> => {
    dir = await mkdtemp(join(tmpdir(), "auricle-form-"));
    backend = await ReferenceBackend.start({ dir, ...options });
  };
  const stop = async (): Promise<void> => {
    assert.equal(backend.failure, undefined);
    assert.deepEqual(await readdir(join(dir, "incoming")), [], "nothing half arrived is left");
    await backend.stop();
    await rm(dir, { recursive: true });
  };
  const startAgain = async (options: Partial<BackendOptions>): Promise<void> => {
    await stop();
    await start(options);
  };
  let engine: Database;
  // Held for all tests: the engine would end in a longer pause between two, and starting it takes seconds.
  before(async () => {
    engine = await leaseDatabase();
  });
  after(() => engine.close());
  beforeEach(() => start());
  afterEach(stop);

  const headers = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
  const call = (path: string, options: Ask = {}, token = backend.token): Promise<Got> => ask({ port: backend.port }, backend.origin + path, { ...options, headers: { ...headers(token), ...options.headers } });
  const send = (parts: readonly Part[], token = backend.token): Promise<Got> =>
    call("/api/lectures/audio", { method: "POST", body: formOf(parts), headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` } }, token);
  const valueOf = (got: Got): unknown => JSON.parse(got.text);
  const detailOf = (got: Got): unknown => (valueOf(got) as { detail: unknown }).detail;
  const sent = async (change: object = {}): Promise<string> => (valueOf(await send([audioPart(), metadataPart(change)])) as { lecture_id: string }).lecture_id;
  const status = async (id: string): Promise<unknown> => {
    const got = await call(`/api/lectures/${id}/status`);
    return got.status === 200 ? (valueOf(got) as { status: string }).status : got.status;
  };

  it("takes a lecture, whichever part comes first", async () => {
    const parts = [audioPart(), metadataPart()];
    for (const [n, order] of [parts, [...parts].reverse()].entries()) {
      const got = await send(order.map((part) => (part.name === "metadata" ? metadataPart({ session_id: `s${String(n)}` }) : part)));
      const { lecture_id: id, ...rest } = valueOf(got) as { lecture_id: string };
      assert.deepEqual([got.status, rest], [200, { status: "pending", created: true }]);
      assert.ok((await readFile(backend.audioFile(id))).equals(AUDIO));
    }
    const [lecture] = await backend.formLectures();
    assert.deepEqual([lecture?.title, lecture?.courseId, lecture?.durationSeconds, lecture?.sizeBytes, lecture?.mimeType], ["Lecture 4", COURSE, 3197.75, AUDIO.length, "audio/mp4"]);
  });

  it("knows a session of a course again, and keeps it once", async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => send([audioPart(), metadataPart()])));
    const values = answers.map((got) => valueOf(got) as { lecture_id: string; created: boolean });
    assert.deepEqual(answers.map((got) => got.status), [200, 200, 200, 200]);
    assert.equal(values.filter(({ created }) => created).length, 1);
    assert.equal(new Set(values.map((value) => value.lecture_id)).size, 1);
    assert.notEqual(await sent({ course_id: COURSES[1]?.id }), values[0]?.lecture_id, "in another course it is another lecture");
    assert.equal((await backend.formLectures()).length, 2);
    assert.equal((await readdir(join(dir, "audio"))).length, 2);
  });

  it("says in StudyBuddy's words what is wrong with a form", async () => {
    const refusals: [readonly Part[], number, RegExp][] = [
      [[audioPart(), { name: "metadata", body: "{" }], 400, /^Invalid metadata: /],
      [[audioPart(), metadataPart({ session_id: " " })], 400, /^Invalid metadata: session_id/],
      [[audioPart(), metadataPart({ course_id: "course-7" })], 400, /^Invalid metadata: course_id/],
      [[audioPart({ filename: "" }), metadataPart()], 400, /^Audio file must have a filename$/],
      [[audioPart({ type: "application/octet-stream", filename: "" }), metadataPart()], 400, /^Audio file must have a filename$/],
      [[audioPart({ type: "text/html" }), metadataPart()], 400, /^Invalid audio content type: text\/html$/],
    ];
    for (const [parts, code, words] of refusals) {
      const got = await send(parts);
      assert.equal(got.status, code);
      assert.match(String(detailOf(got)), words);
    }
    assert.deepEqual(await backend.formLectures(), []);
  });

  it("takes sound of every type that StudyBuddy takes", async () => {
    for (const type of ["audio/mp4", "audio/mpeg; codecs=mp3", "video/mp4", "application/octet-stream"]) {
      assert.equal((await send([audioPart({ type }), metadataPart({ session_id: type })])).status, 200, type);
    }
  });

  it("says as FastAPI does, in a list, which parts are missing", async () => {
    const missing = (name: string): object => ({ type: "missing", loc: ["body", name], msg: "Field required", input: null });
    const noAudio = await send([metadataPart()]);
    assert.deepEqual([noAudio.status, detailOf(noAudio)], [422, [missing("audio")]]);
    const nothing = await send([{ name: "other", body: "x" }]);
    assert.deepEqual([nothing.status, detailOf(nothing)], [422, [missing("audio"), missing("metadata")]]);
    const text = await send([{ name: "audio", body: "x" }, metadataPart()]);
    assert.deepEqual([text.status, (detailOf(text) as { loc: unknown }[])[0]?.loc], [422, ["body", "audio"]]);
  });

  it("takes as much as its limit and not a byte more", async () => {
    await startAgain({ maxFormBytes: 1024 ** 2 });
    assert.equal((await send([audioPart({ body: Buffer.alloc(1024 ** 2) }), metadataPart()])).status, 200);
    const refused = await send([audioPart({ body: Buffer.alloc(1024 ** 2 + 1) }), metadataPart({ session_id: "larger" })]);
    assert.deepEqual([refused.status, detailOf(refused)], [413, "Audio file too large. Maximum size is 1 MB"]);
    assert.deepEqual((await backend.formLectures()).map(({ sizeBytes }) => sizeBytes), [1024 ** 2]);
  });

  it("has StudyBuddy's limit where it is given none", async () => {
    const refused = await send([audioPart({ body: Buffer.alloc(104_857_601) }), metadataPart()]);
    assert.deepEqual([refused.status, detailOf(refused)], [413, "Audio file too large. Maximum size is 100 MB"]);
  });

  it("says that a file is too large while the rest of it is still on its way", async () => {
    await startAgain({ maxFormBytes: 1024 ** 2 });
    const outgoing = request({ host: "127.0.0.1", port: backend.port, path: "/api/lectures/audio", method: "POST", headers: { ...headers(backend.token), "content-type": `multipart/form-data; boundary=${BOUNDARY}` } });
    outgoing.write(headOf(audioPart()));
    outgoing.write(Buffer.alloc(1024 ** 2 + 100_000));
    const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    outgoing.on("error", () => undefined);
    outgoing.destroy();
    assert.equal(incoming.statusCode, 413);
    assert.match(Buffer.concat(chunks).toString(), /Maximum size is 1 MB/);
  });

  it("keeps nothing of a form that breaks off, or that is none", async () => {
    const whole = formOf([metadataPart(), audioPart()]);
    const type = { "content-type": `multipart/form-data; boundary=${BOUNDARY}` };
    const cut = await call("/api/lectures/audio", { method: "POST", body: whole.subarray(0, whole.length - 1000), headers: type });
    assert.deepEqual([cut.status, detailOf(cut)], [400, "There was an error parsing the body"]);
    backend.fail({ kind: "reset-request", afterBytes: 50_000 }, { path: "/api/lectures/audio" });
    assert.equal((await call("/api/lectures/audio", { method: "POST", body: whole, headers: type })).status, 0);
    for (const other of ["multipart/form-data", "application/json"]) {
      assert.equal((await call("/api/lectures/audio", { method: "POST", body: whole, headers: { "content-type": other } })).status, 400);
    }
    assert.deepEqual(await backend.formLectures(), []);
    assert.deepEqual(await readdir(join(dir, "audio")), []);
  });

  it("shows how far a lecture is, a step for each question, until it is completed", async () => {
    const id = await sent();
    const first = await call(`/api/lectures/${id}/status`);
    assert.deepEqual(valueOf(first), { lecture_id: id, status: "pending", error_message: null, duration_seconds: 3197.75 });
    assert.deepEqual([await status(id), await status(id), await status(id)], ["downloading", "completed", "completed"]);
  });

  it("forgets a lecture whose pipeline fails: whoever asks sees 404, never a failure", async () => {
    backend.pipeline.order({ shown: ["pending"], end: "gone" });
    const id = await sent();
    assert.equal(await status(id), "pending");
    const gone = await call(`/api/lectures/${id}/status`);
    assert.deepEqual([gone.status, detailOf(gone)], [404, "Lecture not found"]);
    assert.deepEqual(await backend.formLectures(), []);
    await assert.rejects(readFile(backend.audioFile(id)));
    assert.equal((valueOf(await send([audioPart(), metadataPart()])) as { created: boolean }).created, true, "and takes it anew");
  });

  it("holds a lecture where it is until a test lets it end", async () => {
    backend.pipeline.order({ shown: ["pending", "downloading"], end: "held" }, 2);
    const [good, bad] = [await sent({ session_id: "good" }), await sent({ session_id: "bad" })];
    for (const id of [good, bad]) assert.deepEqual([await status(id), await status(id), await status(id), await status(id)], ["pending", "downloading", "downloading", "downloading"]);
    await backend.pipeline.finish(good, "completed");
    await backend.pipeline.finish(bad, "gone");
    assert.deepEqual([await status(good), await status(bad)], ["completed", 404]);
  });

  it("shows a lecture, and deletes it for whoever sent it", async () => {
    const id = await sent();
    const shown = valueOf(await call(`/api/lectures/${id}`)) as Record<string, unknown>;
    assert.deepEqual([shown["panopto_session_id"], shown["status"], shown["stream_url"]], [METADATA.session_id, "pending", "audio_podcast"]);
    assert.equal((await call(`/api/lectures/${id}`, { method: "DELETE" }, backend.issueToken())).status, 404);
    assert.equal((await call(`/api/lectures/${id}`, { method: "DELETE" })).status, 204);
    assert.equal(await status(id), 404);
    assert.equal((await call(`/api/lectures/${id}`)).status, 404);
  });

  it("offers courses, and says without a token that it is well", async () => {
    assert.deepEqual(valueOf(await call("/api/courses")), COURSES);
    assert.deepEqual(valueOf(await ask({ port: backend.port }, `${backend.origin}/api/health`)), { status: "ok" });
  });

  it("lets in nobody without a token, nor with one that says not whose it is", async () => {
    const none = await send([audioPart(), metadataPart()], "wrong");
    assert.deepEqual([none.status, detailOf(none)], [401, "Authentication required"]);
    const nobody = await send([audioPart(), metadataPart()], backend.issueTokenOfNobody());
    assert.deepEqual([nobody.status, detailOf(nobody)], [403, "Token is missing a user identifier"]);
    assert.equal((await call("/api/courses", {}, "wrong")).status, 401);
    assert.deepEqual(await backend.formLectures(), []);
  });

  it("refuses the session of another site in any part, and names the field but not the value", async () => {
    const bad: (readonly Part[])[] = [
      [audioPart(), metadataPart({ panopto_cookies: { ".ASPXAUTH": "SECRET" } })],
      [audioPart(), metadataPart(), { name: "panopto_cookies", body: "SECRET" }],
      [audioPart(), metadataPart(), { name: "extra", body: JSON.stringify({ headers: { authorization: "SECRET" } }) }],
      [audioPart(), metadataPart({ source_url: "https://cdn.example/a.mp4?Expires=1&Signature=SECRET" })],
    ];
    for (const parts of bad) {
      const got = await send(parts);
      assert.deepEqual([got.status, (valueOf(got) as { kind: string }).kind], [422, "secret_refused"]);
      assert.doesNotMatch(got.text, /SECRET/);
    }
    assert.deepEqual(await backend.formLectures(), []);
  });

  it("stands beside the other ways of uploading, which know nothing of it", async () => {
    const registered = await call("/api/lectures", { method: "POST", headers: { "idempotency-key": randomUUID() }, body: JSON.stringify({ title: "x", source_url: METADATA.source_url, site: "panopto", mime_type: "audio/mp4", accepts: ["tus", "multipart"] }) });
    assert.equal(registered.status, 201);
    const { id } = valueOf(registered) as { id: string };
    assert.equal((await call(`/api/lectures/${id}`)).status, 200);
    assert.equal((await call(`/api/lectures/${id}/status`)).status, 404);
    await startAgain({ serves: "lectures" });
    assert.equal((await send([audioPart(), metadataPart()])).status, 404);
  });

  it("may be all that a backend has: registering is refused there, and no error has a word for programs", async () => {
    for (const code of [404, 405] as const) {
      await startAgain({ serves: "plain-form", refusesLecturesWith: code });
      const refused = await call("/api/lectures", { method: "POST", headers: { "idempotency-key": "k" }, body: "{}" });
      assert.deepEqual([refused.status, valueOf(refused)], [code, { detail: code === 404 ? "Not Found" : "Method Not Allowed" }]);
      assert.deepEqual(valueOf(await send([audioPart({ type: "text/html" }), metadataPart()])), { detail: "Invalid audio content type: text/html" });
      assert.equal(await status(await sent()), "pending");
    }
  });
});
