// What happens to a lecture of the plain form once it is here. A real backend transcribes; this one goes as tests order,
// by events and never by time: each question for the status is a step, and an end can be held back.

import { rm } from "node:fs/promises";
import type { FormLecture, FormLectureTable, FormStatus } from "./form-lecture-table.ts";

/** `gone`: the pipeline fails, and as StudyBuddy's does it deletes the row; no status ever tells. */
export type Ending = "completed" | "gone";

export interface Processing {
  /** What successive questions for the status are answered before the end. */
  readonly shown: readonly Exclude<FormStatus, "completed">[];
  /** `held`: stays as it was last shown until `finish`. */
  readonly end: Ending | "held";
}

const USUAL: Processing = { shown: ["pending", "downloading"], end: "completed" };

export class Pipeline {
  readonly #table: FormLectureTable;
  readonly #audioFile: (id: string) => string;
  readonly #ordered: Processing[] = [];
  readonly #running = new Map<string, { readonly shown: Exclude<FormStatus, "completed">[]; readonly end: Processing["end"] }>();

  constructor(table: FormLectureTable, audioFile: (id: string) => string) {
    this.#table = table;
    this.#audioFile = audioFile;
  }

  /** How the next lecture that is created goes; without an order it is pending, then downloading, then completed. */
  order(processing: Processing, times = 1): void {
    for (let n = 0; n < times; n += 1) this.#ordered.push(processing);
  }

  /** Ends a lecture now, held or not. */
  async finish(id: string, end: Ending): Promise<void> {
    this.#running.delete(id);
    if (end === "completed") return this.#table.setStatus(id, "completed");
    await this.#table.remove(id);
    await rm(this.#audioFile(id), { force: true });
  }

  /** A lecture has been created. */
  begin(id: string): void {
    const { shown, end } = this.#ordered.shift() ?? USUAL;
    this.#running.set(id, { shown: [...shown], end });
  }

  /** A question for the status: one step on. Undefined when the lecture is gone. */
  async step(lecture: FormLecture): Promise<FormLecture | undefined> {
    if (lecture.status === "completed") return lecture;
    // Of a lecture from before a restart nothing is known: it goes the usual way from its end.
    const { shown, end } = this.#running.get(lecture.id) ?? { shown: [], end: USUAL.end };
    const next = shown.shift();
    if (next !== undefined) await this.#table.setStatus(lecture.id, next);
    else if (end !== "held") await this.finish(lecture.id, end);
    return this.#table.byId(lecture.id);
  }

  clear(): void {
    this.#ordered.length = 0;
  }
}
