// Captures: start, steer and follow them.
import { Follower, isFinal } from "./follow.ts";
import { HostError } from "./errors.ts";
import { readPiece, readRecording, type AskForAudio, type AudioPiece, type PieceOptions, type RecordingOptions } from "./recording.ts";
import type { Ask } from "./vault.ts";
import type { Capture, CaptureListResult, CaptureProgress, CaptureStartParams, PageParams } from "./protocol.ts";

/** Newest known state of a capture, for as many as a person may look at; older ones are asked for again. */
const KNOWN_LIMIT = 200;

export class Captures {
  readonly #ask: Ask;
  readonly #askForAudio: AskForAudio = (params) => this.#ask("capture.audio", params);
  readonly #known = new Map<string, Capture>();
  readonly #followers = new Map<string, Set<Follower>>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Starts a capture, or finds the one with the same `key`. */
  async start(params: CaptureStartParams): Promise<Capture> {
    return this.#learn((await this.#ask("capture.start", params)).capture);
  }

  /** One page of all captures, and where the next page begins. */
  async list(page: PageParams = {}): Promise<CaptureListResult> {
    const found = await this.#ask("capture.list", page);
    for (const capture of found.captures) this.#learn(capture);
    return found;
  }

  async get(id: string): Promise<Capture> {
    return this.#learn((await this.#ask("capture.get", { id })).capture);
  }

  async pause(id: string): Promise<Capture> {
    return this.#learn((await this.#ask("capture.pause", { id })).capture);
  }

  /** Answers when the transfer has stopped. */
  async cancel(id: string): Promise<Capture> {
    return this.#learn((await this.#ask("capture.cancel", { id })).capture);
  }

  /** Goes on from the bytes that are there. */
  async retry(id: string): Promise<Capture> {
    return this.#learn((await this.#ask("capture.retry", { id })).capture);
  }

  /** Deletes what is left of it. */
  async remove(id: string): Promise<void> {
    await this.#ask("capture.remove", { id });
    this.#known.delete(id);
  }

  /** Shows the file in the system's file manager. */
  async reveal(id: string): Promise<void> {
    await this.#ask("capture.reveal", { id });
  }

  /**
   * A piece of what a capture delivered, read from the folder or the backend where it lies. For one at a backend put its
   * token first. Throws HostError, whose message says what to do: `not_ready_yet` (it is still under way, retryable),
   * `not_found` (the file has been moved or changed, or the backend gives nothing back), `backend_unauthorized`, `bad_params`
   * (behind the end), `too_large` (the backend gives only the whole, and that is too long), `network`; and ChannelError.
   */
  audio(id: string, options: PieceOptions = {}): Promise<AudioPiece> {
    return readPiece(this.#askForAudio, id, options);
  }

  /**
   * The whole of it, from `from` on: its pieces in order and without a gap, some of them asked for ahead. Throws as `audio`
   * does, and `not_found` where it was replaced meanwhile. After a failure that may pass go on with `from`: what has come stays good.
   */
  recording(id: string, options: RecordingOptions = {}): AsyncGenerator<AudioPiece, void, undefined> {
    return readRecording(this.#askForAudio, id, options);
  }

  /**
   * What happens to a capture, beginning with how it is now, ending after `done`, `failed` or `cancelled`. It waits
   * through reconnections. Throws ChannelError when the bridge gives up, HostError when the host knows no such capture.
   */
  follow(capture: Capture | string): AsyncIterableIterator<Capture> {
    const id = typeof capture === "string" ? capture : capture.id;
    const follower = new Follower(() => this.#unfollow(id, follower));
    const known = this.#known.get(id) ?? (typeof capture === "string" ? undefined : capture);
    const followers = this.#followers.get(id) ?? new Set();
    this.#followers.set(id, followers.add(follower));
    if (known) follower.push(known);
    else this.get(id).catch((error: Error) => follower.fail(error));
    return follower;
  }

  /** The host said how a capture is. */
  changed(capture: Capture): void {
    this.#learn(capture);
  }

  /** The host said how far a capture is; returns the capture as it is now, null when it is not known here. */
  progressed(progress: CaptureProgress): Capture | null {
    const known = this.#known.get(progress.id);
    return known ? this.#learn({ ...known, ...progress }) : null;
  }

  /** A new connection: those who follow learn how things stand, from hello's `unfinished` or by asking. */
  async greeted(unfinished: readonly Capture[]): Promise<void> {
    for (const capture of unfinished) this.#learn(capture);
    const told = new Set(unfinished.map((capture) => capture.id));
    for (const [id, followers] of [...this.#followers]) {
      if (told.has(id)) continue;
      await this.get(id).catch((error: unknown) => {
        if (error instanceof HostError) for (const follower of [...followers]) follower.fail(error);
      });
    }
  }

  /** There will be no connection any more. */
  fail(error: Error): void {
    for (const followers of [...this.#followers.values()]) for (const follower of [...followers]) follower.fail(error);
  }

  #learn(capture: Capture): Capture {
    this.#known.delete(capture.id);
    this.#known.set(capture.id, capture);
    if (this.#known.size > KNOWN_LIMIT) this.#forgetOldest();
    for (const follower of [...(this.#followers.get(capture.id) ?? [])]) follower.push(capture);
    return capture;
  }

  #forgetOldest(): void {
    for (const [id, capture] of this.#known) {
      if (!isFinal(capture)) continue;
      this.#known.delete(id);
      return;
    }
  }

  #unfollow(id: string, follower: Follower): void {
    const followers = this.#followers.get(id);
    followers?.delete(follower);
    if (followers?.size === 0) this.#followers.delete(id);
  }
}
