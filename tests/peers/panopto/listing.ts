// Data.svc/GetSessions: what a folder holds (SITES.md A.10).

import { viewerPath } from "./lecture.ts";
import type { Lecture } from "./lecture.ts";

interface Query {
  readonly folderID?: unknown;
  readonly maxResults?: unknown;
  readonly page?: unknown;
}

const DEFAULT_PAGE_SIZE = 25;

/** The page that `asked` wants of those lectures. */
export function sessionRows(lectures: readonly Lecture[], host: string, asked: unknown): unknown {
  const query = queryOf(asked);
  const found = typeof query.folderID === "string" ? lectures.filter(({ folderId }) => folderId === query.folderID) : lectures;
  const size = typeof query.maxResults === "number" ? query.maxResults : DEFAULT_PAGE_SIZE;
  const first = (typeof query.page === "number" ? query.page : 0) * size;
  return { d: { __type: "SessionsResponse:#Panopto.Data", Results: found.slice(first, first + size).map((lecture) => row(lecture, host)), TotalNumber: found.length, Subfolders: [] } };
}

function row(lecture: Lecture, host: string): unknown {
  return {
    __type: "SessionRow:#Panopto.Data.DB.WebUI",
    DeliveryID: lecture.deliveryId,
    SessionID: lecture.sessionId,
    SessionName: lecture.title,
    FolderID: lecture.folderId,
    FolderName: lecture.folder,
    Duration: lecture.video.durationMs / 1000,
    StartTime: `/Date(${String(lecture.startedAt.getTime())})/`,
    ViewerUrl: `https://${host}${viewerPath(lecture)}`,
    EmbedUrl: `https://${host}/Panopto/Pages/Embed.aspx?id=${lecture.deliveryId}`,
    IosVideoUrl: `https://${host}/Panopto/Podcast/Stream/${lecture.deliveryId}.mp4?mediaTargetType=videoPodcast`,
    IsDownloadAvailable: lecture.downloads,
    HasCaptions: lecture.captions,
    Status: 2,
  };
}

function queryOf(asked: unknown): Query {
  const parameters = typeof asked === "object" && asked !== null && "queryParameters" in asked ? asked.queryParameters : undefined;
  return typeof parameters === "object" && parameters !== null ? parameters : {};
}
