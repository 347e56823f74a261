// A lecture on the stand-in site, and every way in which one differs from another.

import { createHash, randomUUID } from "node:crypto";
import type { HlsFolder, MediaFile } from "../media/media.ts";

/** What DeliveryInfo answers to somebody who is not signed in (several forms are met in the wild). */
export type LoggedOutForm = "json-error-2" | "html-200" | "redirect-to-login" | "redirect-sso" | "401";

/** What the podcast address answers to somebody who is not signed in. */
export type PodcastRefusal = "403" | "html-200" | "redirect-to-login";

export interface Lecture {
  /** `Viewer.aspx?id=`, and `Delivery.PublicID`; lower case with hyphens. */
  readonly deliveryId: string;
  /** `SessionId` and `SessionPublicID`: the same as the delivery's on newer tenants, another one on older. */
  readonly sessionId: string;
  /** The id by which a topic names it. */
  readonly tid?: string;
  readonly title: string;
  /** `SessionGroupLongName`: the course. */
  readonly folder: string;
  readonly folderId: string;
  /** The name of the folder in which its own folder lies. */
  readonly parentFolder?: string;
  /** It stands in the person's “Shared with Me”. */
  readonly sharedWithMe: boolean;
  /** Its folder is one that the person has subscribed to. */
  readonly subscribed: boolean;
  readonly lecturer: string;
  readonly startedAt: Date;
  /** `nobody`: even a person who is signed in may not see it, and gets the same ErrorCode 2 as one who is not. */
  readonly access: "members" | "public" | "nobody";
  /** Off: the podcast address says 403 though all else is well. */
  readonly downloads: boolean;
  readonly audioEncoded: boolean;
  readonly purged: boolean;
  /** What the audio podcast's address sends in the end, be it audio or not. */
  readonly audio: MediaFile;
  readonly video: MediaFile;
  /** The Content-Type that is claimed for the podcast. */
  readonly podcastType: string;
  /** How `PodcastStreams` gives the video; `none`: the list is empty, as before encoding. */
  readonly stream: "mp4" | "hls" | "panobf1" | "panobf2" | "none";
  /** Needed for `hls` and `panobf2`. */
  readonly hls?: HlsFolder;
  /** An element of `Streams` with the tag AUDIO, whose address is the audio file. */
  readonly audioStream: boolean;
  /** Streams whose `StreamUrl` is null stand before the others, as of a slide show that has none. */
  readonly withNullUrls: boolean;
  readonly captions: boolean;
  /** Panopto's numbers of the languages in which there are captions. */
  readonly captionLanguages: readonly number[];
  /** `file`: the player's list is empty, and only the page that makes a file has them. */
  readonly captionsFrom: "player" | "file";
  /** The site's own forms when left out. */
  readonly loggedOut?: LoggedOutForm;
  readonly podcastRefusal?: PodcastRefusal;
}

export type LectureChoices = Partial<Lecture> & Pick<Lecture, "audio" | "video">;

/** A lecture with ordinary answers where nothing else is chosen. */
export function lecture(choices: LectureChoices): Lecture {
  const deliveryId = choices.deliveryId ?? randomUUID();
  return {
    deliveryId,
    sessionId: deliveryId,
    title: "Lecture 4: Hearing, sound and signal",
    folder: "Computing 101",
    folderId: idFrom("folder", choices.folder ?? "Computing 101"),
    sharedWithMe: false,
    subscribed: false,
    lecturer: "A. Lecturer",
    startedAt: new Date("2026-10-12T09:00:02.375Z"),
    access: "members",
    downloads: true,
    audioEncoded: true,
    purged: false,
    podcastType: "video/mp4",
    stream: "mp4",
    audioStream: false,
    withNullUrls: false,
    captions: false,
    captionLanguages: [1],
    captionsFrom: "player",
    ...choices,
  };
}

/** A GUID that is always the same for the same words. */
export function idFrom(...words: readonly string[]): string {
  const hex = createHash("sha256").update(words.join("\n")).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function viewerPath(of: Lecture): string {
  return of.tid === undefined ? `/Panopto/Pages/Viewer.aspx?id=${of.deliveryId}` : `/Panopto/Pages/Viewer.aspx?tid=${of.tid}`;
}
