// Captions of lectures, one text for each language: what spares a backend the transcribing.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bodyBytes } from "../wire/request.ts";
import type { WireRequest } from "../wire/request.ts";
import { ApiError } from "./api-error.ts";

const LIMIT_BYTES = 8 * 1024 ** 2;
const TYPES: ReadonlySet<string> = new Set(["application/x-subrip", "text/srt"]);
const CUE = /^\d+\r?\n\d{2,}:\d\d:\d\d,\d{3} --> \d{2,}:\d\d:\d\d,\d{3}\r?\n\S/m;
const ENDING = ".srt";

export class CaptionsShelf {
  readonly #dir: string;

  /** `dir`: made when it is needed. */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Takes the body of a POST; those of the same language are replaced. Gives the language. Throws ApiError. */
  async take(request: WireRequest, lecture: string): Promise<string> {
    const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
    if (!TYPES.has(type)) throw new ApiError(415, "bad_content_type", "Captions have the content type application/x-subrip.");
    const language = request.headers["content-language"] ?? "";
    if (!/^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*$/.test(language)) throw new ApiError(422, "invalid", "The header Content-Language must be one language as BCP 47 writes it.");
    const text = await bodyBytes(request, LIMIT_BYTES).catch(() => Promise.reject(new ApiError(413, "too_large", "Captions are at most 8 MB.")));
    if (!CUE.test(text.toString("utf8"))) throw new ApiError(422, "invalid", "The body must be SubRip text with at least one caption.");
    await mkdir(this.#folder(lecture), { recursive: true, mode: 0o700 });
    await writeFile(join(this.#folder(lecture), language + ENDING), text);
    return language;
  }

  /** Text by language. */
  async of(lecture: string): Promise<Map<string, string>> {
    const names = await readdir(this.#folder(lecture)).catch(() => []);
    const texts = names.sort().map(async (name): Promise<[string, string]> => [name.slice(0, -ENDING.length), await readFile(join(this.#folder(lecture), name), "utf8")]);
    return new Map(await Promise.all(texts));
  }

  async remove(lecture: string): Promise<void> {
    await rm(this.#folder(lecture), { recursive: true, force: true });
  }

  #folder(lecture: string): string {
    return join(this.#dir, lecture);
  }
}
