// MUBI: its sign-in made out of cookies, what is asked with it and where it goes, films that are refused and streams in the clear.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Capture, ErrorKind, RefreshWanted } from "../../extension-bridge/bridge/src/index.ts";
import { boxAt } from "../peers/media/corpus-folder.ts";
import { makeCorpus, type Corpus } from "../peers/media/corpus.ts";
import { packetsOf } from "../peers/media/packets.ts";
import { DASH, film, HLS, type Film } from "../peers/mubi/film.ts";
import { MEMBER, webToken, type CookieForm, type MemberSession } from "../peers/mubi/member.ts";
import { LICENCE_HOST, MUBI_API_HOST, MUBI_HOST } from "../peers/mubi/mubi.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertNoLeak, assertRefused, assertSentence } from "./support/assertions.ts";
import { runFetch, type Fetched } from "./support/fetching.ts";
import { OVER, type RunningHost } from "./support/running-host.ts";
import { Scene, type HostOptions } from "./support/scene.ts";

const ORIGIN = `https://${MUBI_HOST}`;
const corpus: Corpus = await makeCorpus();
let scene: Scene;
before(async () => {
  scene = await Scene.open();
  scene.peers.mubiCdn.share("/corpus", corpus.folder);
});
afterEach(async () => {
  const { mubi, mubiCdn } = scene.peers;
  Object.assign(mubi, { invalidTokenStatus: 401, hasStatus: false, cookieForm: "lt" });
  mubi.clearFaults();
  mubiCdn.clearFaults();
  await scene.rest();
  assertNoLeak(scene.peers);
  assertKept();
});
after(() => scene.close());

/** The session has been at the API alone, and nobody has asked for a licence. */
function assertKept(): void {
  const { mubi, mubiCdn, licences, site, cdn, stranger, backend } = scene.peers;
  const words = [...mubi.secrets(), ...mubi.personalData()];
  const holds = ({ path, headers }: RequestRecord): boolean => words.some((word) => `${path}\n${Object.values(headers).join("\n")}`.includes(word));
  const elsewhere = [mubiCdn, licences, site, cdn, stranger, backend].flatMap(({ requests }) => [...requests]).concat(mubi.requests.filter(({ host }) => host !== MUBI_API_HOST));
  assert.deepEqual(elsewhere.filter((one) => holds(one) || one.headers["dt-custom-data"] !== undefined).map(({ server, path }) => `${server} ${path}`), []);
  assert.deepEqual(licences.requests.map(({ path }) => path), []);
  assert.ok(mubi.requests.every(({ cookie }) => cookie === undefined), "a cookie went along with the token");
  assert.ok(!words.some((word) => backend.received().includes(word)));
}

/** What the API was asked since there were so many requests. */
function asked(since = 0): RequestRecord[] {
  return scene.peers.mubi.requests.slice(since).filter(({ host }) => host === MUBI_API_HOST);
}
const lines = (records: readonly RequestRecord[]): string[] => records.map(({ method, path }) => `${method} ${path}`);
const seen = (): number => scene.peers.mubi.requests.length;

async function put(host: RunningHost, session: MemberSession, form?: CookieForm): Promise<void> {
  await host.bridge.putCookies({ site: "mubi", origin: ORIGIN, store: "0", cookies: scene.peers.mubi.cookiesOf(session, form) });
}

/** A host that has a session of MUBI's, after which the site has been asked once. */
async function signedIn(options: HostOptions = {}, session = scene.peers.mubi.signInDirectly(), form?: CookieForm): Promise<{ host: RunningHost; session: MemberSession }> {
  const host = await scene.start(options);
  const before = seen();
  await put(host, session, form);
  await scene.peers.mubi.waitForRequest(({ sequence, path, outcome }) => sequence > before && path === "/v4/account" && outcome === "complete");
  return { host, session };
}

const caseOf = (name: string): Corpus["cases"][number] => corpus.cases.find((one) => one.name === name) ?? assert.fail(name);
const CLEAR = caseOf("DASH with numbers and one duration");
const urlOf = (entry: string): string => scene.peers.mubiCdn.url(`/corpus/${entry}`);

function clearFilm(choices: Partial<Film> = {}): Film {
  return scene.peers.mubi.add(film({ title: "An unprotected extra", streams: [{ src: urlOf(CLEAR.entry), content_type: DASH }], ...choices }));
}
const page = (of: Film, locale?: string): string => scene.peers.mubi.pageUrl(of, locale);

async function assertSound(capture: Capture | undefined, of = CLEAR): Promise<void> {
  assert.equal(capture?.state, "done", JSON.stringify(capture?.error));
  const packets = await packetsOf(capture.result?.file ?? "");
  assert.deepEqual(packets.digests, of.packets.digests);
}

async function fetched(args: readonly string[], config: Record<string, unknown> = {}, input = ""): Promise<Fetched & { readonly folder: string; readonly home: string }> {
  const home = await scene.newHome();
  const folder = join(home, "out");
  return { ...(await runFetch([...args, "--out", folder], { home, configFile: await scene.configure(home, config), input })), folder, home };
}

describe("a page of MUBI's", () => {
  const forms: readonly (readonly [string, (of: Film) => string])[] = [
    ["by the word for its film", ({ slug }) => `/films/${slug}`],
    ["by its number", ({ id }) => `/films/${String(id)}`],
    ["with a country", ({ slug }) => `/de/films/${slug}`],
    ["with a language and a country", ({ slug }) => `/en/us/films/${slug}`],
    ["in the player", ({ slug }) => `/en/de/films/${slug}/player`],
    ["with a query and a fragment", ({ slug }) => `/films/${slug}?utm=1#top`],
  ];
  for (const [name, path] of forms) {
    it(`is known ${name}`, async () => {
      const { host } = await signedIn();
      const done = await host.capture(`${ORIGIN}${path(clearFilm())}`);
      await assertSound(done);
      assert.equal(done.site, "mubi");
      assert.equal(done.title, "An unprotected extra");
    });
  }

  for (const address of ["https://mubi.com/", "https://mubi.com/films", "https://mubi.com/lists/films/one", "https://mubi.com.stranger.example/films/one", "https://notmubi.com/films/one", "https://api.mubi.com/films/one", "https://mubi.com:8443/films/one", "https://mubi.com/en/us/de/films/one"]) {
    it(`is not taken for one where it is none: ${address}`, async () => {
      const host = await scene.start();
      await assertRefused(host.start(address), "unsupported_site");
    });
  }

  it("is no page of ours where the site is switched off", async () => {
    const host = await scene.start({ config: { sites: { mubi: { enabled: false } } } });
    await assertRefused(host.start("https://mubi.com/films/one"), "unsupported_site");
  });
});

describe("a sign-in at MUBI", () => {
  for (const [form, made] of [["lt", "the cookie lt"], ["document", "the cookie _mubi_session"]] as const) {
    it(`is understood from ${made}, and the log says which it was`, async () => {
      const home = await scene.newHome();
      const { host, session } = await signedIn({ home }, scene.peers.mubi.signInDirectly(), form);
      await assertSound(await host.capture(page(clearFilm())));
      const sent = asked().filter(({ authorization }) => authorization === `Bearer ${session.token}`);
      assert.ok(sent.length >= 4, lines(sent).join());
      const log = await readFile(join(home, ".local/state/auricle/auricle.log"), "utf8");
      assert.match(log, new RegExp(`session at https://mubi\\.com is good, of ${made}`));
      assert.ok(!log.includes(session.token));
    });
  }

  it("goes along with the headers of document 002, encoded as it has them", async () => {
    const { host, session } = await signedIn({}, scene.peers.mubi.signInDirectly(), "document");
    await assertSound(await host.capture(page(clearFilm(), "/en/us")));
    const [last] = asked().filter(({ path }) => path.endsWith("/secure_url")).slice(-1);
    assert.ok(last);
    const { headers } = last;
    assert.equal(headers["authorization"], `Bearer ${session.token}`);
    const data = headers["dt-custom-data"] ?? "";
    assert.match(data, /^[A-Za-z0-9+/]+={0,2}$/);
    assert.deepEqual(JSON.parse(Buffer.from(data, "base64").toString("utf8")), { userId: MEMBER.id, sessionId: session.id, merchant: "mubi" });
    const said = ["client", "client-country", "client-accept-audio-codecs", "client-accept-video-codecs", "origin", "referer", "accept", "accept-language", "anonymous_user_id"].map((name) => headers[name]);
    assert.deepEqual(said, ["web", MEMBER.country, "aac", "h265,vp9,h264", ORIGIN, ORIGIN, "application/json", "en", session.anonymousId]);
  });

  it("of the site's own form names the account that the site says, and the token as its session", async () => {
    const { host, session } = await signedIn();
    await assertSound(await host.capture(page(clearFilm())));
    const data = asked().filter(({ path }) => path.endsWith("/secure_url")).at(-1)?.headers["dt-custom-data"] ?? "";
    assert.deepEqual(JSON.parse(Buffer.from(data, "base64").toString("utf8")), { userId: MEMBER.id, sessionId: session.token, merchant: "mubi" });
  });

  it("is missing where no cookie holds one: the refusal names what was looked for", async () => {
    const host = await scene.start();
    const nothing = scene.peers.mubi.cookiesOf(scene.peers.mubi.signInDirectly()).filter(({ name }) => name === "_snow_id.c006");
    const refusal = await assertRefused(host.bridge.putCookies({ site: "mubi", origin: ORIGIN, store: "0", cookies: nothing }), "cookies_missing");
    assert.match(refusal.message, /\blt\b.*_mubi_session/);
  });

  it("is missing where the session's cookie is the one that everybody gets", async () => {
    const before = seen();
    const everybodys = scene.peers.mubi.cookiesOf(scene.peers.mubi.signInDirectly()).filter(({ name }) => name === "_mubi_session");
    const file = await netscapeFile(everybodys);
    const { capture } = await fetched(["--cookies", file, page(clearFilm())]);
    assert.ok(capture);
    assertFailed(capture, "cookies_missing");
    assert.match(capture.error?.message ?? "", /\blt\b.*_mubi_session/);
    assert.deepEqual(lines(asked(before)), []);
  });

  it("is asked for while a capture without one waits, and the capture goes on", async () => {
    const host = await scene.start();
    const { id } = await host.start(page(clearFilm()));
    await host.reaches(id, ["waiting_for_cookies"]);
    const { id: _, ...wanted } = host.wanted[0] ?? ({} as RefreshWanted);
    assert.deepEqual(wanted, { kind: "cookies", site: "mubi", origin: ORIGIN, store: "0", reason: "missing_cookies", attempt: 1 });
    await put(host, scene.peers.mubi.signInDirectly());
    await assertSound(await host.reaches(id, OVER));
  });

  it("may come from a cookie file", async () => {
    const file = await netscapeFile(scene.peers.mubi.cookiesOf(scene.peers.mubi.signInDirectly()));
    const { capture, status, err } = await fetched(["--cookies", file, page(clearFilm())]);
    assert.equal(status, 0, err);
    await assertSound(capture);
  });

  it("may come as a token on standard input, of which nothing is left", async () => {
    const { token } = scene.peers.mubi.signInDirectly();
    const { capture, status, out, err, home } = await fetched(["--bearer-from-stdin", page(clearFilm())], { log: { level: "debug" } }, `${token}\n`);
    assert.equal(status, 0, err);
    await assertSound(capture);
    assert.ok(asked().some(({ authorization, path }) => authorization === `Bearer ${token}` && path.endsWith("/secure_url")));
    const left = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const written = await Promise.all(left.map((entry) => readFile(join(entry.parentPath, entry.name))));
    assert.ok(![Buffer.from(out + err), ...written].some((bytes) => bytes.includes(token)));
  });

  for (const [name, input, sentence] of [["nothing", "", /no token on standard input/], ["several lines", "one\ntwo\n", /no token on standard input/]] as const) {
    it(`is no token where standard input holds ${name}`, async () => {
      const { status, err } = await fetched(["--bearer-from-stdin", page(clearFilm())], {}, input);
      assert.equal(status, 1);
      assert.match(err, sentence);
    });
  }

  it("is a token for MUBI's pages alone", async () => {
    const { status, err } = await fetched(["--bearer-from-stdin", "https://example.com/sound.mp3"], {}, "token\n");
    assert.equal(status, 1);
    assert.match(err, /MUBI/);
  });

  it("is not used where the configuration says so", async () => {
    const before = seen();
    const host = await scene.start({ config: { sites: { mubi: { useCookies: false } } } });
    await put(host, scene.peers.mubi.signInDirectly());
    const failed = await host.capture(page(clearFilm()));
    assertFailed(failed, "login_required");
    assert.match(failed.error?.message ?? "", /sites\.mubi\.useCookies/);
    assert.ok(asked(before).every(({ authorization, headers }) => authorization === undefined && headers["dt-custom-data"] === undefined));
  });
});

describe("a session at MUBI", () => {
  for (const hasStatus of [false, true]) {
    it(`is asked after ${hasStatus ? "at document 002's address where it answers" : "at the account where document 002's address is none"}: when it comes in, and before a capture`, async () => {
      Object.assign(scene.peers.mubi, { hasStatus });
      const before = seen();
      const host = await scene.start();
      await put(host, scene.peers.mubi.signInDirectly());
      const last = hasStatus ? "/v3/auth/status" : "/v4/account";
      await scene.peers.mubi.waitForRequest(({ sequence, path, outcome }) => sequence > before && path === last && outcome === "complete");
      const first = hasStatus ? ["GET /v3/auth/status"] : ["GET /v3/auth/status", "GET /v4/account"];
      assert.deepEqual(lines(asked(before)), first);
      const one = clearFilm();
      await assertSound(await host.capture(page(one)));
      const viewing = `/v4/films/${String(one.id)}/viewing`;
      const again = [...(hasStatus ? ["GET /v3/auth/status"] : []), "GET /v4/account", `GET /v4/films/${one.slug}`, `POST ${viewing}?parental_lock_enabled=true`, `GET ${viewing}/secure_url`];
      assert.deepEqual(lines(asked(before)).slice(first.length), again);
    });
  }

  for (const status of [401, 422] as const) {
    it(`is over at ${String(status)} with the site's code 8: the capture waits and goes on with a new one`, async () => {
      scene.peers.mubi.invalidTokenStatus = status;
      const { host, session } = await signedIn();
      scene.peers.mubi.endSession(session);
      const { id } = await host.start(page(clearFilm()));
      await host.reaches(id, ["waiting_for_cookies"]);
      assert.equal(host.wanted[0]?.reason, "session_expired");
      await put(host, scene.peers.mubi.signInDirectly());
      await assertSound(await host.reaches(id, OVER));
    });
  }

  it("that is over when it comes in is asked for anew before anybody captures", async () => {
    const session = scene.peers.mubi.signInDirectly();
    scene.peers.mubi.endSession(session);
    const wanted: RefreshWanted[] = [];
    let tell: () => void = () => undefined;
    const came = new Promise<void>((resolve) => (tell = resolve));
    const host = await scene.start({
      onRefreshWanted: async (one) => {
        wanted.push(one);
        await put(host, scene.peers.mubi.signInDirectly());
        tell();
        return { done: true };
      },
    });
    await put(host, session);
    await came;
    assert.equal(wanted[0]?.reason, "session_expired");
    await assertSound(await host.capture(page(clearFilm())));
    assert.equal(wanted.length, 1);
  });

  it("may be exchanged by the site itself: what its answer sets is used from then on", async () => {
    const { host, session } = await signedIn();
    const next = scene.peers.mubi.rotate(session);
    await assertSound(await host.capture(page(clearFilm())));
    assert.equal(asked().at(-1)?.authorization, `Bearer ${next.token}`);
    assert.equal(host.wanted.length, 0);
  });

  it("is asked after again and again while a capture runs, and a new one is asked for when it ends meanwhile", async () => {
    const { host, session } = await signedIn({ config: { sites: { mubi: { heartbeatMs: 40 } } } });
    const stall = scene.peers.mubiCdn.fail({ kind: "silence" }, { path: dirname(CLEAR.entry), after: 1, times: 1000 });
    const before = seen();
    const { id } = await host.start(page(clearFilm()));
    const beats = (count: number) => (): boolean => lines(asked(before)).filter((line) => line === "GET /v4/account").length > count;
    await scene.peers.mubi.waitForRequest(beats(4));
    scene.peers.mubi.endSession(session);
    await scene.peers.mubi.waitForRequest(({ sequence, path, status }) => sequence > before && path === "/v4/account" && status === 401);
    const refresh = async (): Promise<RefreshWanted | undefined> => {
      await host.bridge.request("vault.status", {});
      return host.wanted[0];
    };
    let wanted = await refresh();
    while (wanted === undefined) wanted = await refresh();
    assert.equal(wanted.reason, "session_expired");
    await put(host, scene.peers.mubi.signInDirectly());
    stall.release();
    await assertSound(await host.reaches(id, OVER));
  });

  it("that ends soon by its token's own word is asked for anew in time", async () => {
    const soon = webToken(new Date(Date.now() + 60_000));
    const reasons: string[] = [];
    let tell: () => void = () => undefined;
    const came = new Promise<void>((resolve) => (tell = resolve));
    const host = await scene.start({
      onRefreshWanted: async ({ reason }) => {
        reasons.push(reason);
        await put(host, scene.peers.mubi.signInDirectly());
        tell();
        return { done: true };
      },
    });
    await put(host, scene.peers.mubi.signInDirectly(soon));
    await came;
    assert.deepEqual(reasons, ["stale"]);
  });

  it("that may not see a film is told so in the site's own sentence, and nobody is asked to sign in", async () => {
    const { host } = await signedIn();
    const failed = await host.capture(page(clearFilm({ access: "elsewhere" })));
    assertFailed(failed, "forbidden");
    assert.match(failed.error?.message ?? "", /This film is not currently authorized in your location/);
    assert.equal(host.wanted.length, 0);
  });

  it("waits as long as the site asks for when it is asked too often", async () => {
    const { host } = await signedIn();
    const busy = scene.peers.mubi.fail({ kind: "status", status: 429, retryAfter: 1 }, { path: "/secure_url" });
    await assertSound(await host.capture(page(clearFilm())));
    assert.equal(busy.hits, 1);
    const [first, second] = asked().filter(({ path }) => path.endsWith("/secure_url")).slice(-2);
    assert.ok(second && first && second.at - first.at >= 990, "it was asked again too early");
  });
});

describe("login.check", () => {
  const check = (host: RunningHost, site: "mubi" | "panopto", origin: string) => host.bridge.request("login.check", { site, origin, store: "0" });

  it("says of MUBI who is signed in and until when", async () => {
    const until = new Date(Math.ceil(Date.now() / 1000) * 1000 + 7_200_000);
    const { host } = await signedIn({}, scene.peers.mubi.signInDirectly(webToken(until)));
    const state = await check(host, "mubi", ORIGIN);
    assert.deepEqual({ ...state, checkedAt: "" }, { loggedIn: true, account: String(MEMBER.id), expiresAt: until.toISOString(), checkedAt: "" });
  });

  it("says that nobody is where the session is over, and where there is none", async () => {
    const { host, session } = await signedIn();
    scene.peers.mubi.endSession(session);
    assert.equal((await check(host, "mubi", ORIGIN)).loggedIn, false);
    await host.bridge.request("vault.forget", {});
    assert.equal((await check(host, "mubi", ORIGIN)).loggedIn, false);
  });

  it("passes on that the site wants to be asked less", async () => {
    const { host } = await signedIn();
    scene.peers.mubi.fail({ kind: "status", status: 429, retryAfter: 120 }, { path: "/v4/account" });
    const refusal = await assertRefused(check(host, "mubi", ORIGIN), "rate_limited");
    assert.equal(refusal.data.retryAfterMs, 120_000);
  });

  it("says it of Panopto too", async () => {
    const origin = `https://${scene.peers.site.lectures.length > 0 ? "uni.hosted.panopto.com" : ""}`;
    const host = await scene.start();
    assert.equal((await check(host, "panopto", origin)).loggedIn, false);
    const value = await host.signIn();
    assert.equal((await check(host, "panopto", origin)).loggedIn, true);
    scene.peers.site.endSession(value);
    assert.equal((await check(host, "panopto", origin)).loggedIn, false);
  });

  it("is refused for a site that nobody signs in to, and for an address that is none", async () => {
    const host = await scene.start();
    await assertRefused(host.bridge.request("login.check", { site: "direct", origin: "https://example.com" }), "unsupported_site");
    await assertRefused(host.bridge.request("login.check", { site: "panopto", origin: "https://example.com" }), "unsupported_site");
    await assertRefused(host.bridge.request("login.check", { site: "mubi", origin: "https://mubi.com." }), "bad_params", "/origin");
  });
});

const WIDEVINE = "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed";

/** A case's playlist or manifest with something put in before a line. */
async function withLine(name: string, before: RegExp, line: string): Promise<string> {
  const { entry } = caseOf(name);
  const text = await readFile(join(corpus.folder, entry), "utf8");
  assert.match(text, before);
  return scene.peers.mubiCdn.put(`/corpus/${dirname(entry)}/${randomUUID()}${extname(entry)}`, text.replace(before, (found) => `${line}\n${found}`));
}

async function changed(name: string, change: (bytes: Buffer) => Buffer): Promise<string> {
  return scene.peers.mubiCdn.put(`/changed/${randomUUID()}.mp4`, change(await readFile(join(corpus.folder, caseOf(name).entry))));
}

/** The description of a track under another name of four letters (ISO/IEC 14496-12, 8.5.2). */
const described =
  (from: string, to: string) =>
  (file: Buffer): Buffer => {
    const renamed = Buffer.from(file);
    renamed.write(to, file.indexOf(from, file.indexOf("stsd"), "latin1"), "latin1");
    return renamed;
  };

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

const TS = "HLS of transport streams with a picture";
const MP4 = "an MP4 with its index at the end";
const inPlaylist = (tag: string): Promise<string> => withLine(TS, /#EXTINF/, tag);
const inManifest = (scheme: string, more = "", inside = /<Representation(?=[^>]*audio)/): Promise<string> => withLine(CLEAR.name, inside, `<ContentProtection schemeIdUri="${scheme}"${more}><dashif:Laurl xmlns:dashif="https://dashif.org/CPS">https://${LICENCE_HOST}/license-proxy-widevine/cenc/</dashif:Laurl></ContentProtection>`);

const PROTECTED: readonly [name: string, url: () => Promise<string>, type: string][] = [
  ["DASH with common encryption", () => inManifest("urn:mpeg:dash:mp4protection:2011", ' value="cenc"'), DASH],
  ["DASH with Widevine", () => inManifest(`urn:uuid:${WIDEVINE}`), DASH],
  ["DASH with Widevine in capitals", () => inManifest(`urn:uuid:${WIDEVINE.toUpperCase()}`), DASH],
  ["DASH with PlayReady", () => inManifest("urn:uuid:9a04f079-9840-4286-ab92-e65be0885f95"), DASH],
  ["DASH with FairPlay in a representation", () => inManifest("urn:uuid:94ce86fb-07ff-4f43-adb8-93d2fa968ca2", "", /<SegmentTemplate/), DASH],
  ["HLS with SAMPLE-AES-CTR and Widevine's format", () => inPlaylist(`#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI="data:text/plain;base64,AAAA",KEYFORMAT="urn:uuid:${WIDEVINE}",KEYFORMATVERSIONS="1"`), HLS],
  ["HLS with FairPlay", () => inPlaylist('#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://abc",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"'), HLS],
  ["HLS with Flash Access", () => inPlaylist("#EXT-X-FAXS-CM:MIIC"), HLS],
  ["an HLS master with a session key", () => withLine("an HLS master with a variant of sound alone", /#EXT-X-STREAM-INF/, '#EXT-X-SESSION-KEY:METHOD=SAMPLE-AES,URI="skd://abc",KEYFORMAT="com.apple.streamingkeydelivery"'), HLS],
  ["an MP4 with an encrypted sound", () => changed(MP4, described("mp4a", "enca")), "video/mp4"],
  ["an MP4 with an encrypted picture", () => changed(MP4, described("avc1", "encv")), "video/mp4"],
  ["an MP4 with a licence server's box", () => changed(MP4, withPssh), "video/mp4"],
];

describe("a film that is protected", () => {
  for (const [name, url, content_type] of PROTECTED) {
    it(`(${name}) is refused with a sentence that says what Auricle does not do`, async () => {
      const { host } = await signedIn();
      const failed = await host.capture(page(clearFilm({ title: "A protected film", streams: [{ src: await url(), content_type }] })));
      assertFailed(failed, "drm_protected");
      assert.match(failed.error?.message ?? "", /protects “A protected film” by DRM.*asks no licence server.*deciphers nothing/);
      assert.equal(failed.result, undefined);
    });
  }

  it("is refused as such whatever else does not open", async () => {
    const { host } = await signedIn();
    const streams = [{ src: scene.peers.mubiCdn.url("/nothing.mpd"), content_type: DASH }, { src: await inManifest(`urn:uuid:${WIDEVINE}`), content_type: DASH }];
    assertFailed(await host.capture(page(clearFilm({ streams }))), "drm_protected");
  });

  it("has its trailer all the same", async () => {
    const { host } = await signedIn();
    const one = clearFilm({ title: "A protected film", streams: [{ src: await inManifest(`urn:uuid:${WIDEVINE}`), content_type: DASH }], trailers: [{ profile: "1080p", url: urlOf(caseOf(MP4).entry) }] });
    const done = await host.capture(`${page(one)}/trailer`);
    await assertSound(done, caseOf(MP4));
    assert.equal(done.title, "A protected film (trailer)");
  });
});

describe("what MUBI has in the clear", () => {
  const clear: readonly (readonly [string, string])[] = [[CLEAR.name, DASH], [TS, HLS], [MP4, "video/mp4"], ["HLS encrypted in fragments, their beginning in the clear", HLS]];
  for (const [name, content_type] of clear) {
    it(`(${name}) is captured whole, packet by packet`, async () => {
      const one = caseOf(name);
      const { host } = await signedIn();
      const done = await host.capture(page(clearFilm({ streams: [{ src: urlOf(one.entry), content_type }] })));
      await assertSound(done, one);
      assert.equal(done.plan?.how, one.how);
    });
  }

  it("is taken where another stream of the same film is protected", async () => {
    const { host } = await signedIn();
    const streams = [{ src: await inManifest(`urn:uuid:${WIDEVINE}`), content_type: DASH }, { src: urlOf(caseOf(TS).entry), content_type: HLS }];
    await assertSound(await host.capture(page(clearFilm({ streams }))), caseOf(TS));
  });

  it("goes to the backend without anything of the session", async () => {
    const { host } = await signedIn();
    await host.putToken();
    const done = await host.capture(page(clearFilm()), { deliver: scene.toBackend });
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.result?.confirmed, true);
  });

  it("is a trailer for anybody, of which the smallest is asked and nobody signs in", async () => {
    const small = caseOf(MP4), large = caseOf("an MP4 with its index in front");
    const one = clearFilm({ trailers: [{ profile: "1080p", url: urlOf(large.entry) }, { profile: "240p", url: urlOf(small.entry) }] });
    const before = seen();
    const { capture, status, err } = await fetched([`${page(one)}/trailer`]);
    assert.equal(status, 0, err);
    await assertSound(capture, small);
    assert.deepEqual(lines(asked(before)), [`GET /v4/films/${one.slug}`]);
    assert.equal(asked(before)[0]?.headers["client-country"], "DE");
  });

  it("is not there where a film has no trailer, and where there is no film", async () => {
    const { host } = await signedIn();
    assertFailed(await host.capture(`${page(clearFilm())}/trailer`), "not_found");
    assertFailed(await host.capture(`${ORIGIN}/films/no-such-film`), "not_found");
  });
});

describe("the token", () => {
  it("does not follow a redirect of the API's", async () => {
    const { host } = await signedIn();
    scene.peers.mubi.fail({ kind: "redirect", to: ["https://elsewhere.example/account"] }, { path: "/secure_url" });
    const failed = await host.capture(page(clearFilm()));
    assertFailed(failed, "network");
    assert.ok(!scene.peers.stranger.requests.some(({ path }) => path.startsWith("/account")));
  });

  it("does not follow a stream to other hosts, the API's own page among them", async () => {
    const { host } = await signedIn();
    const before = seen();
    scene.peers.mubiCdn.fail({ kind: "redirect", to: [`https://${MUBI_HOST}/films/there`, `https://${MUBI_HOST}/films/there`] }, { path: CLEAR.entry });
    const failed = await host.capture(page(clearFilm()));
    assert.equal(failed.state, "failed");
    assertSentence(failed.error?.message ?? "");
    const followed = scene.peers.mubi.requests.slice(before).filter(({ host: name }) => name === MUBI_HOST);
    assert.ok(followed.length > 0 && followed.every(({ authorization, cookie }) => authorization === undefined && cookie === undefined));
  });

  const kinds: readonly [number, ErrorKind][] = [[403, "forbidden"], [404, "not_found"], [418, "network"]];
  for (const [status, kind] of kinds) {
    it(`is in no sentence about an answer of ${String(status)}`, async () => {
      const { host, session } = await signedIn();
      scene.peers.mubi.fail({ kind: "status", status, type: "application/json", body: JSON.stringify({ code: 99, user_message: `No.` }) }, { path: "/secure_url" });
      const failed = await host.capture(page(clearFilm()));
      assertFailed(failed, kind);
      assert.ok(!JSON.stringify(host.frames).includes(session.token));
    });
  }
});

/** As a browser's exporter writes it. */
async function netscapeFile(cookies: ReturnType<Scene["peers"]["mubi"]["cookiesOf"]>): Promise<string> {
  const rows = cookies.map(({ domain, path, secure, expirationDate, name, value, httpOnly }) => `${httpOnly ? "#HttpOnly_" : ""}${[domain, "TRUE", path, secure ? "TRUE" : "FALSE", String(expirationDate), name, value].join("\t")}`);
  const file = join(await scene.newHome(), "cookies.txt");
  await writeFile(file, ["# Netscape HTTP Cookie File", ...rows, ""].join("\n"));
  return file;
}
