// Where one lecture's upload lives, as its row remembers it, and what each kind of such a place can do.

import type { LectureRow } from "./lecture-table.ts";

export const UPLOAD_PROTOCOLS = ["tus", "presigned"] as const;
export type UploadProtocol = (typeof UPLOAD_PROTOCOLS)[number];

export interface UploadPlace {
  readonly uploadProtocol: UploadProtocol;
  /** Not to be guessed: it is the secret part of an address. */
  readonly uploadId: string;
  /** Presigned parts alone: null once they are joined. */
  readonly s3UploadId: string | null;
  /** Presigned parts alone: the size of each but the last. */
  readonly partBytes: number | null;
}

export interface Arrived {
  readonly bytes: number;
  /** lower-case hex */
  readonly sha256: string;
}

export interface OwnAddress {
  /** Before the path. */
  readonly origin: string;
  /** On order: somebody else's address instead of ours. */
  readonly foreign: string | undefined;
}

export interface UploadPlaces {
  /** Whether bytes can still be put there. */
  isOpen(place: UploadPlace): Promise<boolean>;
  /** What was there is gone, and so is the address. Nothing happens when it is gone already. */
  remove(place: UploadPlace): Promise<void>;
  /** What has arrived so far. Throws ApiError: 404 when the place is gone. */
  digest(place: UploadPlace): Promise<Arrived>;
  /** The `upload` of an answer. */
  offer(place: UploadPlace, lecture: LectureRow, address: OwnAddress): Promise<object>;
}

/** The place of a lecture that has one. */
export function placeOf({ uploadProtocol, uploadId, s3UploadId, partBytes }: LectureRow): UploadPlace | undefined {
  return uploadId === null ? undefined : { uploadProtocol, uploadId, s3UploadId, partBytes };
}
