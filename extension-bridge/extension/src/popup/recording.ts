// A recording on its way into the popup: asked of the background piece by piece, and put together.
import { readRecording, type AskForAudio, type ErrorKind } from "@auricle/bridge";
import { api } from "../shared/browser.ts";
import type { AudioAnswer, AudioCall } from "../shared/wire.ts";

/** So much is held in memory before the browser may put it elsewhere, bytes. */
const FOLD_BYTES = 8_000_000;

/** Why it cannot be heard; the message is for the person. */
export class NotHeard extends Error {
  override readonly name = "NotHeard";
  /** Of the program's refusal, where it was that. */
  readonly kind: ErrorKind | undefined;

  constructor(said: string, kind?: ErrorKind) {
    super(said);
    this.kind = kind;
  }
}

const askBackground: AskForAudio = async (params) => {
  const call: AudioCall = { call: "audio", ...params };
  const answer = (await api.runtime.sendMessage<AudioCall, AudioAnswer | undefined>(call)) ?? { said: "Auricle was interrupted. Try again." };
  if ("piece" in answer) return answer.piece;
  throw new NotHeard(answer.said, answer.kind);
};

export class Recording {
  readonly #id: string;
  readonly #ask: AskForAudio;
  #whole = new Blob();
  #parts: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes that are there. */
  #done = 0;
  #facts: { total: number; mimeType: string } | null = null;

  constructor(id: string, ask: AskForAudio = askBackground) {
    this.#id = id;
    this.#ask = ask;
  }

  /** All of it. After a failure the next call goes on from what is there. `progress`: bytes, done and of the whole. */
  async load(progress: (done: number, total: number) => void, signal: AbortSignal): Promise<Blob> {
    for await (const { bytes, total, mimeType } of readRecording(this.#ask, this.#id, { from: this.#done, signal })) {
      if (this.#facts && (this.#facts.total !== total || this.#facts.mimeType !== mimeType)) {
        this.#forget();
        return this.load(progress, signal);
      }
      this.#facts = { total, mimeType };
      this.#take(bytes);
      progress(this.#done, total);
    }
    return new Blob([this.#whole, ...this.#parts], { type: this.#facts?.mimeType ?? "" });
  }

  #take(bytes: Uint8Array<ArrayBuffer>): void {
    this.#parts.push(bytes);
    this.#done += bytes.length;
    if (this.#done - this.#whole.size < FOLD_BYTES) return;
    this.#whole = new Blob([this.#whole, ...this.#parts]);
    this.#parts = [];
  }

  /** Another recording lies there now: not a byte of the old one is mixed with it. */
  #forget(): void {
    this.#whole = new Blob();
    this.#parts = [];
    this.#done = 0;
    this.#facts = null;
  }
}
