// How each file is made: lists of ffmpeg runs. A change here changes the cache's key.

/** Seconds of sound that are really encoded; a longer file repeats them, which costs a copy and no encoding. */
const ENCODED_SOUND_S = 600;
const ENCODED_PICTURE_S = 60;
const FRAMES_PER_SECOND = 1;

/** A rising tone under a slow beat: every frame of sound is unlike its neighbours, so a wrong offset shows. */
export function soundArguments(seconds: number, out: string): string[] {
  const wave = "0.3*sin(2*PI*(200+t/2)*t)*(0.6+0.4*sin(2*PI*3*t))";
  return ["-f", "lavfi", "-i", `aevalsrc='${wave}':s=16000:d=${String(Math.min(seconds, ENCODED_SOUND_S))}`, "-c:a", "aac", "-b:a", "24k", "-ac", "1", "-f", "adts", out];
}

/** Noise, which does not compress: a small picture that still costs several times the sound. */
export function pictureArguments(seconds: number, out: string): string[] {
  const noise = `nullsrc=s=160x90:r=${String(FRAMES_PER_SECOND)}:d=${String(Math.min(seconds, ENCODED_PICTURE_S))},geq=random(1)*255:128:128`;
  const coding = ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "24", "-g", "10", "-pix_fmt", "yuv420p"];
  return ["-f", "lavfi", "-i", noise, ...coding, "-f", "h264", out];
}

export function soundRepeats(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / ENCODED_SOUND_S));
}

export function pictureRepeats(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / ENCODED_PICTURE_S));
}

export type Layout = "front" | "end";

/** `front`: the index (moov) stands before the samples, as in a file meant for streaming. */
function layout(where: Layout): string[] {
  return where === "front" ? ["-movflags", "+faststart"] : [];
}

export function audioArguments(sound: string, where: Layout, out: string): string[] {
  return ["-i", sound, "-c", "copy", "-bsf:a", "aac_adtstoasc", ...layout(where), "-f", "mp4", out];
}

export function videoArguments(sound: string, picture: string, where: Layout, out: string): string[] {
  const inputs = ["-i", sound, "-framerate", String(FRAMES_PER_SECOND), "-i", picture];
  return [...inputs, "-map", "1:v", "-map", "0:a", "-c", "copy", "-bsf:a", "aac_adtstoasc", ...layout(where), "-f", "mp4", out];
}

/** Video without a sound track: what must not be taken for a lecture's audio. */
export function silentArguments(picture: string, out: string): string[] {
  return ["-framerate", String(FRAMES_PER_SECOND), "-i", picture, "-c", "copy", ...layout("front"), "-f", "mp4", out];
}

/** The folder gets `index.m3u8` and `00000.ts`, `00001.ts`, … */
export function hlsArguments(inputs: readonly string[], folder: string): string[] {
  const sources = inputs.flatMap((input) => ["-i", input]);
  return [...sources, "-c", "copy", "-f", "hls", "-hls_time", "5", "-hls_playlist_type", "vod", "-hls_segment_filename", `${folder}/%05d.ts`, `${folder}/index.m3u8`];
}

export function mp3Arguments(sound: string, out: string): string[] {
  return ["-i", sound, "-c:a", "libmp3lame", "-b:a", "32k", "-f", "mp3", out];
}
