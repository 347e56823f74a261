// How each case of the corpus is made: one line a case, where one will do.

import { boxAt, playlist, withWideOffsets, type CorpusFolder } from "./corpus-folder.ts";

export type How = "audio-direct" | "audio-rendition" | "audio-from-mp4" | "audio-from-video";

export interface CorpusRecipe {
  readonly name: string;
  /** What is captured, with a query where that is the point. */
  readonly entry: string;
  readonly how: How;
  /** `.m4a` when left out. */
  readonly ending?: string;
  /** What is asked for in the configuration. */
  readonly language?: string;
  /** What ffmpeg reads in place of the entry: it does not know all that we do. */
  readonly readable?: string;
  readonly make: (folder: CorpusFolder) => Promise<void>;
}

const PICTURE = ["-framerate", "5", "-i", "@picture.h264"];
const FILM = ["-i", "@sound.aac", ...PICTURE, "-map", "1:v", "-map", "0:a"];
/** With a sound whose description is known before its first packet. */
const BARE_FILM = ["-i", "@sound.m4a", ...PICTURE, "-map", "1:v", "-map", "0:a"];
/** What the DASH reader of ffmpeg 5.1 reads in part only. */
const MADE_OF = { readable: "../base/sound.m4a" };
const ASC = ["-bsf:a", "aac_adtstoasc"];
const IN_FRONT = ["-movflags", "+faststart"];
const EXPERIMENTAL = ["-strict", "experimental"];

function mp4(name: string, args: readonly string[], more: Partial<CorpusRecipe> = {}): CorpusRecipe {
  return { name: `an MP4 ${name}`, entry: "film.mp4", how: "audio-from-mp4", make: (folder) => folder.mux(...args, "-f", "mp4", "film.mp4"), ...more };
}

/** With another coding of the sound. */
function coded(name: string, sound: string): CorpusRecipe {
  return mp4(`with ${name}`, ["-i", sound, ...PICTURE, "-map", "1:v", "-map", "0:a", ...EXPERIMENTAL, ...IN_FRONT]);
}

const FILES: readonly CorpusRecipe[] = [
  mp4("with its index in front", [...FILM, ...ASC, ...IN_FRONT]),
  mp4("with its index at the end", [...FILM, ...ASC]),
  mp4("in fragments", [...BARE_FILM, "-movflags", "+frag_keyframe+empty_moov"]),
  mp4("in fragments whose offsets begin at each of them", [...BARE_FILM, "-movflags", "+frag_keyframe+empty_moov+default_base_moof"]),
  mp4("in fragments with an index of them in front", [...BARE_FILM, "-movflags", "+frag_keyframe+empty_moov+default_base_moof+global_sidx"]),
  mp4("in fragments behind a first piece in the index", [...FILM, ...ASC, "-movflags", "+frag_keyframe"]),
  mp4("with two languages, the first one enabled", ["-i", "@german.aac", "-i", "@sound.aac", ...PICTURE, "-map", "2:v", "-map", "0:a", "-map", "1:a", ...ASC, "-metadata:s:a:0", "language=deu", "-metadata:s:a:1", "language=eng", ...IN_FRONT]),
  mp4("with two languages, the second one asked for", ["-i", "@sound.aac", "-i", "@german.aac", ...PICTURE, "-map", "2:v", "-map", "0:a", "-map", "1:a", ...ASC, "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu", ...IN_FRONT], {
    language: "de",
    readable: "german.m4a",
    make: async (folder) => {
      await folder.mux("-i", "@sound.aac", "-i", "@german.aac", ...PICTURE, "-map", "2:v", "-map", "0:a", "-map", "1:a", ...ASC, "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu", ...IN_FRONT, "-f", "mp4", "film.mp4");
      await folder.mux("-i", "film.mp4", "-map", "0:a:1", "-f", "mp4", "german.m4a");
    },
  }),
  coded("MP3", "@sound.mp3"),
  coded("Opus", "@sound.opus"),
  coded("ALAC", "@alac.m4a"),
  coded("FLAC", "@sound.flac"),
  coded("AC-3", "@sound.ac3"),
  mp4("with offsets of 64 bits", [], {
    make: async (folder) => {
      await folder.mux(...FILM, ...ASC, "-f", "mp4", "narrow.mp4");
      await folder.write("film.mp4", withWideOffsets(await folder.read("narrow.mp4")));
    },
  }),
  mp4("whose edit list begins with silence", ["-itsoffset", "0.5", "-i", "@sound.aac", ...PICTURE, "-map", "1:v", "-map", "0:a", ...ASC, ...IN_FRONT]),
  mp4("whose edit list leaves out the beginning", [], {
    make: async (folder) => {
      await folder.mux("-i", "@alac.m4a", ...PICTURE, "-map", "1:v", "-map", "0:a", "-f", "mp4", "long.mp4");
      await folder.mux("-ss", "1.3", "-i", "long.mp4", ...IN_FRONT, "-f", "mp4", "film.mp4");
    },
  }),
  mp4("with the sound before the picture", ["-i", "@sound.aac", ...PICTURE, "-map", "0:a", "-map", "1:v", ...ASC, ...IN_FRONT]),
  { ...mp4("of the older kind, QuickTime's", [], { make: (folder) => folder.mux(...FILM, ...ASC, "-f", "mov", "film.mov") }), entry: "film.mov" },
  { ...mp4("under Panopto's name for one", [], { make: (folder) => folder.mux(...FILM, ...ASC, ...IN_FRONT, "-f", "mp4", "film.panobf1") }), entry: "film.panobf1" },
  mp4("of sound alone", ["-i", "@sound.aac", ...ASC, ...IN_FRONT], { how: "audio-direct" }),
  { name: "an MP3", entry: "sound.mp3", how: "audio-direct", ending: ".mp3", make: (folder) => folder.mux("-i", "@sound.mp3", "sound.mp3") },
  { name: "an Ogg with Opus", entry: "sound.opus", how: "audio-direct", ending: ".opus", make: (folder) => folder.mux("-i", "@sound.opus", "sound.opus") },
  { name: "a Matroska file of sound alone", entry: "sound.mka", how: "audio-direct", ending: ".m4a", make: (folder) => folder.mux("-i", "@sound.aac", "-c", "copy", "sound.mka") },
  { name: "a Matroska file with a picture", entry: "film.mkv", how: "audio-from-video", ending: ".m4a", make: (folder) => folder.mux(...FILM, "film.mkv") },
];

const CUT = ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod"];
const FRAGMENTS = ["-hls_segment_type", "fmp4"];
const ONE_FILE = ["-hls_flags", "single_file"];
const INDEX = "index.m3u8";

function hls(name: string, args: readonly string[], more: Partial<CorpusRecipe> = {}): CorpusRecipe {
  return { name: `HLS ${name}`, entry: INDEX, how: "audio-rendition", make: (folder) => folder.mux(...args, INDEX), ...more };
}

const TS = [...FILM, ...CUT];
const TS_SOUND = ["-i", "@sound.aac", ...CUT];
const FMP4_SOUND = ["-i", "@sound.aac", ...ASC, ...CUT, ...FRAGMENTS];

/** Segments of bare frames, with the timestamps of RFC 8216, 3.4 left out: many packers do. */
function packed(name: string, sound: string, ending: string): Partial<CorpusRecipe> & { name: string } {
  return {
    name,
    make: async (folder) => {
      const bare = ending === "mp3" ? ["-segment_format_options", "write_xing=0:id3v2_version=0"] : [];
      await folder.mux("-i", sound, "-f", "segment", "-segment_time", "2", ...bare, "-segment_list", INDEX, "-segment_list_type", "m3u8", `%03d.${ending}`);
    },
  };
}

/** A master in front of playlists in folders of their own. */
function master(name: string, how: How, lines: readonly string[], parts: Readonly<Record<string, readonly string[]>>, more: Partial<CorpusRecipe> = {}): CorpusRecipe {
  return {
    name: `an HLS master ${name}`,
    entry: "master.m3u8",
    how,
    make: async (folder) => {
      for (const [part, args] of Object.entries(parts)) {
        await folder.write(`${part}/made`, "");
        await folder.mux(...args, "-hls_segment_filename", `${part}/%03d.${args.includes("fmp4") ? "m4s" : "ts"}`, `${part}/${INDEX}`);
      }
      await folder.write("master.m3u8", ["#EXTM3U", "#EXT-X-VERSION:7", ...lines, ""].join("\n"));
    },
    ...more,
  };
}

const VIDEO = ["-an", ...PICTURE, ...CUT];
const variant = (bandwidth: number, uri: string, more = 'CODECS="avc1.42c00a,mp4a.40.2",RESOLUTION=160x90'): string => `#EXT-X-STREAM-INF:BANDWIDTH=${String(bandwidth)},${more}\n${uri}`;
const media = (name: string, language: string, isDefault: boolean, uri?: string): string =>
  `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="${name}",LANGUAGE="${language}",AUTOSELECT=YES,DEFAULT=${isDefault ? "YES" : "NO"}${uri === undefined ? "" : `,URI="${uri}"`}`;
const WITH_SOUND = 'CODECS="avc1.42c00a,mp4a.40.2",RESOLUTION=160x90,AUDIO="a"';


const PLAYLISTS: readonly CorpusRecipe[] = [
  hls("of transport streams with a picture", TS),
  hls("of transport streams with sound alone", TS_SOUND),
  hls("of transport streams with MP3", ["-i", "@sound.mp3", ...PICTURE, "-map", "1:v", "-map", "0:a", ...CUT], { ending: ".mp3" }),
  hls("of transport streams with AC-3", ["-i", "@sound.ac3", ...CUT]),
  hls("of fragments with a picture", [...FILM, ...ASC, ...CUT, ...FRAGMENTS]),
  hls("of fragments with sound alone", FMP4_SOUND),
  hls("of fragments with Opus", ["-i", "@sound.opus", ...EXPERIMENTAL, ...CUT, ...FRAGMENTS]),
  hls("of fragments with FLAC", ["-i", "@sound.flac", ...EXPERIMENTAL, ...CUT, ...FRAGMENTS]),
  hls("of bare AAC frames", [], packed("HLS of bare AAC frames", "@sound.aac", "aac")),
  hls("of bare MP3 frames", [], { ...packed("HLS of bare MP3 frames", "@sound.mp3", "mp3"), ending: ".mp3" }),
  hls("encrypted, with the IV said", [], { make: (folder) => encrypted(folder, TS, () => ({ name: "0.key", iv: "000102030405060708090a0b0c0d0e0f" })) }),
  hls("encrypted, with the IV of the sequence number", [], { make: (folder) => encrypted(folder, [...TS, "-start_number", "7"], () => ({ name: "0.key" })) }),
  hls("encrypted with a new key for every other segment", [], { make: (folder) => encrypted(folder, TS, (at) => ({ name: `${String(Math.floor(at / 2))}.key` })) }),
  hls("encrypted in fragments, their beginning in the clear", [], { make: (folder) => encrypted(folder, FMP4_SOUND, () => ({ name: "0.key", iv: "0f0e0d0c0b0a09080706050403020100" })) }),
  hls("encrypted bare AAC frames", [], {
    make: async (folder) => {
      await packed("", "@sound.aac", "aac").make?.(folder);
      await folder.encrypt(INDEX, () => ({ name: "0.key" }));
    },
  }),
  hls("of byte ranges of one transport stream", [...TS, ...ONE_FILE]),
  hls("of byte ranges that say no offset", [], {
    make: async (folder) => {
      await folder.mux(...TS, ...ONE_FILE, INDEX);
      let isFirst = true;
      await folder.edit(INDEX, (text) => text.replaceAll(/^(#EXT-X-BYTERANGE:\d+)@\d+$/gm, (line, length: string) => (isFirst ? ((isFirst = false), line) : length)));
    },
  }),
  hls("of byte ranges of one file of fragments", [...FMP4_SOUND, ...ONE_FILE]),
  hls("with a discontinuity", [], { make: (folder) => joined(folder, TS_SOUND, TS_SOUND) }),
  hls("with a discontinuity between two files of fragments", [], { make: (folder) => joined(folder, FMP4_SOUND, FMP4_SOUND) }),
  hls("of an event that is over", TS.map((arg) => (arg === "vod" ? "event" : arg))),
  hls("with names that it defines itself", [], {
    readable: "plain.m3u8",
    make: async (folder) => {
      await folder.mux(...TS, "plain.m3u8");
      await folder.edit("plain.m3u8", (text) => text.replace("#EXTM3U\n", '#EXTM3U\n#EXT-X-DEFINE:NAME="stem",VALUE="plain"\n').replaceAll(/^plain/gm, "{$stem}"), INDEX);
    },
  }),
  hls("with a name from its address' query", [], {
    entry: `${INDEX}?token=plain`,
    readable: "plain.m3u8",
    make: async (folder) => {
      await folder.mux(...TS, "plain.m3u8");
      await folder.edit("plain.m3u8", (text) => text.replace("#EXTM3U\n", '#EXTM3U\n#EXT-X-DEFINE:QUERYPARAM="token"\n').replaceAll(/^plain/gm, "{$token}"), INDEX);
    },
  }),
  hls("as Windows writes it, with comments and a mark in front", [], {
    readable: "plain.m3u8",
    make: async (folder) => {
      await folder.mux(...TS, "plain.m3u8");
      await folder.edit("plain.m3u8", (text) => `\ufeff${text.replace("#EXTM3U\n", "#EXTM3U\n# made by hand\n\n#EXT-X-SOMETHING-NEW:1\n").replaceAll("\n", "\r\n")}`, INDEX);
    },
  }),
  hls("with segments beside and above it", [], {
    entry: `lists/deep/${INDEX}`,
    make: async (folder) => {
      await folder.write("segments/made", "");
      await folder.mux(...TS, "-hls_segment_filename", "segments/%03d.ts", INDEX);
      await folder.edit(INDEX, (text) => text.replaceAll(/^(segments\/)?(\d+\.ts)$/gm, "../../segments/$2"), `lists/deep/${INDEX}`);
    },
  }),
  master("with a rendition of sound", "audio-rendition", [media("English", "en", true, `sound/${INDEX}`), variant(900_000, `video/${INDEX}`, WITH_SOUND)], { video: VIDEO, sound: FMP4_SOUND }, { readable: `sound/${INDEX}` }),
  master("with renditions in two languages, one the default", "audio-rendition", [media("Deutsch", "de", false, `german/${INDEX}`), media("English", "en", true, `sound/${INDEX}`), variant(900_000, `video/${INDEX}`, WITH_SOUND)], { video: VIDEO, sound: TS_SOUND, german: ["-i", "@german.aac", ...CUT] }, { readable: `sound/${INDEX}` }),
  master("with renditions in two languages, the other one asked for", "audio-rendition", [media("Deutsch", "de", false, `german/${INDEX}`), media("English", "en", true, `sound/${INDEX}`), variant(900_000, `video/${INDEX}`, WITH_SOUND)], { video: VIDEO, sound: TS_SOUND, german: ["-i", "@german.aac", ...CUT] }, { readable: `german/${INDEX}`, language: "de-AT" }),
  master("with a rendition that the variants hold themselves", "audio-from-video", [media("English", "en", true), variant(900_000, `video/${INDEX}`, WITH_SOUND)], { video: TS }),
  master("with a variant of sound alone", "audio-rendition", [variant(900_000, `video/${INDEX}`), variant(64_000, `sound/${INDEX}`, 'CODECS="mp4a.40.2"')], { video: TS, sound: TS_SOUND }),
  master("with variants that hold both", "audio-from-video", [variant(1_900_000, `large/${INDEX}`), variant(700_000, `small/${INDEX}`), variant(1_200_000, `middle/${INDEX}`)], { large: TS, small: TS, middle: TS }),
  master("with a query that its parts have too", "audio-rendition", [variant(900_000, `video/${INDEX}?InvocationID=1&a=b`), variant(64_000, `sound/${INDEX}?InvocationID=2`, 'CODECS="mp4a.40.2"')], { video: TS, sound: TS_SOUND }, { entry: "master.m3u8?InvocationID=0&tid=00000000-0000-0000-0000-000000000000", readable: `sound/${INDEX}` }),
  master("that defines names for its parts", "audio-rendition", ['#EXT-X-DEFINE:NAME="where",VALUE="sound"', variant(900_000, `video/${INDEX}`), variant(64_000, `{$where}/imported.m3u8`, 'CODECS="mp4a.40.2"')], {}, {
    readable: `sound/${INDEX}`,
    make: async (folder) => {
      for (const part of ["video", "sound"]) {
        await folder.write(`${part}/made`, "");
        await folder.mux(...(part === "video" ? TS : TS_SOUND), "-hls_segment_filename", `${part}/%03d.ts`, `${part}/${INDEX}`);
      }
      await folder.edit(`sound/${INDEX}`, (text) => text.replace("#EXTM3U\n", '#EXTM3U\n#EXT-X-DEFINE:IMPORT="where"\n').replaceAll(/^(\d+\.ts)$/gm, "../{$where}/$1"), "sound/imported.m3u8");
      await folder.write("master.m3u8", ["#EXTM3U", '#EXT-X-DEFINE:NAME="where",VALUE="sound"', variant(900_000, `video/${INDEX}`), variant(64_000, "{$where}/imported.m3u8", 'CODECS="mp4a.40.2"'), ""].join("\n"));
    },
  }),
  master("under Panopto's name for one", "audio-rendition", [], {}, {
    entry: "master.panobf2",
    readable: `213829/${INDEX}`,
    make: async (folder) => {
      for (const [part, args] of [["213827", TS], ["213829", TS_SOUND]] as const) {
        await folder.write(`${part}/made`, "");
        await folder.mux(...args, "-hls_segment_filename", `${part}/%05d.ts`, `${part}/${INDEX}`);
      }
      await folder.write("master.panobf2", ["#EXTM3U", variant(703_314, `213827/${INDEX}`), variant(64_000, `213829/${INDEX}`, 'CODECS="mp4a.40.2"'), ""].join("\n"));
    },
  }),
];

async function encrypted(folder: CorpusFolder, args: readonly string[], keyOf: (at: number) => { name: string; iv?: string }): Promise<void> {
  await folder.mux(...args, INDEX);
  await folder.encrypt(INDEX, keyOf);
}

/** Two recordings in one list, the second one with another beginning. */
async function joined(folder: CorpusFolder, first: readonly string[], second: readonly string[]): Promise<void> {
  const isFragments = first.includes("fmp4");
  for (const [part, args] of [["a", first], ["b", second]] as const) {
    await folder.mux(...args, "-hls_segment_filename", `${part}%03d.${isFragments ? "m4s" : "ts"}`, ...(isFragments ? ["-hls_fmp4_init_filename", `${part}.mp4`] : []), `${part}.m3u8`);
  }
  const [a, b] = [await folder.segments("a.m3u8"), await folder.segments("b.m3u8")];
  await folder.write(INDEX, playlist(`${a}#EXT-X-DISCONTINUITY\n${b}`));
}

function dash(name: string, args: readonly string[], more: Partial<CorpusRecipe> = {}): CorpusRecipe {
  const both = ["-adaptation_sets", "id=0,streams=v id=1,streams=a"];
  return { name: `DASH ${name}`, entry: "manifest.mpd", how: "audio-rendition", make: (folder) => folder.mux(...FILM, ...ASC, "-f", "dash", "-seg_duration", "2", ...both, ...args, "manifest.mpd"), ...more };
}

const MPD = (inside: string): string =>
  `<?xml version="1.0" encoding="utf-8"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT12.0S" minBufferTime="PT2S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">\n<Period id="0">\n${inside}\n</Period>\n</MPD>\n`;
const SET = (inside: string, more = "", base = ""): string =>
  `<AdaptationSet contentType="audio" mimeType="audio/mp4" ${more}>${base}<Representation id="1" bandwidth="48000" codecs="mp4a.40.2" audioSamplingRate="48000">${inside}</Representation></AdaptationSet>`;

const SIDX_FILE = ["-i", "@sound.m4a", "-f", "mp4", "-frag_duration", "2000000", "-movflags", "+empty_moov+default_base_moof+global_sidx", "sound.mp4"];

const MANIFESTS: readonly CorpusRecipe[] = [
  dash("with numbers and a timeline", ["-use_template", "1", "-use_timeline", "1"]),
  dash("with numbers and one duration", ["-use_template", "1", "-use_timeline", "0"]),
  dash("with times", ["-use_template", "1", "-use_timeline", "1", "-media_seg_name", "chunk-$RepresentationID$-$Time$.m4s"], MADE_OF),
  dash("with numbers of five digits", ["-use_template", "1", "-use_timeline", "0", "-media_seg_name", "chunk-$RepresentationID$-$Number%05d$.m4s"]),
  dash("with a list of segments", ["-use_template", "0", "-use_timeline", "0"], MADE_OF),
  dash("with a list of byte ranges", ["-use_template", "0", "-use_timeline", "0", "-single_file", "1"], MADE_OF),
  dash("with the index of one file", [], {
    readable: "sound.mp4",
    make: async (folder) => {
      await folder.mux(...SIDX_FILE);
      const file = await folder.read("sound.mp4");
      const [moov, sidx] = [boxAt(file, "moov"), boxAt(file, "sidx")];
      const index = `<BaseURL>sound.mp4</BaseURL><SegmentBase indexRange="${String(sidx.at)}-${String(sidx.at + sidx.size - 1)}"><Initialization range="0-${String(moov.at + moov.size - 1)}"/></SegmentBase>`;
      await folder.write("manifest.mpd", MPD(SET(index)));
    },
  }),
  dash("with one file and nothing more", [], {
    readable: "sound.mp4",
    how: "audio-direct",
    make: async (folder) => {
      await folder.mux("-i", "@sound.aac", ...ASC, ...IN_FRONT, "-f", "mp4", "sound.mp4");
      await folder.write("manifest.mpd", MPD(SET("<BaseURL>sound.mp4</BaseURL>")));
    },
  }),
  dash("with bases at every level", [], {
    readable: "plain.mpd",
    make: async (folder) => {
      await folder.write("files/sound/made", "");
      await folder.mux("-i", "@sound.aac", ...ASC, "-f", "dash", "-seg_duration", "2", "-use_template", "1", "-use_timeline", "0", "-init_seg_name", "files/sound/init.m4s", "-media_seg_name", "files/sound/$Number$.m4s", "plain.mpd");
      await folder.edit("plain.mpd", (text) => text.replace(/<Period/, "<BaseURL>files/</BaseURL>\n<Period").replace(/(<AdaptationSet[^>]*>)/, "$1<BaseURL>sound/</BaseURL>").replaceAll("files/sound/", ""), "manifest.mpd");
    },
  }),
  dash("with two languages, one asked for", [], {
    language: "de",
    readable: "german/plain.mpd",
    make: async (folder) => {
      const sets: string[] = [];
      for (const [part, language] of [["sound", "en"], ["german", "de"]] as const) {
        await folder.write(`${part}/made`, "");
        await folder.mux("-i", `@${part}.aac`, ...ASC, "-f", "dash", "-seg_duration", "2", "-use_template", "1", "-use_timeline", "0", `${part}/plain.mpd`);
        const template = /<SegmentTemplate[^]*?\/>|<SegmentTemplate[^]*?<\/SegmentTemplate>/.exec(await folder.text(`${part}/plain.mpd`))?.[0] ?? "";
        sets.push(SET(template.replaceAll("$RepresentationID$", "0"), `lang="${language}"`, `<BaseURL>${part}/</BaseURL>`));
      }
      await folder.write("manifest.mpd", MPD(sets.join("\n")));
    },
  }),
];

export const CORPUS_RECIPES: readonly CorpusRecipe[] = [...FILES, ...PLAYLISTS, ...MANIFESTS];
