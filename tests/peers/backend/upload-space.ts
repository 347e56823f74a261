// Where uploads arrive: tus 1.0.0 by @tus/server, at addresses that cannot be guessed. Creation is not among the methods:
// the lecture's own POST makes the place.

import { createHash, randomBytes } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { link, mkdir, open, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { Readable, pipeline as passThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FileStore } from "@tus/file-store";
import { Server, Upload } from "@tus/server";
import type { Answer, HeaderValue } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";
import type { WireRequest } from "../wire/request.ts";
import { ApiError } from "./api-error.ts";
import { CHECKSUM_ALGORITHMS, checkedPart } from "./checksum.ts";
import type { LectureRow } from "./lecture-table.ts";
import type { MischiefPlan } from "./mischief.ts";
import { RunningDigest } from "./running-digest.ts";
import type { Arrived, OwnAddress, UploadPlace, UploadPlaces } from "./upload-place.ts";

export const UPLOAD_PATH = "/api/uploads";

/** At once, where a whole recording is read: in small pieces most of the time goes into the turns between them. */
const READ_BYTES = 1024 * 1024;

export interface UploadSpaceOptions {
  /** A folder of its own. */
  readonly dir: string;
  readonly maxBytes: number;
  /** An upload that is not finished by then is gone (ms). */
  readonly expiresAfterMs: number;
  readonly mischief: MischiefPlan;
}

export class UploadSpace implements UploadPlaces {
  readonly #options: UploadSpaceOptions;
  readonly #store: FileStore;
  readonly #tus: Server;
  /** By upload; of those that this process has seen from their first byte on. */
  readonly #digests = new Map<string, RunningDigest>();

  private constructor(options: UploadSpaceOptions) {
    this.#options = options;
    this.#store = new FileStore({ directory: options.dir, expirationPeriodInMilliseconds: options.expiresAfterMs });
    this.#tus = new Server({ path: UPLOAD_PATH, datastore: this.#store, maxSize: options.maxBytes, lockDrainTimeout: 500 });
  }

  static async open(options: UploadSpaceOptions): Promise<UploadSpace> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    return new UploadSpace(options);
  }

  /** An empty place; its id is the secret part of its address. Without a size, the client declares it while uploading. */
  async create(sizeBytes: number | null): Promise<UploadPlace> {
    const id = randomBytes(32).toString("base64url");
    const creation = new Date().toISOString();
    await this.#store.create(new Upload({ id, offset: 0, creation_date: creation, ...(sizeBytes === null ? {} : { size: sizeBytes }) }));
    this.#digests.set(id, new RunningDigest());
    return { uploadProtocol: "tus", uploadId: id, s3UploadId: null, partBytes: null };
  }

  offer(place: UploadPlace, _lecture: LectureRow, { origin, foreign }: OwnAddress): Promise<object> {
    return Promise.resolve({ protocol: "tus", url: foreign ?? `${origin}${UPLOAD_PATH}/${place.uploadId}` });
  }

  isOpen(place: UploadPlace): Promise<boolean> {
    return this.#store.getUpload(place.uploadId).then(
      () => true,
      () => false,
    );
  }

  async remove(place: UploadPlace): Promise<void> {
    await this.#forget(place.uploadId);
  }

  async removeExpired(): Promise<number> {
    const removed = await this.#tus.cleanUpExpiredUploads();
    for (const id of this.#digests.keys()) if (!existsSync(this.#file(id))) this.#digests.delete(id);
    return removed;
  }

  async digest(place: UploadPlace): Promise<Arrived> {
    const file = this.#file(place.uploadId);
    const found = await stat(file).catch(() => undefined);
    if (found === undefined) throw new ApiError(404, "not_found", "This upload is gone; ask for a new one.");
    const isFlipped = this.#options.mischief.take("flip-stored") !== undefined;
    if (isFlipped) await flipByte(file, Math.floor(found.size / 2));
    const running = this.#digests.get(place.uploadId);
    if (running?.bytes === found.size && !isFlipped) return { bytes: found.size, sha256: running.sha256() };
    const digest = createHash("sha256");
    await pipeline(createReadStream(file, { highWaterMark: READ_BYTES }), digest);
    return { bytes: found.size, sha256: digest.digest("hex") };
  }

  /** Gives what has arrived a second name, which outlives the upload. */
  async keep(place: UploadPlace, file: string): Promise<void> {
    await rm(file, { force: true });
    await link(this.#file(place.uploadId), file);
  }

  /** HEAD, PATCH, DELETE and OPTIONS at an upload's address. */
  async handle(request: WireRequest, id: string): Promise<Answer> {
    if (!["HEAD", "PATCH", "DELETE", "OPTIONS"].includes(request.method)) throw new ApiError(405, "method_not_allowed", "An upload knows HEAD, PATCH, DELETE and OPTIONS.", { allow: "HEAD, PATCH, DELETE, OPTIONS" });
    if (request.method === "HEAD" || request.method === "PATCH") await this.#makeMischief(id);
    if (request.method === "PATCH" && request.headers["content-type"] !== "application/offset+octet-stream") {
      throw new ApiError(415, "bad_content_type", "A part has the content type application/offset+octet-stream.");
    }
    const part = request.method === "PATCH" ? ((await checkedPart(request)) ?? request.body) : undefined;
    const answer = part === undefined ? await this.#ask(request, undefined) : await this.#append(request, id, part);
    return request.method === "OPTIONS" ? withChecksum(answer) : this.#withRaisedOffset(request, answer);
  }

  /** Stores a part, and reckons it into the upload's digest while it passes. */
  async #append(request: WireRequest, id: string, part: Buffer | Readable): Promise<Answer> {
    const digest = this.#digests.get(id);
    if (digest === undefined) return this.#ask(request, part);
    const passing = passThrough(Readable.from(part), digest.passage(), () => undefined);
    const answer = await this.#ask(request, passing);
    // A refused part, one sent twice at once, or one behind bytes that were lost: the file is read at the end.
    if (answer.headers["upload-offset"] !== String(digest.bytes)) this.#digests.delete(id);
    return answer;
  }

  async #ask(request: WireRequest, part: Buffer | Readable | undefined): Promise<Answer> {
    const init: RequestInit = { method: request.method, headers: request.headers };
    // A cut connection ends the stream early and without an error: what arrived until then is kept, as tus wants it.
    const body = part === undefined ? {} : { body: Buffer.isBuffer(part) ? part : Readable.toWeb(part), duplex: "half" };
    const response = await this.#tus.handleWeb(new Request(`http://backend${request.target}`, { ...init, ...body } as RequestInit));
    return answerOf(response);
  }

  async #makeMischief(id: string): Promise<void> {
    const { mischief } = this.#options;
    const lose = mischief.take("lose-bytes");
    if (lose !== undefined) {
      const { size } = await stat(this.#file(id));
      await truncate(this.#file(id), Math.max(0, size - lose.bytes));
    }
    const forget = mischief.take("forget-upload");
    if (forget?.status === 404) await this.#forget(id);
    // Without its file, but with its record, the store says 410.
    if (forget?.status === 410) await rm(this.#file(id), { force: true });
  }

  #withRaisedOffset(request: WireRequest, answer: Answer): Answer {
    const raise = request.method === "HEAD" ? this.#options.mischief.take("raise-offset") : undefined;
    if (raise === undefined) return answer;
    return { ...answer, headers: { ...answer.headers, "upload-offset": String(Number(answer.headers["upload-offset"]) + raise.bytes) } };
  }

  async #forget(id: string): Promise<void> {
    this.#digests.delete(id);
    await this.#store.remove(id).catch(() => undefined);
  }

  #file(id: string): string {
    return join(this.#options.dir, id);
  }
}

const KINDS: Readonly<Record<number, string>> = {
  404: "not_found",
  409: "offset_mismatch",
  410: "gone",
  412: "bad_protocol",
  413: "too_large",
  423: "locked",
};

/** tus' own refusals are bare text; here every refusal has a sentence and a word. */
async function answerOf(response: Response): Promise<Answer> {
  const headers: Record<string, HeaderValue> = {};
  response.headers.forEach((value, name) => {
    // Neither may stand in an HTTP/2 answer, or is the sender's to say.
    if (name !== "connection" && name !== "content-length") headers[name] = value;
  });
  const text = await response.text();
  if (response.status < 400) return { status: response.status, headers, body: Buffer.from(text) };
  const detail = text.trim() === "" ? "The upload cannot go on like this." : text.trim();
  return json(response.status, { detail, kind: KINDS[response.status] ?? (response.status < 500 ? "bad_request" : "internal") }, withoutType(headers));
}

function withoutType(headers: Readonly<Record<string, HeaderValue>>): Record<string, HeaderValue> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "content-type"));
}

function withChecksum(answer: Answer): Answer {
  const extensions = String(answer.headers["tus-extension"] ?? "")
    .split(",")
    .filter((name) => name !== "" && name !== "creation" && name !== "creation-with-upload");
  return { ...answer, headers: { ...answer.headers, "tus-extension": [...extensions, "checksum"].join(","), "tus-checksum-algorithm": CHECKSUM_ALGORITHMS.join(",") } };
}

async function flipByte(file: string, at: number): Promise<void> {
  const handle = await open(file, "r+");
  try {
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, at);
    await handle.write(Buffer.from([byte.readUInt8(0) ^ 1]), 0, 1, at);
  } finally {
    await handle.close();
  }
}
