// Feeds a video element from opened segments: some seconds ahead of where it plays, and no more than a little behind.

import type { Manifest, ManifestRendition } from "../manifest.ts";
import type { PlaybackClient } from "./client.ts";

export const AHEAD_S = 24;
export const BEHIND_S = 12;
/** Times of segments and of what is buffered differ by some samples. */
const SLACK_S = 0.25;

export class Feed {
  readonly #source = new MediaSource();
  #buffer: SourceBuffer | undefined;
  #rendition: ManifestRendition;
  /** Whose init segment the buffer has been given last. */
  #initOf: string | undefined;
  /** What is ahead is of another rendition than the person wants now. */
  #isStale = false;
  #isFeeding = false;
  #isAskedAgain = false;
  #isOver = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly client: PlaybackClient,
    private readonly manifest: Manifest,
    rendition: ManifestRendition,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#rendition = rendition;
  }

  get rendition(): string {
    return this.#rendition.name;
  }

  async start(): Promise<void> {
    const opened = new Promise((resolve) => this.#source.addEventListener("sourceopen", resolve, { once: true }));
    this.video.src = URL.createObjectURL(this.#source);
    await opened;
    URL.revokeObjectURL(this.video.src);
    this.#buffer = this.#source.addSourceBuffer(this.#rendition.mimeType);
    this.#source.duration = this.manifest.duration;
    for (const event of ["timeupdate", "seeking"]) this.video.addEventListener(event, () => this.#feed());
    this.#feed();
  }

  /** From the next segment on. */
  change(name: string): void {
    const rendition = this.manifest.renditions.find((one) => one.name === name);
    if (rendition === undefined || rendition === this.#rendition) return;
    this.#rendition = rendition;
    this.#isStale = true;
    this.#feed();
  }

  stop(): void {
    this.#isOver = true;
  }

  /** One run at a time; whatever happens meanwhile makes it look once more. */
  #feed(): void {
    if (this.#isFeeding) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isFeeding = true;
    void this.#run().catch((error: unknown) => this.onFailure(error)).finally(() => {
      this.#isFeeding = false;
      if (this.#isAskedAgain && !this.#isOver) this.#feed();
    });
  }

  async #run(): Promise<void> {
    do {
      this.#isAskedAgain = false;
      if (this.#isStale) await this.#dropAhead();
      await this.#dropBehind();
      while (!this.#isOver && (await this.#appendNext()));
    } while (this.#isAskedAgain && !this.#isOver);
  }

  /** False: there is enough. */
  async #appendNext(): Promise<boolean> {
    const rendition = this.#rendition;
    const segIdx = this.#nextIndex(rendition);
    const piece = segIdx === undefined ? undefined : rendition.segments[segIdx];
    if (piece === undefined) {
      if (segIdx !== undefined && this.#source.readyState === "open") this.#source.endOfStream();
      return false;
    }
    const bytes = await this.client.segment(rendition.name, piece, rendition.segments.length);
    // The person may have gone elsewhere, or chosen another rendition, while it came.
    if (this.#isStale) await this.#dropAhead();
    if (rendition !== this.#rendition || this.#nextIndex(rendition) !== segIdx) return true;
    if (this.#initOf !== rendition.name) {
      const init = await this.client.init(rendition.init);
      this.#buffer?.changeType(rendition.mimeType);
      await this.#change((buffer) => buffer.appendBuffer(init));
      this.#initOf = rendition.name;
    }
    await this.#change((buffer) => buffer.appendBuffer(bytes));
    return true;
  }

  /** Which segment is missing next; one behind the last where all are there; undefined while there is enough. */
  #nextIndex(rendition: ManifestRendition): number | undefined {
    const now = this.video.currentTime;
    const end = this.#bufferedEnd(now);
    if (end >= now + AHEAD_S) return undefined;
    let begins = 0;
    for (const [at, { duration }] of rendition.segments.entries()) {
      if (begins + duration > end + SLACK_S) return at;
      begins += duration;
    }
    return rendition.segments.length;
  }

  /** Up to where it can play from `now` without a gap; `now` where nothing is there. */
  #bufferedEnd(now: number): number {
    const ranges = this.#buffer?.buffered;
    for (let at = 0; at < (ranges?.length ?? 0); at += 1) {
      if (ranges !== undefined && ranges.start(at) <= now + SLACK_S && ranges.end(at) > now) return ranges.end(at);
    }
    return now;
  }

  /**
   * From the end of the segment that plays: what plays now goes on. A little more is left, which the next segment replaces: sound
   * is cut at other moments than the picture, and a gap of one of its frames would be waited at for ever.
   */
  async #dropAhead(): Promise<void> {
    this.#isStale = false;
    let ends = 0;
    for (const { duration } of this.#rendition.segments) {
      ends += duration;
      if (ends > this.video.currentTime + SLACK_S) break;
    }
    if (ends < this.manifest.duration) await this.#change((buffer) => buffer.remove(ends + SLACK_S, Infinity));
  }

  async #dropBehind(): Promise<void> {
    const ranges = this.#buffer?.buffered;
    const now = this.video.currentTime;
    const first = ranges !== undefined && ranges.length > 0 ? ranges.start(0) : now;
    if (now - BEHIND_S - first > SLACK_S) await this.#change((buffer) => buffer.remove(0, now - BEHIND_S));
    const last = ranges !== undefined && ranges.length > 0 ? ranges.end(ranges.length - 1) : now;
    // What was ahead before the person went back.
    if (last > now + 2 * AHEAD_S) await this.#change((buffer) => buffer.remove(now + 2 * AHEAD_S, Infinity));
  }

  /** Resolves when the buffer has done it. */
  async #change(act: (buffer: SourceBuffer) => void): Promise<void> {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    await new Promise<void>((resolve, reject) => {
      const done = (): void => {
        buffer.removeEventListener("error", failed);
        resolve();
      };
      const failed = (): void => {
        buffer.removeEventListener("updateend", done);
        reject(new Error("The browser could not take a segment"));
      };
      buffer.addEventListener("updateend", done, { once: true });
      buffer.addEventListener("error", failed, { once: true });
      act(buffer);
    });
  }
}
