// The table of lectures that came by the plain form.

import { dateOf, numberOf } from "./database.ts";
import type { Database, Row } from "./database.ts";

export const FORM_STATUSES = ["pending", "downloading", "completed"] as const;
export type FormStatus = (typeof FORM_STATUSES)[number];

/** The form's `metadata`. */
export interface FormFacts {
  readonly sessionId: string;
  readonly courseId: string;
  readonly title: string;
  readonly durationSeconds: number | null;
  readonly sourceUrl: string;
}

export interface FormLecture extends FormFacts {
  readonly id: string;
  /** See LectureTable. */
  readonly owner: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  readonly status: FormStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type NewFormLecture = Omit<FormLecture, "status" | "createdAt" | "updatedAt">;

export class FormLectureTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `created` is false where the course has this session already: then `lecture` is the one that was there. Two at once never make two. */
  async add(made: NewFormLecture): Promise<{ readonly lecture: FormLecture; readonly created: boolean }> {
    const [row] = await this.#database.query(
      `insert into form_lectures (id, owner, course_id, session_id, title, source_url, duration_seconds, mime_type, size_bytes, status)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'pending')
       on conflict (course_id, session_id) do update set updated_at = form_lectures.updated_at returning *`,
      [made.id, made.owner, made.courseId, made.sessionId, made.title, made.sourceUrl, made.durationSeconds, made.mimeType, made.sizeBytes],
    );
    if (row === undefined) throw new Error("the database gave back no row");
    const lecture = formLecture(row);
    return { lecture, created: lecture.id === made.id };
  }

  async byId(id: string): Promise<FormLecture | undefined> {
    return (await this.#database.query("select * from form_lectures where id = $1", [id])).map(formLecture)[0];
  }

  async hasSource(owner: string, sourceUrl: string): Promise<boolean> {
    return (await this.#database.query("select 1 from form_lectures where owner = $1 and source_url = $2 limit 1", [owner, sourceUrl])).length > 0;
  }

  async setStatus(id: string, status: FormStatus): Promise<void> {
    await this.#database.query("update form_lectures set status = $2, updated_at = now() where id = $1", [id, status]);
  }

  async remove(id: string): Promise<void> {
    await this.#database.query("delete from form_lectures where id = $1", [id]);
  }

  async all(): Promise<FormLecture[]> {
    return (await this.#database.query("select * from form_lectures order by created_at, id")).map(formLecture);
  }
}

function formLecture(row: Row): FormLecture {
  return {
    id: String(row["id"]),
    owner: String(row["owner"]),
    courseId: String(row["course_id"]),
    sessionId: String(row["session_id"]),
    title: String(row["title"]),
    sourceUrl: String(row["source_url"]),
    durationSeconds: numberOf(row["duration_seconds"]),
    mimeType: String(row["mime_type"]),
    sizeBytes: Number(row["size_bytes"]),
    status: FORM_STATUSES.find((status) => status === row["status"]) ?? "pending",
    createdAt: dateOf(row["created_at"]),
    updatedAt: dateOf(row["updated_at"]),
  };
}
