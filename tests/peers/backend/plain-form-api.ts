// The plain form: one multipart POST a lecture, as StudyBuddy's backend has it. `tests/peers/fastapi` is the same in Python.

import { randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Answer } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";
import type { WireRequest } from "../wire/request.ts";
import { ApiError, FieldFaults } from "./api-error.ts";
import type { FieldFault } from "./api-error.ts";
import type { FormFacts, FormLecture, FormLectureTable } from "./form-lecture-table.ts";
import { readForm } from "./multipart-form.ts";
import type { FormFile, MultipartForm } from "./multipart-form.ts";
import type { Pipeline } from "./pipeline.ts";
import { refuseSecrets } from "./secret-refusal.ts";

/** What a person can choose a lecture's course from. */
export interface Course {
  /** UUID */
  readonly id: string;
  readonly code: string;
  readonly title: string;
  readonly instructor: string;
}

export interface PlainFormParts {
  readonly table: FormLectureTable;
  readonly pipeline: Pipeline;
  readonly courses: readonly Course[];
  /** Where a file is kept while it arrives, and then; on one file system, and there. */
  readonly incomingDir: string;
  readonly audioFile: (id: string) => string;
  /** The largest file (bytes), itself included. */
  readonly maxBytes: number;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const LECTURE_PATH = /^\/api\/lectures\/([^/]+)(\/status)?$/;
const AUDIO_TYPE = /^(?:audio\/|video\/mp4|application\/octet-stream)/i;

export class PlainFormApi {
  readonly #parts: PlainFormParts;

  constructor(parts: PlainFormParts) {
    this.#parts = parts;
  }

  /** Undefined where the address is none of the form's, nor one of its lectures. Throws ApiError. */
  async handle(request: WireRequest, owner: string): Promise<Answer | undefined> {
    if (request.path === "/api/courses") return this.#courses(request);
    if (request.path === "/api/lectures/audio") return this.#receive(request, owner);
    const [, id, status] = LECTURE_PATH.exec(request.path) ?? [];
    if (id === undefined) return undefined;
    const lecture = UUID.test(id) ? await this.#parts.table.byId(id) : undefined;
    if (status !== undefined) return this.#status(request, lecture);
    return lecture === undefined ? undefined : this.#lecture(request, lecture, owner);
  }

  #courses(request: WireRequest): Answer {
    allow(request, "GET");
    return json(200, this.#parts.courses);
  }

  async #receive(request: WireRequest, owner: string): Promise<Answer> {
    allow(request, "POST");
    const id = randomUUID();
    const path = join(this.#parts.incomingDir, id);
    try {
      const form = await readForm(request, { name: "audio", path, maxBytes: this.#parts.maxBytes, tooLarge: tooLarge(this.#parts.maxBytes) });
      const { facts, file } = judged(form);
      await rename(path, this.#parts.audioFile(id));
      const { lecture, created } = await this.#parts.table.add({ ...facts, id, owner, mimeType: file.type, sizeBytes: file.bytes });
      if (created) this.#parts.pipeline.begin(id);
      else await rm(this.#parts.audioFile(id));
      return json(200, { lecture_id: lecture.id, status: lecture.status, created });
    } finally {
      await rm(path, { force: true });
    }
  }

  async #status(request: WireRequest, lecture: FormLecture | undefined): Promise<Answer> {
    allow(request, "GET");
    const now = lecture === undefined ? undefined : await this.#parts.pipeline.step(lecture);
    if (now === undefined) throw lectureMissing();
    return json(200, { lecture_id: now.id, status: now.status, error_message: null, duration_seconds: now.durationSeconds });
  }

  async #lecture(request: WireRequest, lecture: FormLecture, owner: string): Promise<Answer> {
    if (request.method === "GET") return json(200, lectureBody(lecture));
    allow(request, "DELETE", "GET");
    if (lecture.owner !== owner) throw lectureMissing();
    await this.#parts.pipeline.finish(lecture.id, "gone");
    return { status: 204, headers: {}, body: Buffer.alloc(0) };
  }
}

/** In FastAPI's order: first whether the parts are there, then what the service itself looks at. */
function judged({ fields, file }: MultipartForm): { readonly facts: FormFacts; readonly file: FormFile } {
  refuseSecrets(Object.fromEntries([...fields].map(([name, { value }]) => [name, parsed(value) ?? value])));
  const metadata = fields.get("metadata")?.value;
  const nameless = fields.get("audio");
  const faults: FieldFault[] = [];
  // A part with a type of its own and no name is a file that lacks one; without a type it is just text.
  if (file === undefined && nameless === undefined) faults.push(missing("audio"));
  else if (file === undefined && nameless?.type === "text/plain") faults.push({ type: "value_error", loc: ["body", "audio"], msg: "Value error, Expected UploadFile, received: <class 'str'>", input: nameless.value });
  if (metadata === undefined) faults.push(missing("metadata"));
  if (faults.length > 0 || metadata === undefined) throw new FieldFaults(faults);

  const facts = factsOf(metadata);
  if (file?.filename === undefined) throw new ApiError(400, "invalid", "Audio file must have a filename");
  if (!AUDIO_TYPE.test(file.type)) throw new ApiError(400, "invalid", `Invalid audio content type: ${file.type}`);
  return { facts, file };
}

function factsOf(metadata: string): FormFacts {
  const value = parsed(metadata);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalidMetadata("it is no JSON object");
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { session_id: sessionId, course_id: courseId, title, duration, source_url: sourceUrl } = fields;
  if (typeof sessionId !== "string" || sessionId.trim() === "") throw invalidMetadata("session_id must not be blank");
  if (typeof courseId !== "string" || !UUID.test(courseId)) throw invalidMetadata("course_id must be a UUID");
  if (typeof title !== "string" || title.trim() === "") throw invalidMetadata("title must not be blank");
  if (typeof sourceUrl !== "string" || !/^https?:\/\//.test(sourceUrl) || !URL.canParse(sourceUrl)) throw invalidMetadata("source_url must be an http or https address");
  if (duration != null && (typeof duration !== "number" || duration < 0)) throw invalidMetadata("duration must be a number of seconds");
  return { sessionId, courseId: courseId.toLowerCase(), title, durationSeconds: duration ?? null, sourceUrl };
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function lectureBody(lecture: FormLecture): unknown {
  return {
    id: lecture.id,
    course_id: lecture.courseId,
    panopto_session_id: lecture.sessionId,
    panopto_url: lecture.sourceUrl,
    stream_url: "audio_podcast",
    title: lecture.title,
    duration_seconds: lecture.durationSeconds,
    status: lecture.status,
    error_message: null,
    created_at: lecture.createdAt.toISOString(),
    updated_at: lecture.updatedAt.toISOString(),
  };
}

/** The methods of an address, the usual one first. */
function allow(request: WireRequest, ...methods: readonly string[]): void {
  if (!methods.includes(request.method)) throw new ApiError(405, "method_not_allowed", "Method Not Allowed", { allow: methods.join(", ") });
}

function missing(name: string): FieldFault {
  return { type: "missing", loc: ["body", name], msg: "Field required", input: null };
}

function invalidMetadata(why: string): ApiError {
  return new ApiError(400, "invalid", `Invalid metadata: ${why}`);
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(413, "too_large", `Audio file too large. Maximum size is ${String(Math.floor(maxBytes / 1024 ** 2))} MB`);
}

function lectureMissing(): ApiError {
  return new ApiError(404, "not_found", "Lecture not found");
}
