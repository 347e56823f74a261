// What a capture delivered, read piece by piece from the folder or the backend where it lies.
import { fromBase64 } from "./base64.ts";
import { HostError } from "./errors.ts";
import type { CaptureAudioParams, CaptureAudioResult } from "./protocol.ts";

export interface AudioPiece {
  /** Of its first byte in the recording. */
  offset: number;
  /** One byte at least, unless `offset` is the recording's end. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Bytes of the whole recording. */
  total: number;
  /** Without parameters, e.g. `audio/mp4`. */
  mimeType: string;
}

export interface PieceOptions {
  /** Of the first byte that is wanted. Default 0. */
  offset?: number;
  /** At most so many bytes. Left out, or larger: as many as the host puts into one reply, some 700 KiB. */
  length?: number;
  /** Aborting it fails what is under way with the signal's reason. */
  signal?: AbortSignal;
}

export interface RecordingOptions {
  /** Where to begin, bytes: how much of it is there already. Default 0. */
  from?: number;
  /** How many pieces are asked for before the first of them has come. Default 3. */
  ahead?: number;
  /** Aborting it ends the reading with the signal's reason. */
  signal?: AbortSignal;
}

/** How the host is asked: `capture.audio` over whatever way there is. */
export type AskForAudio = (params: CaptureAudioParams) => Promise<CaptureAudioResult>;

function changed(): HostError {
  return new HostError({ code: -32000, message: "The recording was replaced while it was read. Begin again.", data: { kind: "not_found", retryable: false } });
}

/** What `work` gives, unless the signal is aborted first. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** One piece. Fails as `ask` does. */
export async function readPiece(ask: AskForAudio, id: string, { offset = 0, length, signal }: PieceOptions = {}): Promise<AudioPiece> {
  signal?.throwIfAborted();
  const { data, ...said } = await unlessAborted(ask({ id, offset, ...(length === undefined ? {} : { length }) }), signal);
  const bytes = fromBase64(data);
  // It would be asked for without an end.
  if (bytes.length === 0 && offset < said.total) throw changed();
  return { ...said, bytes };
}

/** The pieces from `from` to the end, in order and without a gap. */
export async function* readRecording(ask: AskForAudio, id: string, { from = 0, ahead = 3, signal }: RecordingOptions = {}): AsyncGenerator<AudioPiece, void, undefined> {
  const options = signal ? { signal } : {};
  const first = await readPiece(ask, id, { offset: from, ...options });
  yield first;
  const length = first.bytes.length;
  const asked: Promise<AudioPiece>[] = [];
  let end = from + length;
  for (let next = end; end < first.total; ) {
    for (; asked.length < ahead && next < first.total; next += length) {
      const piece = readPiece(ask, id, { offset: next, length, ...options });
      // It is waited for in its turn, and by nobody where one before it fails.
      piece.catch(() => undefined);
      asked.push(piece);
    }
    const piece = await (asked.shift() as Promise<AudioPiece>);
    if (piece.total !== first.total || piece.mimeType !== first.mimeType) throw changed();
    yield piece;
    end += piece.bytes.length;
    if (piece.bytes.length === length || end === first.total) continue;
    // It is shorter than was asked for: what follows on it has not been asked for yet.
    asked.length = 0;
    next = end;
  }
}
