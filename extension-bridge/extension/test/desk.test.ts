import { browserState as browser } from "../testing/fake-browser.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Capture, Cookie, RefreshWanted } from "@auricle/bridge";
import { aCapture, refusal, validateTraffic } from "@auricle/bridge/testing";
import { Desk } from "../src/background/desk.ts";
import { awaitedBackend } from "../src/background/standby.ts";
import { signInPlaceOf } from "../src/background/notice.ts";
import type { Place } from "../src/shared/wire.ts";

const ORIGIN = "https://uni.hosted.panopto.com";
const ID = "26b3ae9e-4a48-4dcc-96ba-0befba08a0fb";
const PLACE: Place = { url: `${ORIGIN}/Panopto/Pages/Viewer.aspx?id=${ID}`, title: "Anatomy 12", tabId: 7, frameId: 0 };
const BACKEND = "https://api.example.edu";
const KEY = `panopto:uni.hosted.panopto.com:${ID}>folder`;

const login = (value: string): Cookie => ({ name: ".ASPXAUTH", value, domain: "uni.hosted.panopto.com", path: "/" });
const capture = (more: Partial<Capture> = {}): Capture => aCapture({ key: KEY, page: PLACE.url, ...more });
const wanted = (more: Partial<RefreshWanted> = {}): RefreshWanted => ({ id: "r1", kind: "cookies", site: "panopto", origin: ORIGIN, store: "0", reason: "session_expired", attempt: 1, ...more });

function scripted(): void {
  browser.host.answers["capture.list"] = () => ({ result: { captures: [] } });
  browser.host.answers["capture.start"] = (params) => ({ result: { capture: capture({ key: String(params["key"]) }) } });
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !condition(); ) {
    assert.ok(Date.now() < deadline, "it never came to that");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const asked = (method: string) => browser.host.asked.filter((one) => one.method === method);
const newDesk = (): Desk => new Desk(() => undefined, () => false);

/** In these words a connection ends without being tried again, as it does when its worker is ended. */
const FOR_GOOD = "Specified native messaging host not found.";

afterEach(() => browser.host.die(FOR_GOOD));

beforeEach(() => {
  browser.reset();
  scripted();
  browser.cookies = [login("CANARY")];
});

test("before the person has agreed no cookie is read and nothing starts", async () => {
  await assert.rejects(newDesk().press("capture", PLACE), /Allow Auricle/);
  assert.equal(browser.cookieReads, 0);
  assert.equal(browser.host.lives, 0);
});

test("agreeing is kept for the origin, and starts the capture after the cookies were put", async () => {
  await newDesk().press("allow", PLACE);
  assert.ok(Object.hasOwn(browser.local["consents"] as object, ORIGIN));
  assert.deepEqual(browser.host.methods(), ["hello", "capture.list", "session.open", "vault.put", "capture.start"]);
  assert.deepEqual(browser.host.opened, [{ kind: "cookies", site: "panopto", origin: ORIGIN, store: "0", cookies: [login("CANARY")] }]);
  assert.deepEqual(asked("capture.start")[0]?.params, { page: PLACE.url, key: KEY, quality: "audio-only", deliver: { to: "folder" }, title: "Anatomy 12", store: "0" });
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});

test("a stream that the page has loaded goes along with the start, and is not kept", async () => {
  const stream = "https://cdn.example/a.hls/master.m3u8?signature=1";
  await newDesk().press("allow", { ...PLACE, stream });
  assert.deepEqual(asked("capture.start")[0]?.params["media"], { url: stream });
  assert.ok(!JSON.stringify(browser.session).includes("signature"));
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});

test("without any cookie the capture starts all the same", async () => {
  browser.cookies = [];
  await newDesk().press("allow", PLACE);
  assert.deepEqual(browser.host.opened, []);
  assert.equal(asked("capture.start").length, 1);
});

test("a delivery to a backend brings its token along, sealed, for that origin alone", async () => {
  browser.local["settings"] = { deliverTo: "backend", backendOrigin: BACKEND };
  browser.local["backendToken"] = "TOKEN";
  await newDesk().press("allow", PLACE);
  assert.deepEqual(browser.host.opened[1], { kind: "bearer", origin: BACKEND, token: "TOKEN" });
  assert.deepEqual(asked("capture.start")[0]?.params["deliver"], { to: "backend", origin: BACKEND });
});

test("the program is there, and has the token, as soon as the browser is, where a backend may ask for something", async () => {
  browser.local["settings"] = { deliverTo: "backend", backendOrigin: BACKEND };
  browser.local["backendToken"] = "TOKEN";
  browser.local["consents"] = { [ORIGIN]: 1 };
  await newDesk().wake();
  assert.deepEqual(browser.host.opened, [{ kind: "bearer", origin: BACKEND, token: "TOKEN" }]);
  assert.equal(browser.cookieReads, 0);
  browser.host.die();
  await until(() => browser.host.opened.length === 2);
  assert.deepEqual(browser.host.opened[1], browser.host.opened[0]);
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});

for (const [what, lacking] of [
  ["recordings go to a folder", { settings: { deliverTo: "folder", backendOrigin: BACKEND } }],
  ["there is no token", { backendToken: "" }],
  ["the person has agreed to no site", { consents: {} }],
] as const) {
  test(`no program is started by itself where ${what}`, async () => {
    Object.assign(browser.local, { settings: { deliverTo: "backend", backendOrigin: BACKEND }, backendToken: "TOKEN", consents: { [ORIGIN]: 1 } }, lacking);
    await newDesk().wake();
    assert.equal(browser.host.lives, 0);
    assert.equal(await awaitedBackend(), null, "and none is kept for one");
  });
}

test("what is kept for starting again holds neither cookie nor token", async () => {
  browser.local["settings"] = { deliverTo: "backend", backendOrigin: BACKEND };
  browser.local["backendToken"] = "TOKEN";
  await newDesk().press("allow", PLACE);
  const kept = JSON.stringify(browser.session);
  assert.ok(kept.includes(ID));
  assert.ok(!kept.includes("CANARY") && !kept.includes("TOKEN"));
});

test("a host that dies in mid-capture is started again, with the secrets and the same key", async () => {
  await newDesk().press("allow", PLACE);
  browser.host.die();
  await until(() => asked("capture.start").length === 2);
  assert.deepEqual(asked("capture.start")[1]?.params, asked("capture.start")[0]?.params);
  assert.equal(browser.host.opened.length, 2);
});

test("a worker that was ended goes on with what was under way", async () => {
  await newDesk().press("allow", PLACE);
  browser.host.die(FOR_GOOD);
  await newDesk().wake();
  await until(() => asked("capture.start").length >= 2);
});

test("a finished capture is announced, and not started again", async () => {
  await newDesk().press("allow", PLACE);
  browser.host.notify("capture.changed", { capture: capture({ state: "done" }) });
  assert.equal(browser.notices.length, 1);
  await until(() => !JSON.stringify(browser.session).includes(ID));
});

test("what the host wants a person to hear at once is shown as it says it, and no other warning", async () => {
  await newDesk().press("allow", PLACE);
  browser.host.notify("host.warning", { kind: "history", message: "A finished capture could not be written down." });
  browser.host.notify("host.warning", { kind: "session_expiring", message: "Your session at uni.example ends soon." });
  assert.deepEqual(browser.notices, ["Your session at uni.example ends soon."]);
});

test("a refusal to start reaches the person in the host's words", async () => {
  browser.host.answers["capture.start"] = () => refusal("unsupported_site", "This page holds no lecture.");
  await assert.rejects(newDesk().press("allow", PLACE), /This page holds no lecture\./);
});

test("a newer login answers a refresh", async () => {
  await newDesk().press("allow", PLACE);
  browser.cookies = [login("NEWER")];
  browser.host.notify("refresh.wanted", wanted());
  await until(() => asked("refresh.done").length === 1);
  assert.equal(browser.host.opened.length, 2);
});

for (const [what, cookies] of [["the same login as before", [login("CANARY")]], ["no login at all", []]] as const) {
  test(`${what} is no answer to a session that is over: the person is asked to sign in`, async () => {
    await newDesk().press("allow", PLACE);
    browser.cookies = [...cookies];
    browser.host.notify("refresh.wanted", wanted());
    await until(() => asked("refresh.failed").length === 1);
    assert.deepEqual(asked("refresh.failed")[0]?.params, { id: "r1", why: "login_required" });
    assert.deepEqual(browser.notices, ["auricle:c1 Sign in to go on"]);
  });
}

test("the same login will do for a host that has lost its cookies", async () => {
  await newDesk().press("allow", PLACE);
  browser.host.notify("refresh.wanted", wanted({ reason: "missing_cookies" }));
  await until(() => asked("refresh.done").length === 1);
});

test("a refresh for a site that nobody agreed to reads no cookie", async () => {
  await newDesk().press("allow", PLACE);
  const before = browser.cookieReads;
  browser.host.notify("refresh.wanted", wanted({ origin: "https://other.hosted.panopto.com" }));
  await until(() => asked("refresh.failed").length === 1);
  assert.deepEqual([asked("refresh.failed")[0]?.params["why"], browser.cookieReads], ["no_consent", before]);
});

test("a backend that wants its token gets it, and another backend does not", async () => {
  browser.local["settings"] = { deliverTo: "backend", backendOrigin: BACKEND };
  browser.local["backendToken"] = "TOKEN";
  await newDesk().press("allow", PLACE);
  browser.host.notify("refresh.wanted", wanted({ kind: "bearer", origin: BACKEND }));
  await until(() => asked("refresh.done").length === 1);
  browser.host.notify("refresh.wanted", wanted({ id: "r2", kind: "bearer", origin: "https://evil.example" }));
  await until(() => asked("refresh.failed").length === 1);
  assert.deepEqual(asked("refresh.failed")[0]?.params, { id: "r2", why: "no_token" });
});

test("a refresh that somebody else wants asks for a sign-in at the site, once, and the sign-in answers it", async () => {
  const desk = newDesk();
  await desk.press("allow", PLACE);
  browser.host.notify("capture.changed", { capture: capture({ state: "done" }) });
  await until(() => !JSON.stringify(browser.session).includes(ID));
  browser.cookies = [];
  for (const id of ["r1", "r2"]) browser.host.notify("refresh.wanted", wanted({ id, reason: "manual_trigger" }));
  await until(() => asked("refresh.failed").length === 2);
  const notice = `auricle-site:panopto ${ORIGIN} 0`;
  assert.deepEqual(browser.notices.slice(1), [`${notice} Sign in again`, `${notice} Sign in again`]);

  const place = signInPlaceOf(notice);
  assert.ok(place);
  await desk.openSignIn(place);
  assert.deepEqual(browser.opened, [`${ORIGIN}/Panopto/Pages/Auth/Login.aspx window 1`]);

  const before = browser.host.opened.length;
  browser.cookies = [login("NEWER")];
  await desk.cookieChanged({ name: ".ASPXAUTH", domain: "uni.hosted.panopto.com", storeId: "0" } as chrome.cookies.Cookie, false);
  await until(() => browser.host.opened.length === before + 1);
  assert.deepEqual(browser.cleared, [notice]);
});

test("a refresh of YouTube's cookies brings them, and the same ones again are no answer to a bot check", async () => {
  const origin = "https://www.youtube.com";
  const session = (value: string): Cookie[] => ["LOGIN_INFO", "SAPISID", "SIDCC"].map((name) => ({ name, value: name === "SIDCC" ? value : "same", domain: ".youtube.com", path: "/" }));
  const desk = newDesk();
  await desk.press("allow", PLACE);
  browser.local["consents"] = { [origin]: { at: 1 } };
  browser.granted.push("https://www.youtube.com/*");
  browser.cookies = session("1");
  const ofYouTube = { site: "youtube", origin } as const;
  browser.host.notify("refresh.wanted", wanted({ ...ofYouTube, reason: "missing_cookies" }));
  await until(() => asked("refresh.done").length === 1);
  assert.deepEqual(browser.host.opened.at(-1), { kind: "cookies", ...ofYouTube, store: "0", cookies: session("1") });
  browser.host.notify("refresh.wanted", wanted({ ...ofYouTube, id: "r2", reason: "bot_detection" }));
  await until(() => asked("refresh.failed").length === 1);
  browser.cookies = session("2");
  browser.host.notify("refresh.wanted", wanted({ ...ofYouTube, id: "r3", reason: "bot_detection" }));
  await until(() => asked("refresh.done").length === 2);
});

test("a refresh for a site that needs no cookies is nothing that we could answer", async () => {
  await newDesk().press("allow", PLACE);
  browser.host.notify("refresh.wanted", wanted({ site: "direct", origin: "https://files.example" }));
  await until(() => asked("refresh.failed").length === 1);
  assert.equal(asked("refresh.failed")[0]?.params["why"], "no_handler");
});

test("signing in sends a waiting capture on", async () => {
  const desk = newDesk();
  await desk.press("allow", PLACE);
  browser.host.notify("capture.changed", { capture: capture({ state: "waiting_for_cookies" }) });
  assert.equal(browser.badge, "!");
  browser.cookies = [login("NEWER")];
  await desk.cookieChanged({ name: ".ASPXAUTH", domain: "uni.hosted.panopto.com", storeId: "0" } as chrome.cookies.Cookie, false);
  await until(() => browser.host.opened.length === 2);
});

test("another site's or another store's login, another cookie and a sign-out change nothing", async () => {
  const desk = newDesk();
  await desk.press("allow", PLACE);
  await desk.cookieChanged({ name: ".ASPXAUTH", domain: "other.hosted.panopto.com", storeId: "0" } as chrome.cookies.Cookie, false);
  await desk.cookieChanged({ name: "csrfToken", domain: "uni.hosted.panopto.com", storeId: "0" } as chrome.cookies.Cookie, false);
  await desk.cookieChanged({ name: ".ASPXAUTH", domain: "uni.hosted.panopto.com", storeId: "0" } as chrome.cookies.Cookie, true);
  await desk.cookieChanged({ name: ".ASPXAUTH", domain: "uni.hosted.panopto.com", storeId: "1" } as chrome.cookies.Cookie, false);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(browser.host.opened.length, 1);
});

test("taking consent back makes the host forget that origin", async () => {
  const desk = newDesk();
  await desk.press("allow", PLACE);
  browser.host.answers["vault.forget"] = () => ({ result: { forgotten: 1 } });
  assert.deepEqual(await desk.obey({ order: "revoke", origin: ORIGIN }), { ok: true });
  assert.deepEqual(asked("vault.forget")[0]?.params, { origin: ORIGIN });
  await assert.rejects(desk.press("capture", PLACE), /Allow Auricle/);
});

test("a page learns of its own lecture only", async () => {
  const desk = newDesk();
  await desk.press("allow", PLACE);
  assert.equal((await desk.pageSnapshot(PLACE))?.capture?.id, "c1");
  assert.equal((await desk.pageSnapshot({ ...PLACE, url: PLACE.url.replace("26b3", "ffff") }))?.capture, null);
  assert.equal(await desk.pageSnapshot({ ...PLACE, url: "https://example.org/" }), null);
});

const PLAYER = "https://play.uni.example";
const WATCHED: Place = { url: `${PLAYER}/watch/vid_1`, title: "Hearing", tabId: 7, frameId: 0 };
const player = (name: string, value: string): Cookie => ({ name, value, domain: "play.uni.example", path: "/" });

async function deskAtPlayer(): Promise<Desk> {
  browser.granted = [...browser.granted, `${PLAYER}/*`];
  const desk = newDesk();
  await desk.wake();
  return desk;
}

test("the page of a player whose host was granted is captured like a lecture, with its own site's name", async () => {
  browser.cookies = [player("login", "CANARY")];
  await (await deskAtPlayer()).press("allow", WATCHED);
  assert.deepEqual(browser.host.opened, [{ kind: "cookies", site: "playback", origin: PLAYER, store: "0", cookies: [player("login", "CANARY")] }]);
  assert.equal(asked("capture.start")[0]?.params["page"], WATCHED.url);
  assert.equal(asked("capture.start")[0]?.params["key"], "playback:play.uni.example:vid_1>folder");
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});

test("a player of whose cookies the program wants none is captured without", async () => {
  browser.cookies = [player("theme", "dark")];
  browser.host.answers["vault.put"] = () => refusal("cookies_missing", "None was found.");
  await (await deskAtPlayer()).press("allow", WATCHED);
  assert.equal(asked("vault.put").length, 1);
  assert.equal(asked("capture.start").length, 1);
});

test("a player that wants a sign-in is not answered with cookies that are none", async () => {
  browser.cookies = [player("login", "CANARY")];
  await (await deskAtPlayer()).press("allow", WATCHED);
  browser.host.answers["vault.put"] = () => refusal("cookies_missing", "None was found.");
  browser.cookies = [player("theme", "dark")];
  browser.host.notify("refresh.wanted", wanted({ site: "playback", origin: PLAYER }));
  await until(() => asked("refresh.failed").length > 0);
  assert.equal(asked("refresh.failed")[0]?.params["why"], "login_required");
  assert.equal(browser.notices.length, 1, "the person is asked to sign in");
});

test("a page on a server that the program names is offered before the browser lets us see it, and starts nothing", async () => {
  browser.host.ownServers = [{ site: "playback", origin: PLAYER }];
  const desk = newDesk();
  assert.equal(await desk.pageSnapshot(WATCHED), null, "nobody knows of it yet");
  await desk.look();
  assert.deepEqual(await desk.pageSnapshot(WATCHED), { host: { state: "connected", version: "0.1.0" }, consented: false, access: false, capture: null });
  assert.deepEqual((await desk.snapshot([WATCHED], false)).ownServers, [{ site: "playback", origin: PLAYER }]);
  await assert.rejects(desk.press("allow", WATCHED), /does not let Auricle see play\.uni\.example/);
  assert.deepEqual([asked("capture.start").length, browser.cookieReads], [0, 0]);
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});
