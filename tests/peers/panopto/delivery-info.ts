// The JSON of DeliveryInfo.aspx in its full shape.

import { randomUUID } from "node:crypto";
import type { Answer } from "../wire/answer.ts";
import { bytesAnswer } from "../wire/answer.ts";
import type { Cdn } from "./cdn.ts";
import { idFrom } from "./lecture.ts";
import type { Lecture } from "./lecture.ts";
import type { Session } from "./session.ts";

/** Seconds from 1601-01-01 to 1970-01-01: SessionStartTime counts from there. */
const WINDOWS_EPOCH_S = 11_644_473_600;

export const ACCESS_ERROR = { ErrorCode: 2, ErrorMessage: "You do not have access to this session. Please log in.", Delivery: null };
export const MISSING_ERROR = { ErrorCode: 1, ErrorMessage: "This session could not be found.", Delivery: null };

/** Panopto writes `/` as `\/`; a reader must undo it. */
export function panoptoJson(value: unknown, headers: Record<string, string | readonly string[]> = {}): Answer {
  return bytesAnswer(200, "application/json; charset=utf-8", JSON.stringify(value).replaceAll("/", "\\/"), { "cache-control": "private", ...headers });
}

export interface DeliveryView {
  readonly lecture: Lecture;
  readonly host: string;
  /** Undefined: somebody who is not signed in looks at a public lecture. */
  readonly session: Session | undefined;
  readonly cdn: Cdn;
}

export function deliveryInfo(view: DeliveryView): Record<string, unknown> {
  const { lecture, host, session } = view;
  const person = session?.person;
  return {
    AllowPublicNotes: true,
    BroadcastRefreshInterval: 10,
    BroadcastSegmentBackoff: 3,
    CompletionPercentage: 0,
    Delivery: delivery(view),
    DiscussionCacheSeconds: 30,
    DownloadUrl: null,
    EmbedUrl: `https://${host}/Panopto/Pages/Embed.aspx?id=${lecture.deliveryId}`,
    InvocationId: randomUUID(),
    LastViewingPosition: 0,
    PodcastCompleted: lecture.stream !== "none",
    SessionId: lecture.sessionId,
    SessionRole: "Viewer",
    UserCanCreateQuestionLists: false,
    UserEmail: person?.mail ?? null,
    UserId: person === undefined ? null : idFrom("user", person.user),
    UserKey: person === undefined ? null : `uni\\${person.user}`,
    UserName: person?.name ?? null,
    UserRating: 0,
    ViewerFileId: lecture.deliveryId,
    WebcastPingIntervalInSeconds: 30,
  };
}

function delivery(view: DeliveryView): Record<string, unknown> {
  const { lecture } = view;
  return {
    AllowPublishNotes: false,
    AudioDescriptionsEnabled: false,
    AvailableAudioDescriptionLanguages: [],
    AvailableLanguages: lecture.captions ? lecture.captionLanguages : [],
    AvailableCaptions: lecture.captions ? lecture.captionLanguages.map((language) => ({ Language: language, ShowDisclaimer: false })) : [],
    AverageRating: 0,
    BroadcastEnded: false,
    BroadcastInterrupted: false,
    BroadcastType: 0,
    Contributors: [{ Bio: null, DisplayName: lecture.lecturer, UserKey: null }],
    DisableSeekOnFirstView: false,
    DiscussionEnabled: true,
    Duration: durationS(lecture),
    EventTargets: [],
    FirstQuizOffset: -1,
    HasAnyLinks: false,
    HasAudioDescriptions: false,
    HasCaptions: lecture.captions,
    HasQuiz: false,
    HasSplices: false,
    Identifier: "default",
    IsActiveBroadcast: false,
    IsAudioPodcastEncodeComplete: lecture.audioEncoded && !lecture.purged,
    IsBroadcast: false,
    IsOpen: true,
    IsPodcastEncodeComplete: lecture.stream !== "none" && !lecture.purged,
    IsPrimaryAudioOnly: false,
    IsPurgedEncode: lecture.purged,
    IsPurgedLegacyEncode: false,
    IsReadyForEditing: true,
    IsReferenceCopy: lecture.tid !== undefined,
    IsStarted: true,
    IsTabletEncodeComplete: true,
    IsViewerEncodeAvailable: !lecture.purged,
    IsViewerEncodeComplete: !lecture.purged,
    NextDeliveryDuration: null,
    NextDeliveryId: null,
    NextDeliveryName: null,
    NormalizeVolume: true,
    OwnerBio: null,
    OwnerDisplayName: lecture.lecturer,
    OwnerId: idFrom("owner", lecture.lecturer),
    OwnerIsOverQuota: false,
    Permissions: [true],
    PodcastStreams: lecture.purged ? [] : podcastStreams(view),
    PublicID: lecture.deliveryId,
    PublicNotesStreams: [],
    RatingCount: 0,
    RehydrationAvailable: lecture.purged,
    RequiresAdvancedEditor: false,
    SessionAbstract: null,
    SessionFileId: lecture.sessionId,
    SessionGroupAbstract: null,
    SessionGroupLongName: lecture.folder,
    SessionGroupPublicID: lecture.folderId,
    SessionGroupShortName: lecture.folder,
    SessionName: lecture.title,
    SessionPublicID: lecture.sessionId,
    SessionStartTime: lecture.startedAt.getTime() / 1000 + WINDOWS_EPOCH_S,
    SourceDeliveryId: null,
    Streams: lecture.purged ? [] : sourceStreams(view),
    Tags: [],
    Timestamps: timestamps(lecture),
    WebcastVersionId: idFrom("version", lecture.deliveryId),
  };
}

function durationS(lecture: Lecture): number {
  return lecture.video.durationMs / 1000;
}

function stream(view: DeliveryView, tag: string, url: string | null, kind: "mp4" | "hls"): Record<string, unknown> {
  const duration = durationS(view.lecture);
  const type = kind === "mp4" ? 3 : 11;
  return {
    AbsoluteEnd: view.lecture.startedAt.getTime() / 1000 + WINDOWS_EPOCH_S + duration,
    AbsoluteStart: view.lecture.startedAt.getTime() / 1000 + WINDOWS_EPOCH_S,
    BroadcastType: 0,
    EditMediaFileType: type,
    EditMediaFileTypeLegacy: null,
    EditMediaFileTypeName: kind,
    Interrupted: false,
    Name: null,
    PublicID: idFrom("stream", tag, view.lecture.deliveryId),
    RelativeEnd: duration,
    RelativeSegments: null,
    RelativeStart: 0,
    SourceMediaFileType: 3,
    StreamFileId: idFrom("stream-file", tag, view.lecture.deliveryId),
    StreamHttpUrl: kind === "mp4" ? url : null,
    StreamType: kind === "mp4" ? 1 : 2,
    StreamTypeName: kind === "mp4" ? "Archival" : "Streaming",
    StreamUrl: url,
    Tag: tag,
    VRType: 0,
    Variants: null,
    ViewerMediaFileType: type,
    ViewerMediaFileTypeName: kind,
  };
}

function videoStream(view: DeliveryView, tag: string): Record<string, unknown> | undefined {
  const { lecture, cdn, host } = view;
  const url = cdn.streamUrl(lecture, host);
  if (url === undefined) return undefined;
  return stream(view, tag, url, lecture.stream === "hls" || lecture.stream === "panobf2" ? "hls" : "mp4");
}

function withoutAddress(view: DeliveryView): Record<string, unknown>[] {
  return view.lecture.withNullUrls ? [stream(view, "OBJECT", null, "mp4"), stream(view, "DV", null, "hls")] : [];
}

function podcastStreams(view: DeliveryView): unknown[] {
  return [...withoutAddress(view), videoStream(view, "DV")].filter((found) => found !== undefined);
}

function sourceStreams(view: DeliveryView): unknown[] {
  const streams = [...withoutAddress(view), videoStream(view, "DV")];
  if (view.lecture.audioStream) streams.push(stream(view, "AUDIO", view.cdn.audioStreamUrl(view.lecture, view.host), "mp4"));
  return streams.filter((found) => found !== undefined);
}

function timestamps(lecture: Lecture): unknown[] {
  return [0, 1, 2].map((slide) => ({
    AbsoluteTime: lecture.startedAt.getTime() / 1000 + WINDOWS_EPOCH_S + slide,
    Caption: `Slide ${String(slide + 1)}`,
    CaptionDuration: 0,
    CreationDateTime: `/Date(${String(lecture.startedAt.getTime())})/`,
    Duration: 0,
    EventTargetType: "PowerPoint",
    ObjectIdentifier: idFrom("slide", String(slide), lecture.deliveryId),
    ObjectPublicIdentifier: idFrom("slide-public", String(slide), lecture.deliveryId),
    ObjectSequenceNumber: slide + 1,
    ObjectStreamID: null,
    PublicId: idFrom("timestamp", String(slide), lecture.deliveryId),
    SessionID: lecture.sessionId,
    Time: slide,
  }));
}

/** What `getCaptions=true` gives: a list, with the true length in CaptionDuration. */
export function captions(lecture: Lecture, language: number): unknown[] {
  if (lecture.captionsFrom === "file") return [];
  return said(lecture, language).map((line, at) => ({ Caption: line, Time: at * CAPTION_S, Duration: 0, CaptionDuration: CAPTION_S }));
}

/** What GenerateSRT.ashx gives: a file as Windows writes it. */
export function captionsFile(lecture: Lecture, language: number): string {
  const time = (seconds: number): string => new Date(Math.round(seconds * 1000)).toISOString().slice(11, 23).replace(".", ",");
  const cues = said(lecture, language).map((line, at) => `${String(at + 1)}\r\n${time(at * CAPTION_S)} --> ${time((at + 1) * CAPTION_S)}\r\n${line}\r\n\r\n`);
  return `\ufeff${cues.join("")}`;
}

const CAPTION_S = 4.1;
const GERMAN = 4;

/** As the site has it, with what HTML makes of it. */
function said(lecture: Lecture, language: number): string[] {
  if (!lecture.captions || !lecture.captionLanguages.includes(language)) return [];
  if (language === GERMAN) return ["Guten Morgen.", "Heute h&#246;ren wir.", "Schall ist eine Druck&#228;nderung."];
  return ["Good morning.", "Today we listen.", "A sound is a change of pressure:<br>it&#39;s small &amp; fast."];
}
