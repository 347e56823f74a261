import { browserState as browser } from "../testing/fake-browser.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Cookie, SiteItem } from "@auricle/bridge";
import { aCapture, refusal, validateTraffic } from "@auricle/bridge/testing";
import { Desk } from "../src/background/desk.ts";
import { courseFile, courseParams, lengthOf, recogniseCourse, rowOf } from "../src/shared/course.ts";
import type { CourseSource, Outcome, Ticked } from "../src/shared/wire.ts";

const ORIGIN = "https://uni.hosted.panopto.com";
const FOLDER = `${ORIGIN}/Panopto/Pages/Sessions/List.aspx#folderID=%22e4c6a2fc-1214-4ca0-8fb7-aef2e29ff63a%22`;
const IDS = ["26b3ae9e-4a48-4dcc-96ba-0befba08a0fb", "ed01b077-c9e5-4c7b-b8ff-15fa306d7a59"] as const;
const PAGES = IDS.map((id) => `${ORIGIN}/Panopto/Pages/Viewer.aspx?id=${id}`);
const TICKED: Ticked[] = PAGES.map((page, n) => ({ page, title: `Lecture ${n + 1}` }));
const SOURCE: CourseSource = { url: FOLDER, store: "0" };
const ITEM: SiteItem = { page: PAGES[0] ?? "", title: "Lecture 1", durationMs: 3_197_750, downloadable: true, captured: null };
const LOGIN: Cookie = { name: ".ASPXAUTH", value: "CANARY", domain: "uni.hosted.panopto.com", path: "/" };

const asked = (method: string) => browser.host.asked.filter((one) => one.method === method);
const newDesk = (): Desk => new Desk(() => undefined, () => false);

async function agreedDesk(): Promise<Desk> {
  const desk = newDesk();
  assert.deepEqual(await desk.obey({ order: "course_agree", source: SOURCE }), { ok: true });
  return desk;
}

function refusedWith(outcome: Outcome): string {
  assert.ok(!outcome.ok);
  return outcome.said;
}

beforeEach(() => {
  browser.reset();
  browser.cookies = [LOGIN];
  browser.host.answers["capture.list"] = () => ({ result: { captures: [] } });
  browser.host.answers["capture.start"] = (params) => ({ result: { capture: aCapture({ id: `c-${String(params["page"]).slice(-4)}`, key: String(params["key"]), page: String(params["page"]), state: "queued" }) } });
  browser.host.answers["site.list"] = () => ({ result: { items: [ITEM], total: 1 } });
});
afterEach(() => browser.host.die("Specified native messaging host not found."));

for (const url of [
  FOLDER,
  `${ORIGIN}/Panopto/Pages/Sessions/List.aspx#isSharedWithMe=true`,
  `${ORIGIN}/panopto/pages/sessions/list.aspx`,
  `${ORIGIN}/Panopto/Pages/Viewer.aspx?pid=${IDS[0]}`,
  `${ORIGIN}/Panopto/Pages/Viewer.aspx?id=${IDS[1]}&pid=${IDS[0]}`,
]) {
  test(`${url} lists recordings`, () => assert.deepEqual(recogniseCourse(url), { site: "panopto", url, origin: ORIGIN, host: "uni.hosted.panopto.com" }));
}

for (const url of ["", "about:blank", PAGES[0] ?? "", `${ORIGIN}/Panopto/Pages/Home.aspx`, FOLDER.replace("https:", "http:"), FOLDER.replace("panopto.com", "panopto.com.evil.example"), `${ORIGIN}/Panopto/Pages/Viewer.aspx?pid=nonsense`]) {
  test(`“${url}” lists none`, () => assert.equal(recogniseCourse(url), null));
}

test("a host that the person granted lists recordings too", () => {
  const url = "https://lectures.uni.example/Panopto/Pages/Sessions/List.aspx";
  assert.equal(recogniseCourse(url), null);
  assert.equal(recogniseCourse(url, ["lectures.uni.example"])?.host, "lectures.uni.example");
});

test("our own page's address brings the list's address whole, fragment and all", () => {
  const params = { url: FOLDER, title: "Acoustics & more #1", store: "firefox-container-2" };
  assert.deepEqual(courseParams(new URL(courseFile(params), "chrome-extension://x/").search), params);
  assert.deepEqual(courseParams(new URL(courseFile({ url: FOLDER, title: "" }), "chrome-extension://x/").search), { url: FOLDER, title: "" });
});

test("a length is written as players write it", () => {
  assert.deepEqual([3_197_750, 3_729_000, 59_600, 0, null].map(lengthOf), ["53:18", "1:02:09", "1:00", "0:00", ""]);
});

test("a row says how its recording stands, and can be ticked where that makes sense", () => {
  const capture = (more: object) => aCapture({ page: ITEM.page, ...more });
  assert.deepEqual(rowOf(ITEM, null, undefined), { state: "open", said: "", canTick: true });
  assert.deepEqual(rowOf({ ...ITEM, captured: "c9" }, null, undefined), { state: "known", said: "Captured before", canTick: true });
  assert.deepEqual(rowOf({ ...ITEM, downloadable: false }, null, undefined), { state: "off", said: "Downloads are switched off", canTick: false });
  assert.deepEqual(rowOf(ITEM, null, "It is not known."), { state: "failed", said: "It is not known.", canTick: true });
  assert.deepEqual(rowOf({ ...ITEM, captured: "c1" }, capture({ state: "done" }), undefined), { state: "done", said: "Captured", canTick: false });
  assert.deepEqual(rowOf(ITEM, capture({ state: "downloading", done: 400 }), undefined), { state: "running", said: "Capturing 40\u00a0%", canTick: false });
  assert.deepEqual(rowOf(ITEM, capture({ state: "queued" }), undefined), { state: "running", said: "Queued…", canTick: false });
  assert.deepEqual(rowOf(ITEM, capture({ state: "cancelled" }), undefined), { state: "open", said: "", canTick: true });
  const failed = rowOf(ITEM, capture({ state: "failed", error: refusal("download_disabled", "Downloads are off.").error }), undefined);
  assert.deepEqual(failed, { state: "failed", said: "Downloads are off. Ask the recording's owner to allow downloads.", canTick: true });
});

test("before the person has agreed no cookie is read and nothing is listed or started", async () => {
  const desk = newDesk();
  for (const order of [{ order: "course_list", source: SOURCE }, { order: "course_capture", source: SOURCE, ticked: TICKED }] as const) {
    assert.match(refusedWith(await desk.obey(order)), /Allow Auricle/);
  }
  assert.deepEqual([browser.cookieReads, browser.host.lives], [0, 0]);
});

test("a list is asked for after the site's cookies were put, with the store of its tab", async () => {
  const desk = await agreedDesk();
  const outcome = await desk.obey({ order: "course_list", source: SOURCE });
  assert.deepEqual(outcome, { ok: true, listed: { items: [ITEM], total: 1 } });
  assert.deepEqual(browser.host.methods(), ["hello", "capture.list", "session.open", "vault.put", "site.list"]);
  assert.deepEqual(browser.host.opened, [{ kind: "cookies", site: "panopto", origin: ORIGIN, store: "0", cookies: [LOGIN] }]);
  assert.deepEqual(asked("site.list")[0]?.params, { page: FOLDER, limit: 100, store: "0" });
  await desk.obey({ order: "course_list", source: SOURCE, after: "100" });
  assert.equal(asked("site.list")[1]?.params["after"], "100");
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});

test("a list that needs a sign-in says so in its kind, so that the page can help", async () => {
  browser.host.answers["site.list"] = () => refusal("login_required", "Sign in first.");
  assert.deepEqual(await (await agreedDesk()).obey({ order: "course_list", source: SOURCE }), { ok: false, said: "Sign in first.", kind: "login_required" });
});

test("what is ticked is started in its order, with the keys that single captures have, and the cookies put once", async () => {
  const outcome = await (await agreedDesk()).obey({ order: "course_capture", source: SOURCE, ticked: TICKED });
  assert.deepEqual(outcome, { ok: true, refused: [] });
  assert.deepEqual(
    asked("capture.start").map(({ params }) => params),
    IDS.map((id, n) => ({ page: PAGES[n], key: `panopto:uni.hosted.panopto.com:${id}>folder`, quality: "audio-only", deliver: { to: "folder" }, title: `Lecture ${n + 1}`, store: "0" })),
  );
  assert.equal(browser.host.opened.length, 1);
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});

test("a course for a backend brings its token along, once", async () => {
  browser.local["settings"] = { deliverTo: "backend", backendOrigin: "https://api.example.edu", courseId: "c7" };
  browser.local["backendToken"] = "TOKEN";
  await (await agreedDesk()).obey({ order: "course_capture", source: SOURCE, ticked: TICKED });
  assert.deepEqual(browser.host.opened.slice(1), [{ kind: "bearer", origin: "https://api.example.edu", token: "TOKEN" }]);
  assert.deepEqual(asked("capture.start")[1]?.params["deliver"], { to: "backend", origin: "https://api.example.edu", courseId: "c7" });
});

test("one that is refused keeps no other back, and is named with the program's words", async () => {
  browser.host.answers["capture.start"] = (params) =>
    params["page"] === PAGES[0] ? refusal("unsupported_site", "The site is switched off.") : { result: { capture: aCapture({ key: String(params["key"]) }) } };
  const outcome = await (await agreedDesk()).obey({ order: "course_capture", source: SOURCE, ticked: TICKED });
  assert.deepEqual(outcome, { ok: true, refused: [{ page: PAGES[0], said: "The site is switched off." }] });
  const kept = JSON.stringify(browser.session);
  assert.ok(!kept.includes(IDS[0]) && kept.includes(IDS[1]), "only what runs is kept for starting again");
});

test("nothing of another site is started, whatever stands in the list", async () => {
  const foreign: Ticked = { page: `https://other.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=${IDS[0]}`, title: "x" };
  const outcome = await (await agreedDesk()).obey({ order: "course_capture", source: SOURCE, ticked: [foreign] });
  assert.deepEqual(outcome, { ok: true, refused: [{ page: foreign.page, said: "This is no recording of that site." }] });
  assert.equal(asked("capture.start").length, 0);
});

test("the button opens our page with what the browser says that the tab shows", async () => {
  browser.tabUrl = FOLDER;
  assert.deepEqual(await newDesk().obey({ order: "course_open", tabId: 7 }), { ok: true });
  assert.equal(browser.opened.length, 1);
  const opened = new URL(browser.opened[0] ?? "");
  assert.equal(opened.pathname, "/course.html");
  assert.deepEqual(courseParams(opened.search), { url: FOLDER, title: "Acoustics", store: "0" });
  browser.tabUrl = "https://example.org/";
  assert.match(refusedWith(await newDesk().obey({ order: "course_open", tabId: 7 })), /lists no recordings/);
});
