// What a folder, a person's shared recordings and a playlist hold: Data.svc/GetSessions and the Api.

import { idFrom, viewerPath } from "./lecture.ts";
import type { Lecture } from "./lecture.ts";

/** What GetSessions and the Api answer to somebody who is not signed in; `public-only`: as if there were nothing else. */
export type ListRefusal = "public-only" | "html-200" | "redirect-to-login";

export interface Playlist {
  /** `Viewer.aspx?pid=` */
  readonly id: string;
  readonly name: string;
  readonly lectures: readonly Lecture[];
}

interface Query {
  readonly folderID?: unknown;
  readonly query?: unknown;
  readonly maxResults?: unknown;
  readonly page?: unknown;
  readonly sortAscending?: unknown;
  readonly isSharedWithMe?: unknown;
  readonly isSubscriptionsPage?: unknown;
  readonly getFolderData?: unknown;
}

const DEFAULT_PAGE_SIZE = 25;

export function playlist(name: string, lectures: readonly Lecture[]): Playlist {
  return { id: idFrom("playlist", name), name, lectures };
}

/** The page that `asked` wants of those lectures. */
export function sessionRows(lectures: readonly Lecture[], host: string, asked: unknown): unknown {
  const query = queryOf(asked);
  const found = lectures.filter((lecture) => isWanted(lecture, query)).sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  if (query.sortAscending !== true) found.reverse();
  const size = typeof query.maxResults === "number" ? query.maxResults : DEFAULT_PAGE_SIZE;
  const first = (typeof query.page === "number" ? query.page : 0) * size;
  const rows = found.slice(first, first + size).map((lecture) => row(lecture, host));
  return { d: { __type: "SessionsResponse:#Panopto.Data", Results: rows, TotalNumber: found.length, Subfolders: query.getFolderData === true ? subfolders(lectures, query) : null } };
}

/** Data.svc/GetFolderInfo; undefined where nobody may know of such a folder. */
export function folderInfo(lectures: readonly Lecture[], asked: unknown): unknown {
  const id = typeof asked === "object" && asked !== null && "folderID" in asked ? asked.folderID : undefined;
  const found = lectures.find(({ folderId }) => folderId === id);
  return found === undefined ? undefined : { d: { __type: "FolderInfo:#Panopto.Data", ID: found.folderId, Name: found.folder } };
}

/** GET /Panopto/Api/Playlists/{id} */
export function playlistBody(of: Playlist): unknown {
  return { Id: of.id, SessionListId: sessionListId(of), Name: of.name, Description: null };
}

export function sessionListId(of: Playlist): string {
  return idFrom("session list", of.id);
}

/** GET /Panopto/Api/SessionLists/{id}: at most as many as were asked for. */
export function sessionListBody(of: Playlist, lectures: readonly Lecture[], host: string, query: URLSearchParams): unknown {
  const most = query.get("collections[0].name") === "items" ? Number(query.get("collections[0].maxCount") ?? DEFAULT_PAGE_SIZE) : 0;
  return { Id: sessionListId(of), Name: of.name, Items: lectures.slice(0, most).map((lecture) => item(lecture, host)) };
}

function isWanted(lecture: Lecture, query: Query): boolean {
  if (typeof query.query === "string" && !lecture.title.toLowerCase().includes(query.query.toLowerCase())) return false;
  if (typeof query.folderID === "string") return lecture.folderId === query.folderID;
  if (query.isSharedWithMe === true) return lecture.sharedWithMe;
  return query.isSubscriptionsPage !== true || lecture.subscribed;
}

/** The folders within the one that is asked for. */
function subfolders(lectures: readonly Lecture[], query: Query): unknown[] {
  const within = lectures.filter(({ parentFolder }) => parentFolder !== undefined && idFrom("folder", parentFolder) === query.folderID);
  const names = new Map(within.map(({ folderId, folder }) => [folderId, folder]));
  return [...names].map(([id, name]) => ({ __type: "FolderRow:#Panopto.Data.DB.WebUI", ID: id, Name: name, ParentFolderID: query.folderID }));
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

function item(lecture: Lecture, host: string): unknown {
  return {
    TypeName: "Session",
    Id: lecture.deliveryId,
    Name: lecture.title,
    ViewerUri: `https://${host}${viewerPath(lecture)}`,
    Duration: lecture.video.durationMs / 1000,
    Parent: { Id: lecture.folderId, Name: lecture.folder },
  };
}

function queryOf(asked: unknown): Query {
  const parameters = typeof asked === "object" && asked !== null && "queryParameters" in asked ? asked.queryParameters : undefined;
  return typeof parameters === "object" && parameters !== null ? parameters : {};
}
