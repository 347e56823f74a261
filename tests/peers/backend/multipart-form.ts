// A multipart/form-data body (RFC 7578) with one file in it, which goes straight to the disk.

import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Transform } from "node:stream";
import type { Readable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import busboy from "busboy";
import type { WireRequest } from "../wire/request.ts";
import { ApiError } from "./api-error.ts";

export interface FormFile {
  /** Undefined where the part named none, or an empty one. */
  readonly filename: string | undefined;
  /** Without parameters; `text/plain` where the part named none, as RFC 7578 has it. */
  readonly type: string;
  readonly bytes: number;
}

export interface MultipartForm {
  readonly fields: ReadonlyMap<string, FormField>;
  /** Undefined: no part of that name came as a file. */
  readonly file: FormFile | undefined;
}

export interface FormField {
  readonly value: string;
  readonly type: string;
}

export interface FormWishes {
  /** The part that is a file. Files of other names are read over. */
  readonly name: string;
  /** Where its bytes go. When reading throws, nothing is left there. */
  readonly path: string;
  /** One byte more, and `tooLarge` is thrown at once, while the rest is still on its way. */
  readonly maxBytes: number;
  readonly tooLarge: ApiError;
}

/** For each of the other fields (bytes); more of it is cut off. */
const FIELD_LIMIT_BYTES = 64 * 1024;
const FIELDS_LIMIT = 32;

/** Throws `tooLarge`, or 400 for a body that is no such form or breaks off. */
export async function readForm(request: WireRequest, wishes: FormWishes): Promise<MultipartForm> {
  const parser = parserFor(request);
  const fields = new Map<string, FormField>();
  let filing: Promise<FormFile> | undefined;
  parser.on("field", (name, value, { mimeType }) => void fields.set(name, { value, type: mimeType }));
  parser.on("file", (name, stream, { filename, mimeType }) => {
    if (name !== wishes.name || filing !== undefined) {
      stream.resume();
      return;
    }
    filing = keep(stream, wishes).then((bytes) => ({ filename, type: mimeType, bytes }));
    filing.catch((error: Error) => parser.destroy(error));
  });
  request.body.pipe(parser);
  try {
    await finished(parser);
    return { fields, file: await filing };
  } catch (error) {
    request.body.unpipe(parser);
    // Not before the file is closed: it would be made again.
    await filing?.catch(() => undefined);
    await rm(wishes.path, { force: true });
    throw error instanceof ApiError ? error : unreadable();
  }
}

function parserFor(request: WireRequest): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, defParamCharset: "utf8", limits: { fieldSize: FIELD_LIMIT_BYTES, fields: FIELDS_LIMIT, files: 2 } });
  } catch {
    throw unreadable();
  }
}

/** Answers how many bytes there were. */
async function keep(stream: Readable, wishes: FormWishes): Promise<number> {
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > wishes.maxBytes ? wishes.tooLarge : null, chunk);
    },
  });
  await pipeline(stream, counted, createWriteStream(wishes.path, { mode: 0o600 }));
  return bytes;
}

function unreadable(): ApiError {
  return new ApiError(400, "bad_request", "There was an error parsing the body");
}
