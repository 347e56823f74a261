// Uploads in parts to an object store that speaks S3: addresses signed beforehand, so that no byte passes through the backend.

import { createHash, randomBytes } from "node:crypto";
import type { Readable } from "node:stream";
import { AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateMultipartUploadCommand, DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, S3Client, S3ServiceException, UploadPartCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { ApiError } from "./api-error.ts";
import type { LectureRow } from "./lecture-table.ts";
import type { MischiefPlan } from "./mischief.ts";
import type { Arrived, OwnAddress, UploadPlace, UploadPlaces } from "./upload-place.ts";

export interface ObjectStore {
  /** Such as `https://s3.eu-central-1.amazonaws.com`; the bucket stands in the path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** The size of each part but the last (bytes); 8 MiB when left out, and larger where there would be too many. S3 wants 5 MiB at least. */
  readonly partBytes?: number;
  /** How long an address is good (s); six hours when left out. */
  readonly signedForSeconds?: number;
}

/** One part, as the client says what it sent. */
export interface SentPart {
  /** From 1. */
  readonly number: number;
  /** As the store answered it. */
  readonly etag: string;
}

const PART_BYTES = 8 * 1024 ** 2;
/** S3's own limit. */
const MOST_PARTS = 10_000;
const SIGNED_FOR_SECONDS = 6 * 3600;

export class PartSpace implements UploadPlaces {
  readonly #store: ObjectStore;
  readonly #client: S3Client;
  readonly #mischief: MischiefPlan;

  constructor(store: ObjectStore, mischief: MischiefPlan) {
    this.#store = store;
    this.#mischief = mischief;
    this.#client = new S3Client({
      endpoint: store.endpoint,
      region: store.region,
      forcePathStyle: true,
      credentials: { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey },
      // Otherwise the checksum of an empty body would be signed into each part's address.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  /** Begins an upload of that many bytes; it must be more than none. */
  async create(sizeBytes: number): Promise<UploadPlace> {
    const uploadId = randomBytes(32).toString("base64url");
    const { UploadId: s3UploadId } = await this.#client.send(new CreateMultipartUploadCommand(this.#object(uploadId)));
    if (s3UploadId === undefined) throw new Error("the store began an upload and gave it no id");
    const partBytes = Math.max(this.#store.partBytes ?? PART_BYTES, Math.ceil(sizeBytes / MOST_PARTS));
    return { uploadProtocol: "presigned", uploadId, s3UploadId, partBytes };
  }

  isOpen(place: UploadPlace): Promise<boolean> {
    return Promise.resolve(place.s3UploadId !== null);
  }

  async remove(place: UploadPlace): Promise<void> {
    const object = this.#object(place.uploadId);
    const { s3UploadId } = place;
    if (s3UploadId !== null) await this.#client.send(new AbortMultipartUploadCommand({ ...object, UploadId: s3UploadId })).catch(unlessMissing);
    await this.#client.send(new DeleteObjectCommand(object)).catch(unlessMissing);
  }

  /** New addresses of the same place each time. */
  async offer(place: UploadPlace, lecture: LectureRow, { origin, foreign }: OwnAddress): Promise<object> {
    const { s3UploadId, partBytes } = place;
    const count = s3UploadId === null || partBytes === null || lecture.sizeBytes === null ? 0 : Math.ceil(lecture.sizeBytes / partBytes);
    const sign = (number: number): Promise<string> =>
      getSignedUrl(this.#client, new UploadPartCommand({ ...this.#object(place.uploadId), UploadId: s3UploadId ?? "", PartNumber: number }), { expiresIn: this.#store.signedForSeconds ?? SIGNED_FOR_SECONDS });
    const parts = await Promise.all(Array.from({ length: count }, (_, at) => sign(at + 1)));
    return { protocol: "presigned", part_bytes: partBytes, parts, complete_url: foreign ?? `${origin}/api/lectures/${lecture.id}/parts` };
  }

  /** Makes one object of the parts. Throws 404 when the upload is gone, 409 when the parts are not those that are there. */
  async join(place: UploadPlace, parts: readonly SentPart[]): Promise<void> {
    // Once is enough: whoever repeats it has not heard the answer.
    if (place.s3UploadId === null) return;
    const list = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
    try {
      await this.#client.send(new CompleteMultipartUploadCommand({ ...this.#object(place.uploadId), UploadId: place.s3UploadId, MultipartUpload: { Parts: list } }));
    } catch (error) {
      if (isMissing(error)) return this.#mustBeThere(place);
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 400) throw new ApiError(409, "parts_mismatch", "The parts that were named are not those that have arrived.");
      throw error;
    }
  }

  async digest(place: UploadPlace): Promise<Arrived> {
    if (place.s3UploadId !== null) throw new ApiError(409, "parts_not_joined", "The parts have not been joined yet: name them at complete_url first.");
    const { Body: body } = await this.#client.send(new GetObjectCommand(this.#object(place.uploadId))).catch(gone);
    const digest = createHash("sha256");
    let bytes = 0;
    let flip = this.#mischief.take("flip-stored") === undefined ? 0 : 1;
    for await (const chunk of body as Readable & AsyncIterable<Buffer>) {
      bytes += chunk.length;
      digest.update(flip === 0 ? chunk : Buffer.from(chunk).fill(chunk.readUInt8(0) ^ flip, 0, 1));
      flip = 0;
    }
    return { bytes, sha256: digest.digest("hex") };
  }

  /** Where whoever may hear the lecture gets it, for a short while. */
  audioUrl(place: UploadPlace): Promise<string> {
    return getSignedUrl(this.#client, new GetObjectCommand(this.#object(place.uploadId)), { expiresIn: 300 });
  }

  close(): void {
    this.#client.destroy();
  }

  /** The parts may have been joined though nobody heard of it. */
  async #mustBeThere(place: UploadPlace): Promise<void> {
    await this.#client.send(new HeadObjectCommand(this.#object(place.uploadId))).catch(gone);
  }

  #object(uploadId: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#store.bucket, Key: `lectures/${uploadId}` };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}

function unlessMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

function gone(error: unknown): never {
  throw isMissing(error) ? new ApiError(404, "not_found", "This upload is gone; ask for a new one.") : error;
}
