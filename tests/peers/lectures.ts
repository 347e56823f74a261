// The lectures that every stand-in site holds: one for each thing that can be true of a lecture.

import type { Media } from "./media/media.ts";
import { idFrom, lecture } from "./panopto/lecture.ts";
import type { Lecture } from "./panopto/lecture.ts";

export interface Lectures {
  /** An hour long: the main job. */
  readonly hour: Lecture;
  /** 20 s, and ordinary in all else, as are the following where nothing is said. */
  readonly short: Lecture;
  /** Its session's id is not its delivery's, as on older tenants. */
  readonly twoIds: Lecture;
  /** Found by `tid` alone. */
  readonly topic: Lecture;
  readonly public: Lecture;
  readonly downloadsOff: Lecture;
  readonly notEncoded: Lecture;
  readonly purged: Lecture;
  /** Not for this account, signed in or not. */
  readonly forbidden: Lecture;
  readonly hls: Lecture;
  readonly panobf1: Lecture;
  readonly panobf2: Lecture;
  /** With an element of Streams that is audio alone. */
  readonly audioStream: Lecture;
  /** With captions in English and German. */
  readonly captioned: Lecture;
  readonly moovLast: Lecture;
  readonly mp3: Lecture;
  /** The audio podcast's address sends the whole video; this one and the following have no stream beside it. */
  readonly videoAsAudio: Lecture;
  /** The audio podcast's address sends a video without sound. */
  readonly silent: Lecture;
  readonly text: Lecture;
  readonly html: Lecture;
  readonly random: Lecture;
  readonly zip: Lecture;
  readonly empty: Lecture;
}

/** Their ids are the same in every run. */
export function makeLectures(media: Media): Lectures {
  const { short, notMedia } = media;
  const make = (name: string, choices: Partial<Lecture> = {}): Lecture =>
    lecture({ deliveryId: idFrom("lecture", name), title: `A short lecture: ${name}`, audio: short.audio, video: short.video, ...choices });
  return {
    hour: make("hour", { title: "Lecture 4: Hearing, sound and signal", audio: media.hour.audio, video: media.hour.video }),
    short: make("short"),
    twoIds: make("two ids", { sessionId: idFrom("session", "two ids") }),
    topic: make("topic", { tid: idFrom("tid", "topic") }),
    public: make("public", { access: "public" }),
    downloadsOff: make("downloads off", { downloads: false }),
    notEncoded: make("not encoded", { audioEncoded: false, stream: "none" }),
    purged: make("purged", { purged: true }),
    forbidden: make("forbidden", { access: "nobody" }),
    hls: make("hls", { stream: "hls", hls: short.hls }),
    panobf1: make("panobf1", { stream: "panobf1" }),
    panobf2: make("panobf2", { stream: "panobf2", hls: short.hls }),
    audioStream: make("audio stream", { audioStream: true }),
    captioned: make("captioned", { captions: true, captionLanguages: [1, 4] }),
    moovLast: make("moov last", { audio: short.audioMoovLast, video: short.videoMoovLast }),
    mp3: make("mp3", { audio: short.mp3, podcastType: "audio/mpeg" }),
    videoAsAudio: make("video as audio", { audio: short.video, stream: "none" }),
    silent: make("silent", { audio: short.silent, stream: "none" }),
    text: make("text", { audio: notMedia.text, stream: "none" }),
    html: make("html", { audio: notMedia.html, stream: "none" }),
    random: make("random", { audio: notMedia.random, stream: "none" }),
    zip: make("zip", { audio: notMedia.zip, stream: "none" }),
    empty: make("empty", { audio: notMedia.empty, stream: "none" }),
  };
}
