// Videos, their renditions and segments.

import type { Database, Row } from "../backend/database.ts";
import type { Bytes } from "./bytes.ts";

/** -1: the init segment, which is not sealed. */
export const INIT_SEGMENT = -1;

export interface VideoRow {
  readonly id: string;
  readonly title: string;
  /** seconds */
  readonly duration: number;
  readonly posterWalrusUri: string | null;
  /** 32 bytes under the envelope key; see rootSecretContext. */
  readonly rootSecretEnc: string;
}

export interface RenditionRow {
  readonly name: string;
  readonly mimeType: string;
  /** bits a second */
  readonly bandwidth: number;
  readonly width: number;
  readonly height: number;
  readonly hasAudio: boolean;
}

export interface SegmentRow {
  readonly segIdx: number;
  /** 12 bytes */
  readonly iv: Bytes;
  /** seconds */
  readonly duration: number;
  readonly bytes: number;
  /** of what lies there; lower-case hex */
  readonly sha256: string;
}

/** A rendition with its segments in the order of playing, the init segment first. */
export interface SealedRendition extends RenditionRow {
  readonly segments: readonly SegmentRow[];
}

const VIDEO_ID = /^[\w-]{1,64}$/;
const RENDITION_NAME = /^[\w-]{1,32}$/;

/** What can name a video. Whatever else a client sends names none, and is not put to the database, which takes no NUL in a text. */
export function isVideoId(text: string): boolean {
  return VIDEO_ID.test(text);
}

export function isRenditionName(text: string): boolean {
  return RENDITION_NAME.test(text);
}

/** What a video's root secret is bound to. */
export function rootSecretContext(videoId: string): string {
  return `root secret ${videoId}`;
}

export class VideoTable {
  constructor(private readonly database: Database) {}

  /** In place of one that has the same id; its sessions end. All or nothing, but for a moment in which it is not there. */
  async put(video: VideoRow, renditions: readonly SealedRendition[]): Promise<void> {
    await this.remove(video.id);
    await this.database.query("insert into videos (id, title, duration, poster_walrus_uri, root_secret_enc) values ($1, $2, $3, $4, $5)", [video.id, video.title, video.duration, video.posterWalrusUri, video.rootSecretEnc]);
    for (const rendition of renditions) await this.#putRendition(video.id, rendition).catch(async (error: unknown) => {
      await this.remove(video.id);
      throw error;
    });
  }

  async #putRendition(videoId: string, rendition: SealedRendition): Promise<void> {
    const { name, mimeType, bandwidth, width, height, hasAudio, segments } = rendition;
    await this.database.query("insert into video_renditions (video_id, name, mime_type, bandwidth, width, height, has_audio) values ($1, $2, $3, $4, $5, $6, $7)", [videoId, name, mimeType, bandwidth, width, height, hasAudio]);
    // One statement for all of an hour's segments: each column is an array.
    const columns = [segments.map(({ segIdx }) => segIdx), segments.map(({ iv }) => Buffer.from(iv).toString("hex")), segments.map(({ duration }) => duration), segments.map(({ bytes }) => bytes), segments.map(({ sha256 }) => sha256)];
    await this.database.query(
      `insert into video_segments (video_id, rendition, seg_idx, iv, duration, bytes, sha256)
       select $1, $2, seg_idx, decode(iv, 'hex'), duration, bytes, sha256
       from unnest($3::int[], $4::text[], $5::float8[], $6::bigint[], $7::text[]) as one (seg_idx, iv, duration, bytes, sha256)`,
      [videoId, name, ...columns],
    );
  }

  async remove(id: string): Promise<boolean> {
    return (await this.database.query("delete from videos where id = $1 returning id", [id])).length > 0;
  }

  async find(id: string): Promise<VideoRow | undefined> {
    const [row] = isVideoId(id) ? await this.database.query("select * from videos where id = $1", [id]) : [];
    return row && videoOf(row);
  }

  async all(): Promise<VideoRow[]> {
    return (await this.database.query("select * from videos order by id")).map(videoOf);
  }

  /** The lowest bandwidth first, with all their segments. */
  async renditions(videoId: string): Promise<SealedRendition[]> {
    const [renditions, segments] = await Promise.all([
      this.database.query("select * from video_renditions where video_id = $1 order by bandwidth, name", [videoId]),
      this.database.query("select * from video_segments where video_id = $1 order by rendition, seg_idx", [videoId]),
    ]);
    return renditions.map((row) => ({ ...renditionOf(row), segments: segments.filter((segment) => segment["rendition"] === row["name"]).map(segmentOf) }));
  }

  async segment(videoId: string, rendition: string, segIdx: number): Promise<SegmentRow | undefined> {
    const [row] = await this.database.query("select * from video_segments where video_id = $1 and rendition = $2 and seg_idx = $3", [videoId, rendition, segIdx]);
    return row && segmentOf(row);
  }

  /** Of one rendition; none where there is no such. */
  async allSegments(videoId: string, rendition: string): Promise<SegmentRow[]> {
    if (!isVideoId(videoId) || !isRenditionName(rendition)) return [];
    return (await this.database.query("select * from video_segments where video_id = $1 and rendition = $2 order by seg_idx", [videoId, rendition])).map(segmentOf);
  }
}

function videoOf(row: Row): VideoRow {
  const poster = row["poster_walrus_uri"];
  return { id: String(row["id"]), title: String(row["title"]), duration: Number(row["duration"]), posterWalrusUri: poster === null ? null : String(poster), rootSecretEnc: String(row["root_secret_enc"]) };
}

function renditionOf(row: Row): RenditionRow {
  return { name: String(row["name"]), mimeType: String(row["mime_type"]), bandwidth: Number(row["bandwidth"]), width: Number(row["width"]), height: Number(row["height"]), hasAudio: row["has_audio"] === true };
}

function segmentOf(row: Row): SegmentRow {
  // A bytea is a Buffer with one driver and a plain array of bytes with the other.
  return { segIdx: Number(row["seg_idx"]), iv: Uint8Array.from(row["iv"] as Uint8Array), duration: Number(row["duration"]), bytes: Number(row["bytes"]), sha256: String(row["sha256"]) };
}
