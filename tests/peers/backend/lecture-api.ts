// The lectures' routes, for a caller whose token has been found good.

import { createHash } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Answer } from "../wire/answer.ts";
import { json, redirect } from "../wire/answer.ts";
import type { WireRequest } from "../wire/request.ts";
import { serveResource } from "../wire/resource.ts";
import { ApiError } from "./api-error.ts";
import type { CaptionsShelf } from "./captions-shelf.ts";
import { fieldsOf, only } from "./json-request.ts";
import { completion, registration, report, sentParts } from "./lecture-form.ts";
import type { Registration } from "./lecture-form.ts";
import type { LectureRow, LectureTable } from "./lecture-table.ts";
import type { MischiefPlan } from "./mischief.ts";
import type { PartSpace } from "./part-space.ts";
import { placeOf } from "./upload-place.ts";
import type { UploadPlace, UploadPlaces, UploadProtocol } from "./upload-place.ts";
import { UPLOAD_PATH } from "./upload-space.ts";
import type { UploadSpace } from "./upload-space.ts";

export interface LectureApiParts {
  readonly table: LectureTable;
  readonly uploads: UploadSpace;
  /** Where there is an object store. */
  readonly parts: PartSpace | undefined;
  readonly mischief: MischiefPlan;
  /** Where finished audio is kept. */
  readonly audioDir: string;
  readonly maxBytes: number;
  readonly captions: CaptionsShelf;
  /** Whether it says that it takes them. */
  readonly acceptsCaptions: () => boolean;
  /** Before the path of an upload's address. */
  readonly origin: () => string;
}

const LECTURE_PATH = /^\/api\/lectures\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/(complete|upload|parts|audio|captions))?$/;

export class LectureApi {
  readonly #parts: LectureApiParts;

  constructor(parts: LectureApiParts) {
    this.#parts = parts;
  }

  /** `owner`: whom the token stands for. Throws ApiError. */
  async handle(request: WireRequest, owner: string): Promise<Answer> {
    if (request.path === "/api/lectures") return this.#register(only(request, "POST"), owner);
    if (request.path.startsWith(`${UPLOAD_PATH}/`)) return this.#upload(request, owner);
    const [, id, part] = LECTURE_PATH.exec(request.path) ?? [];
    if (id === undefined) throw new ApiError(404, "not_found", "There is nothing at this address.");
    const lecture = await this.#parts.table.byId(owner, id);
    if (lecture === undefined) throw lectureMissing();
    switch (part) {
      case "complete":
        return this.#complete(only(request, "POST"), lecture);
      case "upload":
        return this.#freshUpload(only(request, "POST"), lecture);
      case "parts":
        return this.#join(only(request, "POST"), lecture);
      case "audio":
        return this.#audio(request, lecture);
      case "captions":
        return this.#captions(request, lecture);
      default:
        return this.#lecture(request, lecture);
    }
  }

  /** POST /api/lectures: once for each Idempotency-Key, however often it is repeated. */
  async #register(request: WireRequest, owner: string): Promise<Answer> {
    const facts = registration(await fieldsOf(request));
    const key = request.headers["idempotency-key"];
    if (key === undefined || key.trim() === "") throw new ApiError(400, "idempotency_key_missing", "The header Idempotency-Key is missing.");
    const protocol = this.#protocolFor(facts);
    if (facts.sizeBytes !== null && facts.sizeBytes > this.#parts.maxBytes) throw tooLarge(this.#parts.maxBytes);
    const known = await this.#parts.table.byKey(owner, key);
    if (known !== undefined) return json(200, await this.#resumed(known));

    const place = await this.#newPlace(protocol, facts.sizeBytes);
    const made = await this.#parts.table.insert(owner, key, facts, place);
    if (made !== undefined) return json(201, await this.#withUpload(made));
    // Another request with this key was faster.
    await this.#places(protocol).remove(place);
    const other = await this.#parts.table.byKey(owner, key);
    if (other === undefined) throw lectureMissing();
    return json(200, await this.#resumed(other));
  }

  /** As it is now; what had failed begins again, and a place that is gone is replaced. */
  async #resumed(lecture: LectureRow): Promise<unknown> {
    if (lecture.status === "ready") return this.#withUpload(lecture);
    const place = placeOf(lecture);
    const open = place !== undefined && (await this.#places(place.uploadProtocol).isOpen(place));
    if (open && lecture.status === "uploading") return this.#withUpload(lecture);
    return this.#withUpload(open ? await this.#change(lecture, { status: "uploading", errorMessage: null }) : await this.#replaced(lecture));
  }

  /** With a fresh and empty place; the old one is terminated. */
  async #replaced(lecture: LectureRow): Promise<LectureRow> {
    const old = placeOf(lecture);
    if (old !== undefined) await this.#places(old.uploadProtocol).remove(old);
    return this.#change(lecture, { status: "uploading", errorMessage: null, ...(await this.#newPlace(lecture.uploadProtocol, lecture.sizeBytes)) });
  }

  /** Parts need a size that is known beforehand; the store takes the load off this backend, so they come first. */
  #protocolFor({ accepts, sizeBytes }: Registration): UploadProtocol {
    if (this.#parts.parts !== undefined && accepts.includes("presigned") && sizeBytes !== null && sizeBytes > 0) return "presigned";
    if (accepts.includes("tus")) return "tus";
    const ways = this.#parts.parts === undefined ? "tus only" : "tus, or in presigned parts where size_bytes is told";
    throw new ApiError(422, "no_common_upload", `This backend takes uploads by ${ways}.`);
  }

  #newPlace(protocol: UploadProtocol, sizeBytes: number | null): Promise<UploadPlace> {
    return protocol === "tus" ? this.#parts.uploads.create(sizeBytes) : this.#store().create(sizeBytes ?? 0);
  }

  #places(protocol: UploadProtocol): UploadPlaces {
    return protocol === "tus" ? this.#parts.uploads : this.#store();
  }

  #store(): PartSpace {
    if (this.#parts.parts === undefined) throw new Error("a lecture is in an object store, and none is configured");
    return this.#parts.parts;
  }

  /** POST `complete_url`: names the parts that were sent. */
  async #join(request: WireRequest, lecture: LectureRow): Promise<Answer> {
    const parts = sentParts(await fieldsOf(request));
    const place = placeOf(lecture);
    if (place?.uploadProtocol !== "presigned") throw new ApiError(404, "not_found", "This lecture is not uploaded in parts.");
    await this.#store().join(place, parts);
    return json(200, lectureBody(await this.#change(lecture, { s3UploadId: null })));
  }

  async #complete(request: WireRequest, lecture: LectureRow): Promise<Answer> {
    const claimed = completion(await fieldsOf(request));
    if (lecture.status === "ready") {
      if (lecture.sha256 !== claimed.sha256 || lecture.sizeBytes !== claimed.sizeBytes) throw digestMismatch("The lecture is complete already, with another content.");
      return json(200, lectureBody(lecture));
    }
    const place = placeOf(lecture);
    if (place === undefined) throw new ApiError(409, "no_upload", "There is no upload to complete; ask for a place first.");
    const arrived = await this.#places(place.uploadProtocol).digest(place);
    if (arrived.bytes !== claimed.sizeBytes) throw digestMismatch(`${String(arrived.bytes)} bytes have arrived, not ${String(claimed.sizeBytes)}.`);
    if (arrived.sha256 !== claimed.sha256) throw digestMismatch("What arrived has another SHA-256.");
    if (place.uploadProtocol === "tus") await this.#parts.uploads.keep(place, this.#audioFile(lecture));
    return json(200, lectureBody(await this.#change(lecture, { status: "ready", errorMessage: null, sizeBytes: arrived.bytes, sha256: arrived.sha256 })));
  }

  async #freshUpload(request: WireRequest, lecture: LectureRow): Promise<Answer> {
    request.body.resume();
    if (lecture.status === "ready") throw new ApiError(409, "already_ready", "The lecture is complete already.");
    return json(200, { upload: await this.#uploadOf(await this.#replaced(lecture)) });
  }

  async #lecture(request: WireRequest, lecture: LectureRow): Promise<Answer> {
    switch (request.method) {
      case "GET":
        return json(200, lectureBody(lecture));
      case "PATCH":
        return json(200, lectureBody(await this.#change(lecture, report(await fieldsOf(request)))));
      case "DELETE":
        return this.#remove(lecture);
      default:
        throw new ApiError(405, "method_not_allowed", "A lecture knows GET, PATCH and DELETE.", { allow: "GET, PATCH, DELETE" });
    }
  }

  async #remove(lecture: LectureRow): Promise<Answer> {
    await this.#parts.table.remove(lecture.id);
    const place = placeOf(lecture);
    if (place !== undefined) await this.#places(place.uploadProtocol).remove(place);
    await rm(this.#audioFile(lecture), { force: true });
    await this.#parts.captions.remove(lecture.id);
    return { status: 204, headers: {}, body: Buffer.alloc(0) };
  }

  async #audio(request: WireRequest, lecture: LectureRow): Promise<Answer> {
    if (request.method !== "GET" && request.method !== "HEAD") throw new ApiError(405, "method_not_allowed", "Audio is read with GET.", { allow: "GET, HEAD" });
    const place = placeOf(lecture);
    if (lecture.status === "ready" && place?.uploadProtocol === "presigned") return redirect(await this.#store().audioUrl(place));
    const file = this.#audioFile(lecture);
    const found = await stat(file).catch(() => undefined);
    if (found === undefined || lecture.sha256 === null) throw new ApiError(404, "not_found", "The lecture has no audio yet.");
    return serveResource(request, { content: { file }, size: found.size, type: lecture.mimeType, etag: `"${lecture.sha256}"`, lastModified: found.mtime });
  }

  /** What was said: taken at any time, best before `complete`, with which the transcribing would begin. */
  async #captions(request: WireRequest, lecture: LectureRow): Promise<Answer> {
    const { captions, acceptsCaptions } = this.#parts;
    if (!acceptsCaptions()) throw new ApiError(404, "not_found", "This backend takes no captions.");
    if (request.method === "POST") return json(201, { language: await captions.take(request, lecture.id) });
    if (request.method !== "GET") throw new ApiError(405, "method_not_allowed", "Captions know GET and POST.", { allow: "GET, POST" });
    return json(200, { captions: [...(await captions.of(lecture.id))].map(([language, text]) => ({ language, text })) });
  }

  /** The tus part: an upload's address is a secret, and still only its owner may use it. */
  async #upload(request: WireRequest, owner: string): Promise<Answer> {
    const id = request.path.slice(UPLOAD_PATH.length + 1);
    const lecture = await this.#parts.table.byUpload(owner, id);
    if (lecture === undefined) throw new ApiError(404, "not_found", "There is no such upload.", { "tus-resumable": "1.0.0" });
    return this.#parts.uploads.handle(request, id);
  }

  async #change(lecture: LectureRow, change: Parameters<LectureTable["change"]>[1]): Promise<LectureRow> {
    const changed = await this.#parts.table.change(lecture.id, change);
    if (changed === undefined) throw lectureMissing();
    return changed;
  }

  async #withUpload(lecture: LectureRow): Promise<unknown> {
    return { ...lectureBody(lecture), upload: await this.#uploadOf(lecture), accepts_captions: this.#parts.acceptsCaptions() };
  }

  async #uploadOf(lecture: LectureRow): Promise<unknown> {
    const place = placeOf(lecture);
    if (place === undefined) throw new Error("a lecture without a place for its upload");
    return this.#places(place.uploadProtocol).offer(place, lecture, { origin: this.#parts.origin(), foreign: this.#parts.mischief.take("foreign-upload-url")?.url });
  }

  #audioFile(lecture: LectureRow): string {
    return join(this.#parts.audioDir, lecture.id);
  }
}

/** Whom a bearer token stands for: the token itself is stored nowhere. */
export function ownerOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function lectureBody(lecture: LectureRow): Record<string, unknown> {
  return {
    id: lecture.id,
    status: lecture.status,
    title: lecture.title,
    course_id: lecture.courseId,
    source_url: lecture.sourceUrl,
    site: lecture.site,
    mime_type: lecture.mimeType,
    duration_ms: lecture.durationMs,
    size_bytes: lecture.sizeBytes,
    sha256: lecture.sha256,
    ...(lecture.errorMessage === null ? {} : { error_message: lecture.errorMessage }),
    created_at: lecture.createdAt.toISOString(),
    updated_at: lecture.updatedAt.toISOString(),
  };
}

function lectureMissing(): ApiError {
  return new ApiError(404, "not_found", "Lecture not found");
}

function digestMismatch(detail: string): ApiError {
  return new ApiError(409, "digest_mismatch", detail);
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(413, "too_large", `Audio file too large. Maximum size is ${String(Math.floor(maxBytes / 1024 ** 2))} MB`);
}
