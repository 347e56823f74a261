// Every form in which a site may have its sound, captured by the built program and compared packet by packet with what
// ffmpeg reads at the source; and every form that is refused, with its sentence.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, extname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { ErrorKind } from "../../extension-bridge/bridge/src/index.ts";
import { boxAt } from "../peers/media/corpus-folder.ts";
import { makeCorpus, type Corpus, type CorpusCase } from "../peers/media/corpus.ts";
import { packetsOf } from "../peers/media/packets.ts";
import type { FileSite } from "../peers/files/file-site.ts";
import { assertFailed, assertNoLeak } from "./support/assertions.ts";
import { runFetch, type Fetched } from "./support/fetching.ts";
import { Scene } from "./support/scene.ts";

const corpus: Corpus = await makeCorpus();
let scene: Scene;
let files: FileSite;
before(async () => {
  scene = await Scene.open();
  files = await scene.files();
  files.share("/corpus", corpus.folder);
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

/** Captured into a folder of its own. */
async function fetched(url: string, config: Record<string, unknown> = {}): Promise<Fetched & { readonly folder: string }> {
  const home = await scene.newHome();
  const folder = join(home, "out");
  return { ...(await runFetch([url, "--out", folder], { home, configFile: await scene.configure(home, config) })), folder };
}

async function compare(one: CorpusCase): Promise<void> {
  const { status, err, capture } = await fetched(files.url(`/corpus/${one.entry}`), one.language === undefined ? {} : { captures: { language: one.language } });
  assert.equal(status, 0, err);
  assert.equal(capture?.plan?.how, one.how);
  const file = capture.result?.file ?? "";
  assert.equal(extname(file), one.ending);
  const packets = await packetsOf(file);
  assert.deepEqual(packets.digests, one.packets.digests);
  const distance = Math.abs((capture.result?.durationMs ?? 0) - one.packets.durationMs);
  assert.ok(distance <= one.packets.frameMs, `${String(capture.result?.durationMs)} ms in place of ${String(one.packets.durationMs)}`);
}

describe("the sound of", { concurrency: Math.max(2, cpus().length) }, () => {
  for (const one of corpus.cases) it(`${one.name} is the source's, packet by packet`, () => compare(one));
});

type Url = string;

/** A case's file, changed by hand and served under a path of its own. */
async function changed(entry: string, change: (bytes: Buffer) => Buffer): Promise<Url> {
  const name = `/changed/${randomUUID()}${extname(entry)}`;
  return files.put(name, change(await readFile(join(corpus.folder, entry))));
}

function entryOf(name: string): string {
  const found = corpus.cases.find((one) => one.name === name);
  assert.ok(found, name);
  return found.entry;
}

/** The description of a track under another name of four letters (ISO/IEC 14496-12, 8.5.2). */
const described =
  (from: string, to: string) =>
  (file: Buffer): Buffer => {
    const at = file.indexOf(from, file.indexOf("stsd"), "latin1");
    assert.ok(at > 0);
    const renamed = Buffer.from(file);
    renamed.write(to, at, "latin1");
    return renamed;
  };

const WIDEVINE = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed";

/** An index with a box for a licence server in it. Nothing may stand behind the index. */
function withPssh(file: Buffer): Buffer {
  const moov = boxAt(file, "moov");
  const pssh = Buffer.alloc(32);
  pssh.writeUInt32BE(pssh.length, 0);
  pssh.write("pssh", 4, "latin1");
  pssh.write(WIDEVINE.replaceAll("-", ""), 12, "hex");
  const longer = Buffer.concat([file, pssh]);
  longer.writeUInt32BE(moov.size + pssh.length, moov.at);
  return longer;
}

/** A case's playlist or manifest with something put in before a line. */
async function withLine(entry: string, before: RegExp, line: string): Promise<Url> {
  const text = await readFile(join(corpus.folder, entry), "utf8");
  const name = `/corpus/${dirname(entry)}/${randomUUID()}${extname(entry)}`;
  assert.match(text, before);
  return files.put(name, text.replace(before, (found) => `${line}\n${found}`));
}

const INDEX_AT_END = "an MP4 with its index at the end";
const IN_FRONT = "an MP4 with its index in front";
const TS = "HLS of transport streams with a picture";
const DASH = "DASH with numbers and one duration";
const inPlaylist = (tag: string): Promise<Url> => withLine(entryOf(TS), /#EXTINF/, tag);
const inManifest = (inside: RegExp, scheme: string, more = ""): Promise<Url> => withLine(entryOf(DASH), inside, `<ContentProtection schemeIdUri="${scheme}"${more}/>`);
const IN_SOUND = /<Representation(?=[^>]*audio)/;
const IN_REPRESENTATION = /<SegmentTemplate/;

const REFUSALS: readonly [name: string, url: () => Url | Promise<Url>, kind: ErrorKind, sentence: RegExp][] = [
  ["HLS with SAMPLE-AES", () => inPlaylist('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="key.bin"'), "drm_protected", /DRM/],
  ["HLS with SAMPLE-AES-CTR and Widevine's format", () => inPlaylist(`#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI="data:text/plain;base64,AAAA",KEYFORMAT="urn:uuid:${WIDEVINE}",KEYFORMATVERSIONS="1"`), "drm_protected", /DRM/],
  ["HLS with FairPlay", () => inPlaylist('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://abc",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"'), "drm_protected", /DRM/],
  ["HLS with PlayReady's format over AES-128", () => inPlaylist('#EXT-X-KEY:METHOD=AES-128,URI="key.bin",KEYFORMAT="com.microsoft.playready"'), "drm_protected", /DRM/],
  ["HLS with a key at skd: and nothing else said", () => inPlaylist('#EXT-X-KEY:METHOD=AES-128,URI="skd://abc"'), "drm_protected", /DRM/],
  ["HLS with Flash Access", () => inPlaylist("#EXT-X-FAXS-CM:MIIC"), "drm_protected", /DRM/],
  ["an HLS master with a session key", () => withLine(entryOf("an HLS master with a variant of sound alone"), /#EXT-X-STREAM-INF/, '#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="skd://abc",KEYFORMAT="com.apple.streamingkeydelivery"'), "drm_protected", /DRM/],
  ["DASH with common encryption", () => inManifest(IN_SOUND, "urn:mpeg:dash:mp4protection:2011", ' value="cenc"'), "drm_protected", /DRM/],
  ["DASH with Widevine", () => inManifest(IN_SOUND, `urn:uuid:${WIDEVINE.toUpperCase()}`), "drm_protected", /DRM/],
  ["DASH with PlayReady", () => inManifest(IN_SOUND, "urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95"), "drm_protected", /DRM/],
  ["DASH with FairPlay in a representation", () => inManifest(IN_REPRESENTATION, "urn:uuid:94ce86fb-07ff-4f43-adb8-93d2fa968ca2"), "drm_protected", /DRM/],
  ["an MP4 with an encrypted sound", () => changed(entryOf(INDEX_AT_END), described("mp4a", "enca")), "drm_protected", /DRM/],
  ["an MP4 with an encrypted picture", () => changed(entryOf(INDEX_AT_END), described("avc1", "encv")), "drm_protected", /DRM/],
  ["an MP4 with a licence server's box", () => changed(entryOf(INDEX_AT_END), withPssh), "drm_protected", /DRM/],
  ["an MP4 whose sound is in no known coding", () => changed(entryOf(INDEX_AT_END), described("mp4a", "qqqq")), "not_media", /./],
  ["an MP4 that is cut off in its sound", () => changed(entryOf(IN_FRONT), (file) => file.subarray(0, file.length / 2)), "not_media", /./],
  ["an MP4 that is cut off before its index", () => changed(entryOf(INDEX_AT_END), (file) => file.subarray(0, file.length / 2)), "not_media", /./],
  ["a transport stream that holds none", () => Promise.resolve(files.put("/other/index.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nseg.ts\n#EXT-X-ENDLIST\n")), "not_found", /[Ss]egment 0/],
  ["a page in place of a playlist", () => files.put("/other/page.m3u8", "<!DOCTYPE html>\n<title>Sign in</title><p>Please sign in.</p>"), "not_media", /./],
  ["text in place of a manifest", () => files.put("/other/text.mpd", "this is no manifest"), "not_media", /./],
  ["a playlist without segments", () => files.put("/other/empty.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-ENDLIST\n"), "not_media", /no segments/],
  ["a master of masters", () => files.put("/other/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmaster.m3u8\n"), "not_media", /./],
  ["an address with nothing behind it", () => files.url("/nothing/here.mp4"), "not_found", /nothing at this address/],
];

describe("what cannot be captured", { concurrency: Math.max(2, cpus().length) }, () => {
  for (const [name, url, kind, sentence] of REFUSALS) {
    it(`(${name}) fails as ${kind} and says why`, async () => {
      const { status, capture, err, folder } = await fetched(await url());
      assert.equal(status, 1);
      assert.ok(capture, err);
      assertFailed(capture, kind);
      assert.match(capture.error?.message ?? "", sentence);
      assert.deepEqual(await readdir(folder).catch(() => []), []);
    });
  }
});
