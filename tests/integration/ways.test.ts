// Every form in which a site may have its sound, captured by the built program and compared packet by packet with what
// ffmpeg reads at the source; and every form that is refused, with its sentence.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, extname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Capture, CaptureStartParams, ErrorKind } from "../../extension-bridge/bridge/src/index.ts";
import type { FileSite } from "../peers/files/file-site.ts";
import { boxAt } from "../peers/media/corpus-folder.ts";
import { makeCorpus, type Corpus, type CorpusCase } from "../peers/media/corpus.ts";
import { packetsOf } from "../peers/media/packets.ts";
import { deliveryInfo } from "../peers/panopto/delivery-info.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import { SITE_HOST } from "../peers/panopto/site.ts";
import { bytesAnswer } from "../peers/wire/answer.ts";
import type { Fault } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertNoLeak, assertSaved } from "./support/assertions.ts";
import { FetchRun, runFetch, type Fetched } from "./support/fetching.ts";
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
  // An MP4's own times are kept: what its edit list leaves out, and the silence that it begins with.
  if (one.how === "audio-from-mp4") {
    assert.ok(Math.abs(packets.firstMs - one.packets.firstMs) <= 1, `begins at ${String(packets.firstMs)} ms in place of ${String(one.packets.firstMs)}`);
    assert.ok(Math.abs(packets.lastMs - one.packets.lastMs) <= 1, `ends at ${String(packets.lastMs)} ms in place of ${String(one.packets.lastMs)}`);
  }
  const distance = Math.abs((capture.result?.durationMs ?? 0) - one.packets.durationMs);
  assert.ok(distance <= one.packets.frameMs, `${String(capture.result?.durationMs)} ms in place of ${String(one.packets.durationMs)}`);
}

describe("the sound of", { concurrency: Math.max(2, cpus().length) }, () => {
  for (const one of corpus.cases) it(`${one.name} is the source's, packet by packet`, () => compare(one));
});

type Url = string;

async function soundIn(capture: Capture | undefined): Promise<readonly string[]> {
  return (await packetsOf(capture?.result?.file ?? "")).digests;
}

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
  ["an MP4 whose sound is in no known coding", () => changed(entryOf(INDEX_AT_END), described("mp4a", "qqqq")), "not_media", /not known/],
  ["an MP4 that is cut off in its sound", () => changed(entryOf(IN_FRONT), (file) => file.subarray(0, file.length / 2)), "not_media", /./],
  ["an MP4 that is cut off before its index", () => changed(entryOf(INDEX_AT_END), (file) => file.subarray(0, file.length / 2)), "not_media", /./],
  ["a playlist whose only segment is not there", () => files.put("/other/index.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nseg.ts\n#EXT-X-ENDLIST\n"), "not_found", /^Segment 1 of 1 /],
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

describe("a server that does not give the ranges it was asked for", () => {
  const ignores: Fault = { kind: "ignore-range" };
  const [start, total, validator, absent] = (["start", "total", "validator", "absent"] as const).map((what): Fault => ({ kind: "wrong-range", what }));
  const rows: readonly [string, Fault | undefined, number][] = [
    ["ignores them", ignores, 0],
    ["ignores them after a while", ignores, 2],
    ["gives other ones", start, 0],
    ["gives other ones after a while", start, 2],
    ["names none", absent, 0],
    ["names none after a while", absent, 2],
    ["names another length", total, 0],
    ["names another length after a while", total, 2],
    ["names another file", validator, 0],
    ["names another file after a while", validator, 2],
  ];
  for (const [name, fault, after] of rows) {
    it(`(${name}) is noticed, and the sound is taken all the same`, async () => {
      const entry = entryOf(IN_FRONT);
      const lie = files.fail(fault ?? ignores, { path: entry, after, times: 1000 });
      const { status, capture, err } = await fetched(files.url(`/corpus/${entry}`));
      assert.equal(status, 0, err);
      assert.ok(lie.hits > 0);
      assert.deepEqual(await soundIn(capture), corpus.cases.find((one) => one.entry === entry)?.packets.digests);
    });
  }

  it("is an error where a list is made of them", async () => {
    const entry = entryOf("HLS of byte ranges of one transport stream");
    files.fail({ kind: "ignore-range" }, { path: `${dirname(entry)}/index.ts`, times: 1000 });
    const { capture } = await fetched(files.url(`/corpus/${entry}`));
    assert.ok(capture);
    assertFailed(capture, "not_media");
    assert.match(capture.error?.message ?? "", /^Segment 1 of 6 .*does not give parts of files/);
  });
});

describe("a segment", () => {
  const entry = entryOf(TS);

  it("that is missing fails the capture with its number, and leaves no file", async () => {
    files.fail({ kind: "status", status: 404 }, { path: `${dirname(entry)}/index3.ts`, times: 1000 });
    const { capture, folder } = await fetched(files.url(`/corpus/${entry}`));
    assert.ok(capture);
    assertFailed(capture, "not_found");
    assert.match(capture.error?.message ?? "", /^Segment 4 of 6 /);
    assert.deepEqual(await readdir(folder).catch(() => []), []);
  });

  it("that is refused, cut or slow to come at first is there in the end", async () => {
    files.fail({ kind: "status", status: 503, retryAfter: 0 }, { path: `${dirname(entry)}/index1.ts` });
    files.fail({ kind: "truncate", afterBytes: 1000 }, { path: `${dirname(entry)}/index2.ts` });
    files.fail({ kind: "drop", afterBytes: 1000 }, { path: `${dirname(entry)}/index4.ts` });
    const { status, capture, err } = await fetched(files.url(`/corpus/${entry}`));
    assert.equal(status, 0, err);
    assert.deepEqual(await soundIn(capture), corpus.cases.find((one) => one.entry === entry)?.packets.digests);
  });
});

describe("a live stream", () => {
  const entry = entryOf("HLS of transport streams with sound alone");

  /** A playlist that has grown by a segment at each request, to `most` of them; it ends where it has all. */
  async function growing(most: number): Promise<{ readonly url: Url; asked(): number }> {
    const whole = await readFile(join(corpus.folder, entry), "utf8");
    const from = whole.indexOf("#EXTINF");
    const parts = whole.slice(from).replace("#EXT-X-ENDLIST", "").trim().split(/\n(?=#EXTINF)/);
    const path = `/corpus/${dirname(entry)}/live-${randomUUID()}.m3u8`;
    let asked = 0;
    files.answer(path, () => {
      asked += 1;
      const there = parts.slice(0, Math.min(most, 2 + asked));
      const head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-MEDIA-SEQUENCE:0\n";
      return bytesAnswer(200, "application/x-mpegURL", `${head}${there.join("\n")}\n${there.length === parts.length ? "#EXT-X-ENDLIST\n" : ""}`);
    });
    return { url: files.url(path), asked: () => asked };
  }

  it("is captured until it ends", async () => {
    const live = await growing(1000);
    const { status, capture, err } = await fetched(live.url);
    assert.equal(status, 0, err);
    assert.ok(live.asked() > 3);
    assert.deepEqual(await soundIn(capture), corpus.cases.find((one) => one.entry === entry)?.packets.digests);
  });

  it("without an end is kept as far as it came when it is stopped by hand", async () => {
    const live = await growing(4);
    const home = await scene.newHome();
    const run = new FetchRun([live.url, "--out", join(home, "out")], { home, configFile: await scene.configure(home) });
    await files.waitForRequest(({ path, outcome }) => path.endsWith(`${dirname(entry)}/index3.ts`) && outcome === "complete");
    const asked = live.asked();
    await files.waitForRequest(({ path }) => live.url.endsWith(path) && live.asked() > asked + 1);
    run.child.kill("SIGINT");
    const { status, capture, err } = await run.ended;
    assert.equal(status, 0, err);
    const [is, whole] = [await soundIn(capture), corpus.cases.find((one) => one.entry === entry)?.packets.digests ?? []];
    assert.ok(is.length > whole.length / 2 && is.length < whole.length, String(is.length));
    assert.deepEqual(is, whole.slice(0, is.length));
  });
});

describe("a Panopto recording", () => {
  const media = (lecture: Lecture): RequestRecord[] => scene.peers.cdn.requests.filter(({ path, method }) => path.includes(lecture.sessionId) && method === "GET");
  const info = (): RequestRecord[] => scene.peers.site.requests.filter(({ path }) => path.toLowerCase().includes("deliveryinfo"));

  async function captured(lecture: Lecture, config: Record<string, unknown> = {}, choices: Partial<CaptureStartParams> = {}): Promise<Capture> {
    const host = await scene.start({ home: await scene.newHome(), config });
    await host.signIn();
    return host.capture(scene.peers.viewerUrl(lecture), choices);
  }

  const streams = [
    ["an MP4", { stream: "mp4" }, "audio-from-mp4"],
    ["an MP4 of Panopto's name", { stream: "panobf1" }, "audio-from-mp4"],
    ["HLS", { stream: "hls" }, "audio-rendition"],
    ["HLS of Panopto's name", { stream: "panobf2" }, "audio-rendition"],
    ["an audio stream", { stream: "mp4", audioStream: true }, "audio-direct"],
    ["an audio stream alone", { stream: "none", audioStream: true }, "audio-direct"],
    ["an MP4 among streams without an address", { stream: "mp4", withNullUrls: true }, "audio-from-mp4"],
  ] as const;
  for (const [name, choices, how] of streams) {
    it(`whose audio podcast is not encoded yet is taken from its stream: ${name}`, async () => {
      const { hls } = scene.peers.lectures.hls;
      const lecture = scene.lecture({ audioEncoded: false, ...(hls === undefined ? {} : { hls }), ...choices });
      const done = await captured(lecture);
      assert.equal(done.state, "done", JSON.stringify(done.error));
      assert.equal(done.plan?.how, how);
      assert.deepEqual(await soundIn(done), (await packetsOf(lecture.audio.file)).digests);
      assert.deepEqual(scene.peers.site.requests.filter(({ path }) => path.includes("/Podcast/") && path.includes(lecture.deliveryId)), []);
    });
  }

  it("that is not encoded in any way yet is not ready yet", async () => {
    const failed = await captured(scene.lecture({ audioEncoded: false, stream: "none" }));
    assertFailed(failed, "not_ready_yet");
    assert.equal(failed.error?.data.retryable, true);
  });

  it("whose owner has switched downloads off is refused, and nothing of it is asked of the CDN", async () => {
    const lecture = scene.lecture({ downloads: false });
    assertFailed(await captured(lecture), "download_disabled");
    const sound = media(lecture).filter(({ bytesSent }) => bytesSent > 0);
    assert.deepEqual(sound.map(({ path }) => path), []);
  });

  it("whose owner has switched downloads off is streamed where the configuration says so", async () => {
    const lecture = scene.lecture({ downloads: false });
    const done = await captured(lecture, { sites: { panopto: { whenDownloadsAreOff: "stream" } } });
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.plan?.how, "audio-from-mp4");
    assert.deepEqual(await soundIn(done), (await packetsOf(lecture.audio.file)).digests);
  });

  it("whose page has given its DeliveryInfo is not asked for it again", async () => {
    const lecture = scene.lecture();
    const view = { lecture, host: SITE_HOST, session: undefined, cdn: scene.peers.cdn };
    const before = info().length;
    const done = await captured(lecture, {}, { media: { delivery: deliveryInfo(view) } });
    await assertSaved(done, lecture.audio);
    assert.equal(info().length, before);
  });

  it("whose page has given another one's DeliveryInfo is asked for its own", async () => {
    const [lecture, other] = [scene.lecture(), scene.lecture()];
    const before = info().length;
    const done = await captured(lecture, {}, { media: { delivery: deliveryInfo({ lecture: other, host: SITE_HOST, session: undefined, cdn: scene.peers.cdn }) } });
    await assertSaved(done, lecture.audio);
    assert.equal(info().length, before + 1);
  });

  it("whose page has given a stream's address is taken from it", async () => {
    const lecture = scene.lecture({ audioEncoded: false, stream: "none" });
    const given = scene.lecture({ stream: "mp4" });
    const done = await captured(lecture, {}, { media: { url: scene.peers.cdn.streamUrl(given, SITE_HOST) ?? "" } });
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.plan?.how, "audio-from-mp4");
    assert.deepEqual(await soundIn(done), (await packetsOf(given.audio.file)).digests);
  });
});
