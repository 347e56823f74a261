import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Peers } from "../peers.ts";
import { startPeers } from "../peers.ts";
import { ask } from "../wire/client.ts";
import type { Ask, Got } from "../wire/client.ts";
import { lecture } from "./lecture.ts";
import type { Lecture } from "./lecture.ts";

const SITE = "https://uni.hosted.panopto.com";
const INFO = "/Panopto/Pages/Viewer/DeliveryInfo.aspx";
const JSON_ASKED = "&isEmbed=true&responseType=json";

interface Stream {
  readonly StreamUrl: string;
  readonly Tag: string;
  readonly ViewerMediaFileTypeName: string;
}

interface Info {
  readonly ErrorCode?: number;
  readonly SessionId: string;
  readonly UserEmail: string | null;
  readonly UserName: string | null;
  readonly Delivery: { readonly PublicID: string; readonly SessionName: string; readonly SessionGroupLongName: string; readonly Duration: number; readonly SessionStartTime: number; readonly IsAudioPodcastEncodeComplete: boolean; readonly IsPurgedEncode: boolean; readonly PodcastStreams: readonly Stream[]; readonly Streams: readonly Stream[] } | null;
}

describe("the stand-in for Panopto", () => {
  let dir: string;
  let peers: Peers;
  let auth: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-panopto-"));
    peers = await startPeers({ dir, hour: false });
  });
  after(async () => {
    await peers.stop();
    await rm(dir, { recursive: true });
  });
  beforeEach(() => {
    peers.site.clearFaults();
    peers.cdn.clearFaults();
    peers.site.loggedOut = "json-error-2";
    peers.site.podcastRefusal = "403";
    peers.site.signIn = "form";
    auth = peers.site.signInDirectly();
  });

  const site = (path: string, options: Ask & { readonly cookie?: string | undefined } = {}, origin = SITE): Promise<Got> => {
    const cookie = options.cookie === undefined ? {} : { cookie: `.ASPXAUTH=${options.cookie}; csrfToken=x` };
    return ask({ caFile: peers.caFile, port: peers.site.port }, origin + path, { ...options, headers: { ...cookie, ...options.headers } });
  };
  const cdn = (url: string, options: Ask = {}): Promise<Got> => ask({ caFile: peers.caFile, port: peers.cdn.port }, url, options);
  const post = (form: string, cookie?: string, origin?: string): Promise<Got> => site(INFO, { method: "POST", body: form, cookie, headers: { "content-type": "application/x-www-form-urlencoded;charset=UTF-8" } }, origin);
  const infoOf = async (of: Lecture, cookie?: string): Promise<Info> => JSON.parse((await post(`deliveryId=${of.deliveryId}${JSON_ASKED}`, cookie)).text) as Info;
  const podcast = (of: Lecture, cookie?: string, kind = "Download", target = "audioPodcast"): Promise<Got> => site(`/Panopto/Podcast/${kind}/${of.deliveryId}.mp4?mediaTargetType=${target}`, { cookie });
  const location = (got: Got): string => String(got.headers.location);

  it("gives the whole DeliveryInfo to a person who is signed in, by POST and by GET", async () => {
    const of = peers.lectures.twoIds;
    const posted = await post(`deliveryId=${of.deliveryId}${JSON_ASKED}`, auth);
    assert.match(posted.text, /https:\\\/\\\/d2y36twrtb17ty\.cloudfront\.net:443\\\/sessions/, "slashes come escaped, the port written out");
    const info = JSON.parse(posted.text) as Info;
    assert.equal(info.SessionId, of.sessionId);
    assert.equal(info.UserEmail, "philippa.canary7@uni.example");
    assert.equal(info.Delivery?.PublicID, of.deliveryId);
    assert.equal(info.Delivery.SessionGroupLongName, "Computing 101");
    assert.equal(info.Delivery.Duration, 20);
    assert.equal((info.Delivery.SessionStartTime - 11_644_473_600) * 1000, of.startedAt.getTime());
    const got = await site(`${INFO}?deliveryId=${of.deliveryId}&invocationId=&responseType=json`, { cookie: auth });
    assert.equal((JSON.parse(got.text) as Info).Delivery?.SessionName, of.title);
  });

  it("renews .ASPXAUTH when asked to, and the old value goes on being good", async () => {
    const got = await post(`deliveryId=${peers.lectures.short.deliveryId}&refreshAuthCookie=true&responseType=json`, auth);
    const renewed = /^\.ASPXAUTH=([0-9A-F]{512}); path=\/; secure; HttpOnly/.exec(String(got.headers["set-cookie"]?.[0]))?.[1];
    assert.ok(renewed !== undefined && renewed !== auth);
    for (const value of [auth, renewed]) assert.notEqual((await infoOf(peers.lectures.short, value)).Delivery, null);
    assert.equal((await post(`deliveryId=${peers.lectures.short.deliveryId}${JSON_ASKED}`, auth)).headers["set-cookie"], undefined);
  });

  it("finds a lecture by tid only where a tid is asked for, and takes no id for a tid", async () => {
    const of = peers.lectures.topic;
    const info = JSON.parse((await post(`&tid=${of.tid ?? ""}&isLiveNotes=false&responseType=json`, auth)).text) as Info;
    assert.equal(info.Delivery?.PublicID, of.deliveryId);
    assert.equal((JSON.parse((await post(`tid=${of.deliveryId}&responseType=json`, auth)).text) as Info).ErrorCode, 1);
    assert.equal((JSON.parse((await post(`deliveryId=${of.tid ?? ""}&responseType=json`, auth)).text) as Info).ErrorCode, 1);
  });

  it("gives captions as a list, and as a file, in the languages that it names", async () => {
    const { captioned, short } = peers.lectures;
    const list = async (of: Lecture, language: number): Promise<{ Caption: string; CaptionDuration: number }[]> =>
      JSON.parse((await post(`deliveryId=${of.deliveryId}&getCaptions=true&language=${String(language)}&responseType=json`, auth)).text) as { Caption: string; CaptionDuration: number }[];
    assert.deepEqual((await list(captioned, 1))[0], { Caption: "Good morning.", Time: 0, Duration: 0, CaptionDuration: 4.1 });
    assert.equal((await list(captioned, 4))[0]?.Caption, "Guten Morgen.");
    assert.deepEqual([await list(captioned, 0), await list(short, 1)], [[], []]);
    const file = `/Panopto/Pages/Transcription/GenerateSRT.ashx?id=${captioned.deliveryId}&language=1`;
    assert.match((await site(file, { cookie: auth })).text, /^\ufeff1\r\n00:00:00,000 --> 00:00:04,100\r\nGood morning\.\r\n/);
    assert.match((await site(file)).text, /^<!DOCTYPE html>/);
  });

  it("refuses the logged out in each form that was chosen", async () => {
    const of = peers.lectures.short;
    const refused = async (): Promise<Got> => post(`deliveryId=${of.deliveryId}${JSON_ASKED}`);
    assert.equal((JSON.parse((await refused()).text) as Info).ErrorCode, 2);
    peers.site.loggedOut = "html-200";
    const page = await refused();
    assert.equal(page.status, 200);
    assert.match(page.text, /^<!DOCTYPE html>[^]*type="password"/);
    peers.site.loggedOut = "redirect-to-login";
    assert.match(location(await refused()), /^\/Panopto\/Pages\/Auth\/Login\.aspx\?Auth=SessionView&panoptoState=/);
    peers.site.loggedOut = "redirect-sso";
    assert.match(location(await refused()), /^https:\/\/login\.uni\.example\/idp\//);
    peers.site.loggedOut = "401";
    assert.equal((await refused()).status, 401);
    const own = peers.site.add(lecture({ audio: peers.media.short.audio, video: peers.media.short.video, loggedOut: "html-200" }));
    assert.match((await post(`deliveryId=${own.deliveryId}${JSON_ASKED}`)).text, /^<!DOCTYPE/, "a lecture's own choice goes before the site's");
  });

  it("takes no cookie but a valid .ASPXAUTH of this very tenant", async () => {
    const of = peers.lectures.short;
    assert.equal((await infoOf(of, auth.toLowerCase())).ErrorCode, 2);
    const elsewhere = await post(`deliveryId=${of.deliveryId}${JSON_ASKED}`, auth, "https://other.hosted.panopto.com");
    assert.equal((JSON.parse(elsewhere.text) as Info).ErrorCode, 2);
    assert.equal((await infoOf(of, peers.site.signInDirectly())).ErrorCode, undefined);
  });

  it("ends a session on its own side, in the middle of anything", async () => {
    assert.ok(peers.site.endSession(auth));
    assert.equal((await infoOf(peers.lectures.short, auth)).ErrorCode, 2);
    assert.equal((await podcast(peers.lectures.short, auth)).status, 403);
    assert.equal(peers.site.endSession(auth), false);
  });

  it("redirects a podcast to a signed address on the CDN, which has the very file", async () => {
    for (const kind of ["Download", "Syndication", "Stream"]) {
      const to = location(await podcast(peers.lectures.short, auth, kind));
      assert.match(to, /^https:\/\/d2y36twrtb17ty\.cloudfront\.net\/sessions\/.*Signature=/);
      const got = await cdn(to, { protocol: "h2" });
      assert.equal(got.headers["content-type"], "video/mp4");
      assert.equal(createHash("sha256").update(got.body).digest("hex"), peers.media.short.audio.sha256);
    }
    const video = await cdn(location(await podcast(peers.lectures.short, auth, "Download", "videoPodcast")));
    assert.equal(video.body.length, peers.media.short.video.bytes);
  });

  it("says 403 where downloads are off or nobody is signed in, and 404 for a wrong id", async () => {
    assert.equal((await podcast(peers.lectures.short)).status, 403);
    assert.match(String((await podcast(peers.lectures.short)).headers["content-type"]), /^text\/html/);
    assert.equal((await podcast(peers.lectures.downloadsOff, auth)).status, 403);
    assert.notEqual((await infoOf(peers.lectures.downloadsOff, auth)).Delivery, null);
    assert.equal((await site("/Panopto/Podcast/Download/00000000-0000-4000-8000-000000000000.mp4?mediaTargetType=audioPodcast", { cookie: auth })).status, 404);
    assert.equal((await site(`/Panopto/Podcast/Download/${peers.lectures.twoIds.sessionId}.mp4`, { cookie: auth })).status, 404, "the session's id is no delivery id");
    peers.site.podcastRefusal = "html-200";
    assert.equal((await podcast(peers.lectures.short)).status, 200);
  });

  it("tells what is not encoded, what is purged, and what is not for this account", async () => {
    assert.equal((await infoOf(peers.lectures.notEncoded, auth)).Delivery?.IsAudioPodcastEncodeComplete, false);
    assert.equal((await podcast(peers.lectures.notEncoded, auth)).status, 404);
    assert.equal((await infoOf(peers.lectures.purged, auth)).Delivery?.IsPurgedEncode, true);
    assert.equal((await infoOf(peers.lectures.forbidden, auth)).ErrorCode, 2);
  });

  it("needs no cookie for a public lecture", async () => {
    const info = await infoOf(peers.lectures.public);
    assert.deepEqual([info.ErrorCode, info.UserEmail], [undefined, null]);
    assert.equal((await podcast(peers.lectures.public)).status, 302);
  });

  it("gives HLS and obfuscated names for streams, which the CDN has without any cookie", async () => {
    const master = async (of: Lecture): Promise<{ url: string; kind: string; body: string }> => {
      const stream = (await infoOf(of, auth)).Delivery?.PodcastStreams[0];
      assert.ok(stream !== undefined);
      return { url: stream.StreamUrl, kind: stream.ViewerMediaFileTypeName, body: (await cdn(stream.StreamUrl)).text };
    };
    for (const of of [peers.lectures.hls, peers.lectures.panobf2]) {
      const found = await master(of);
      assert.equal(found.kind, "hls");
      assert.match(found.body, /^#EXTM3U/);
      const index = await cdn(new URL("213829/index.m3u8", found.url).href);
      const segment = await cdn(new URL(`213829/${/\d+\.ts/.exec(index.text)?.[0] ?? ""}`, found.url).href);
      assert.equal(segment.body[0], 0x47, "a transport stream begins with its sync byte");
    }
    const plain = await master(peers.lectures.panobf1);
    assert.match(plain.url, /\.panobf1\?/);
    assert.equal(plain.body.slice(4, 8), "ftyp");
    const audio = (await infoOf(peers.lectures.audioStream, auth)).Delivery?.Streams.find(({ Tag }) => Tag === "AUDIO");
    assert.equal((await cdn(audio?.StreamUrl ?? "")).body.length, peers.media.short.audio.bytes);
  });

  it("answers 400 to any credential at the CDN, and counts it", async () => {
    const to = location(await podcast(peers.lectures.short, auth));
    assert.equal(peers.cdn.leaks.length, 0);
    assert.equal((await cdn(to, { headers: { cookie: "a=b" } })).status, 400);
    assert.equal((await cdn(to, { headers: { authorization: "Bearer x" }, protocol: "h2" })).status, 400);
    assert.equal(peers.cdn.leaks.length, 2);
    assert.equal(peers.counters().cookiesAtCdn, 2);
    await cdn(`${to}&c=${auth}`);
    assert.equal(peers.counters().cookiesAtCdn, 3, "a secret in an address is a leak as well");
  });

  it("lets signed addresses grow too old: 403 with XML", async () => {
    const to = location(await podcast(peers.lectures.short, auth));
    peers.cdn.expireSignatures();
    const got = await cdn(to);
    assert.equal(got.status, 403);
    assert.match(got.text, /^<\?xml[^]*AccessDenied/);
    assert.equal((await cdn(location(await podcast(peers.lectures.short, auth)))).status, 200);
    assert.equal((await cdn(to.replace(/Signature=[^&]+/, "Signature=forged"))).status, 403);
  });

  it("shows a page that looks like a lecture, and a sign-in page to others", async () => {
    const of = peers.lectures.short;
    const page = await site(`/Panopto/Pages/Viewer.aspx?randomparam=x&id=${of.deliveryId.toUpperCase()}&advance=true`, { cookie: auth, protocol: "h2" });
    assert.match(page.text, /<title>A short lecture: short<\/title>/);
    assert.match(page.text, /id="contentHeader"/);
    assert.equal((await site(`/Panopto/Pages/Embed.aspx?id=${of.deliveryId}`, { cookie: auth })).status, 200);
    const away = await site(`/Panopto/Pages/Viewer.aspx?id=${of.deliveryId}`);
    assert.equal(location(away), `/Panopto/Pages/Auth/Login.aspx?Auth=Viewer&ReturnUrl=${encodeURIComponent(`/Panopto/Pages/Viewer.aspx?id=${of.deliveryId}`)}`);
  });

  it("signs a person in by its form and sends them back where they came from", async () => {
    const back = `/Panopto/Pages/Viewer.aspx?id=${peers.lectures.short.deliveryId}`;
    const login = `/Panopto/Pages/Auth/Login.aspx?Auth=Viewer&ReturnUrl=${encodeURIComponent(back)}`;
    const form = (password: string): Promise<Got> => site(login, { method: "POST", body: `username=student7&password=${password}` });
    const wrong = await form("guess");
    assert.deepEqual([wrong.status, wrong.headers["set-cookie"]], [200, undefined], "a wrong password gets the page again, with 200");
    const right = await form("hear-and-learn");
    assert.equal(location(right), back);
    const cookies = right.headers["set-cookie"] ?? [];
    assert.deepEqual(cookies.map((line) => line.split("=")[0]), [".ASPXAUTH", "csrfToken", "UserSettings", "LastPath"]);
    assert.ok(cookies.every((line) => !/expires|max-age/i.test(line)), "session cookies all");
    const value = /=([0-9A-F]{512});/.exec(cookies[0] ?? "")?.[1];
    assert.equal((await site(back, { cookie: value })).status, 200);
    assert.ok(peers.site.secrets().includes(value ?? ""));
    assert.equal(location(await site("/Panopto/Pages/Auth/Login.aspx?ReturnUrl=https%3A%2F%2Fevil.example", { method: "POST", body: "username=student7&password=hear-and-learn" })), "/Panopto/Pages/Home.aspx");
  });

  it("bounces a person through the university's sign-in and back", async () => {
    peers.site.signIn = "sso";
    const back = `/Panopto/Pages/Viewer.aspx?id=${peers.lectures.short.deliveryId}`;
    const toIdp = location(await site(location(await site(back))));
    const idp = (options: Ask): Promise<Got> => ask({ caFile: peers.caFile, port: peers.idp.port }, toIdp, options);
    assert.match((await idp({})).text, /University of Example/);
    const signedIn = await idp({ method: "POST", body: "username=student7&password=hear-and-learn" });
    const cookie = String(signedIn.headers["set-cookie"]?.[0]).split(";")[0] ?? "";
    const page = (await idp({ headers: { cookie } })).text;
    const field = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1]?.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))) ?? "";
    const body = new URLSearchParams({ SAMLResponse: field("SAMLResponse"), RelayState: field("RelayState") }).toString();
    const done = await site("/Panopto/Pages/Auth/Login.aspx", { method: "POST", body });
    assert.equal(location(done), back);
    assert.match(String(done.headers["set-cookie"]?.[0]), /^\.ASPXAUTH=/);
    assert.equal((await site("/Panopto/Pages/Auth/Login.aspx", { method: "POST", body })).headers["set-cookie"], undefined, "an answer is good once");
  });

  it("lists what a person may see", async () => {
    const rows = async (cookie?: string): Promise<number> => {
      const got = await site("/Panopto/Services/Data.svc/GetSessions", { method: "POST", cookie, body: JSON.stringify({ queryParameters: { maxResults: 250, page: 0, folderID: peers.lectures.short.folderId } }) });
      return (JSON.parse(got.text) as { d: { TotalNumber: number } }).d.TotalNumber;
    };
    assert.equal(await rows(), 1, "the public one alone");
    assert.ok((await rows(auth)) > 10);
  });

  it("knows none but its own tenants, and never fails itself", async () => {
    assert.equal((await site("/", {}, "https://unknown.hosted.panopto.com")).status, 421);
    peers.assertSound();
  });
});
