// The table of lectures.

import { randomUUID } from "node:crypto";
import { dateOf, numberOf, textOf } from "./database.ts";
import type { Database, Row } from "./database.ts";
import { UPLOAD_PROTOCOLS } from "./upload-place.ts";
import type { UploadPlace, UploadProtocol } from "./upload-place.ts";

export const STATUSES = ["pending", "downloading", "uploading", "ready", "failed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

/** What a machine tells when it registers a lecture. */
export interface LectureFacts {
  readonly courseId: string | null;
  readonly title: string;
  readonly sourceUrl: string;
  readonly site: string;
  readonly mimeType: string;
  readonly durationMs: number | null;
  readonly sizeBytes: number | null;
}

export interface LectureRow extends LectureFacts {
  readonly id: string;
  readonly status: Status;
  /** lower-case hex, once it is ready */
  readonly sha256: string | null;
  readonly errorMessage: string | null;
  readonly uploadProtocol: UploadProtocol;
  readonly uploadId: string | null;
  readonly s3UploadId: string | null;
  readonly partBytes: number | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface LectureChange {
  readonly status?: Status;
  readonly errorMessage?: string | null;
  readonly uploadProtocol?: UploadProtocol;
  readonly uploadId?: string;
  readonly s3UploadId?: string | null;
  readonly partBytes?: number | null;
  readonly sizeBytes?: number;
  readonly sha256?: string;
}

const COLUMN = { status: "status", errorMessage: "error_message", uploadProtocol: "upload_protocol", uploadId: "upload_id", s3UploadId: "s3_upload_id", partBytes: "part_bytes", sizeBytes: "size_bytes", sha256: "sha256" } as const;

export class LectureTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Undefined when the key has been used before: then `byKey` has the row. Two at once never make two. */
  async insert(owner: string, key: string, facts: LectureFacts, place: UploadPlace): Promise<LectureRow | undefined> {
    const rows = await this.#database.query(
      `insert into lectures (id, owner, idempotency_key, status, course_id, title, source_url, site, mime_type, duration_ms, size_bytes, upload_protocol, upload_id, s3_upload_id, part_bytes)
       values ($1, $2, $3, 'uploading', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
       on conflict (owner, idempotency_key) do nothing returning *`,
      [randomUUID(), owner, key, facts.courseId, facts.title, facts.sourceUrl, facts.site, facts.mimeType, facts.durationMs, facts.sizeBytes, place.uploadProtocol, place.uploadId, place.s3UploadId, place.partBytes],
    );
    return rows.map(lectureRow)[0];
  }

  async byKey(owner: string, key: string): Promise<LectureRow | undefined> {
    return (await this.#database.query("select * from lectures where owner = $1 and idempotency_key = $2", [owner, key])).map(lectureRow)[0];
  }

  async byId(owner: string, id: string): Promise<LectureRow | undefined> {
    return (await this.#database.query("select * from lectures where owner = $1 and id = $2", [owner, id])).map(lectureRow)[0];
  }

  /** By the address of a tus upload. */
  async byUpload(owner: string, uploadId: string): Promise<LectureRow | undefined> {
    return (await this.#database.query("select * from lectures where owner = $1 and upload_id = $2 and upload_protocol = 'tus'", [owner, uploadId])).map(lectureRow)[0];
  }

  /** The site of what was registered from this page; undefined where nothing was. */
  async siteOfSource(owner: string, sourceUrl: string): Promise<string | undefined> {
    const [row] = await this.#database.query("select site from lectures where owner = $1 and source_url = $2 order by created_at desc limit 1", [owner, sourceUrl]);
    return row === undefined ? undefined : String(row["site"]);
  }

  /** The site of what was registered last. */
  async newestSite(owner: string): Promise<string | undefined> {
    const [row] = await this.#database.query("select site from lectures where owner = $1 order by created_at desc limit 1", [owner]);
    return row === undefined ? undefined : String(row["site"]);
  }

  async change(id: string, change: LectureChange): Promise<LectureRow | undefined> {
    const entries = Object.entries(change) as [keyof LectureChange, unknown][];
    const sets = entries.map(([name], at) => `${COLUMN[name]} = $${String(at + 2)}`);
    const rows = await this.#database.query(`update lectures set ${[...sets, "updated_at = now()"].join(", ")} where id = $1 returning *`, [id, ...entries.map(([, value]) => value)]);
    return rows.map(lectureRow)[0];
  }

  async remove(id: string): Promise<void> {
    await this.#database.query("delete from lectures where id = $1", [id]);
  }

  async all(): Promise<LectureRow[]> {
    return (await this.#database.query("select * from lectures order by created_at, id")).map(lectureRow);
  }
}

function lectureRow(row: Row): LectureRow {
  return {
    id: String(row["id"]),
    status: STATUSES.find((status) => status === row["status"]) ?? "failed",
    courseId: textOf(row["course_id"]),
    title: String(row["title"]),
    sourceUrl: String(row["source_url"]),
    site: String(row["site"]),
    mimeType: String(row["mime_type"]),
    durationMs: numberOf(row["duration_ms"]),
    sizeBytes: numberOf(row["size_bytes"]),
    sha256: textOf(row["sha256"]),
    errorMessage: textOf(row["error_message"]),
    uploadProtocol: UPLOAD_PROTOCOLS.find((protocol) => protocol === row["upload_protocol"]) ?? "tus",
    uploadId: textOf(row["upload_id"]),
    s3UploadId: textOf(row["s3_upload_id"]),
    partBytes: numberOf(row["part_bytes"]),
    createdAt: dateOf(row["created_at"]),
    updatedAt: dateOf(row["updated_at"]),
  };
}
