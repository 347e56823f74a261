// What a player has to know of a video before it has a session: renditions, segments, where they lie. See README.md.

import { INIT_SEGMENT } from "./video-table.ts";
import type { SealedRendition, VideoRow } from "./video-table.ts";

export interface ManifestPiece {
  readonly segIdx: number;
  readonly url: string;
  /** Of what lies there. */
  readonly bytes: number;
}

export interface ManifestRendition {
  readonly name: string;
  readonly mimeType: string;
  /** bits a second */
  readonly bandwidth: number;
  readonly width: number;
  readonly height: number;
  readonly hasAudio: boolean;
  readonly init: ManifestPiece;
  /** `duration`: seconds */
  readonly segments: readonly (ManifestPiece & { readonly duration: number })[];
}

export interface Manifest {
  readonly version: 1;
  readonly videoId: string;
  readonly title: string;
  /** seconds */
  readonly duration: number;
  /** The lowest bandwidth first. */
  readonly renditions: readonly ManifestRendition[];
}

export const MANIFEST_VERSION = 1;

/** The path of a piece, on whichever origin it lies. */
export function piecePath(videoId: string, rendition: string, segIdx: number): string {
  return `/media/${videoId}/${rendition}/${pieceName(segIdx)}`;
}

/** The file's name in its rendition's folder. */
export function pieceName(segIdx: number): string {
  return segIdx === INIT_SEGMENT ? "init.mp4" : `${String(segIdx)}.m4s`;
}

/** `mediaOrigin`: empty where segments are of the server's own origin. */
export function manifestOf(video: VideoRow, renditions: readonly SealedRendition[], mediaOrigin: string): Manifest {
  return {
    version: MANIFEST_VERSION,
    videoId: video.id,
    title: video.title,
    duration: video.duration,
    renditions: renditions.map(({ name, mimeType, bandwidth, width, height, hasAudio, segments }) => {
      const pieces = segments.map(({ segIdx, bytes, duration }) => ({ segIdx, url: mediaOrigin + piecePath(video.id, name, segIdx), duration, bytes }));
      const init = pieces.find(({ segIdx }) => segIdx === INIT_SEGMENT);
      if (init === undefined) throw new Error(`${video.id} ${name} has no init segment`);
      return {
        name, mimeType, bandwidth, width, height, hasAudio,
        init: { segIdx: init.segIdx, url: init.url, bytes: init.bytes },
        segments: pieces.filter((piece) => piece !== init),
      };
    }),
  };
}
