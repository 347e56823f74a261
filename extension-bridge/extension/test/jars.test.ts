// Lectures in other sites' pages, in containers and in private windows: each capture uses the sign-in of its own place.
import { browserState as browser } from "../testing/fake-browser.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Capture, Cookie, RefreshWanted } from "@auricle/bridge";
import { aCapture, validateTraffic } from "@auricle/bridge/testing";
import { Desk } from "../src/background/desk.ts";
import { jarNamed, nameOf } from "../src/shared/jar.ts";
import type { Place } from "../src/shared/wire.ts";

const ORIGIN = "https://uni.hosted.panopto.com";
const ID = "26b3ae9e-4a48-4dcc-96ba-0befba08a0fb";
const TOP: Place = { url: `${ORIGIN}/Panopto/Pages/Viewer.aspx?id=${ID}`, title: "Anatomy 12", tabId: 7, frameId: 0 };
const EMBEDDED: Place = { ...TOP, url: `${ORIGIN}/Panopto/Pages/Embed.aspx?id=${ID}`, frameId: 3 };
const MOODLE = "https://uni.example";

const cookie = (name: string, value: string, topLevelSite?: string): Cookie => ({
  name, value, domain: "uni.hosted.panopto.com", path: "/", ...(topLevelSite ? { partitionKey: { topLevelSite } } : {}),
});
const login = (value: string, topLevelSite?: string): Cookie => cookie(".ASPXAUTH", value, topLevelSite);
const keyIn = (jar: string): string => `panopto:uni.hosted.panopto.com:${ID}@${jar}>folder`;
const wanted = (store: string, more: Partial<RefreshWanted> = {}): RefreshWanted => ({ id: "r1", kind: "cookies", site: "panopto", origin: ORIGIN, store, reason: "session_expired", attempt: 1, ...more });
const asked = (method: string) => browser.host.asked.filter((one) => one.method === method);
const newDesk = (): Desk => new Desk(() => undefined, () => false);

/** What was handed to the program, by the name of its jar. */
const handed = () => (browser.host.opened as { store: string; cookies: Cookie[] }[]).map(({ store, cookies }) => [store, ...cookies.map(({ name, value }) => `${name}=${value}`)]);

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !condition(); ) {
    assert.ok(Date.now() < deadline, "it never came to that");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const FOR_GOOD = "Specified native messaging host not found.";

afterEach(() => browser.host.die(FOR_GOOD));

beforeEach(() => {
  browser.reset();
  browser.host.answers["capture.list"] = () => ({ result: { captures: [] } });
  browser.host.answers["capture.start"] = (params) => ({ result: { capture: aCapture({ key: String(params["key"]), page: String(params["page"]), title: "Anatomy 12" }) } });
});

function inMoodle(site = MOODLE): void {
  browser.partitionKey = { topLevelSite: site, hasCrossSiteAncestor: true };
}

test("a jar's name tells the jar", () => {
  for (const jar of [{ store: "0" }, { store: "firefox-container-3" }, { store: "firefox-default", within: "https://uni.example" }]) assert.deepEqual(jarNamed(nameOf(jar)), jar);
});

test("in another site's page the login of that partition is used, and no other goes along", async () => {
  inMoodle();
  browser.cookies = [login("SOMEBODY ELSE"), cookie("csrfToken", "ELSE"), login("MINE", MOODLE), cookie("csrfToken", "mine", MOODLE), login("THIRD", "https://third.example")];
  await newDesk().press("allow", EMBEDDED);
  assert.deepEqual(handed(), [[`0 in ${MOODLE}`, ".ASPXAUTH=MINE", "csrfToken=mine"]]);
  assert.deepEqual([asked("capture.start")[0]?.params["store"], asked("capture.start")[0]?.params["key"]], [`0 in ${MOODLE}`, keyIn(`0 in ${MOODLE}`)]);
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});

test("two such pages at the same time do not take each other's place", async () => {
  browser.cookies = [login("ONE", MOODLE), login("TWO", "https://second.example")];
  const desk = newDesk();
  inMoodle();
  await desk.press("allow", { ...EMBEDDED });
  inMoodle("https://second.example");
  await desk.press("capture", { ...EMBEDDED });
  assert.deepEqual(handed(), [[`0 in ${MOODLE}`, ".ASPXAUTH=ONE"], ["0 in https://second.example", ".ASPXAUTH=TWO"]]);
  assert.equal(new Set(asked("capture.start").map(({ params }) => params["key"])).size, 2);
});

test("a frame in a page of Panopto's own uses what the page itself uses", async () => {
  browser.partitionKey = { topLevelSite: "https://panopto.com", hasCrossSiteAncestor: false };
  browser.cookies = [login("MINE")];
  await newDesk().press("allow", EMBEDDED);
  assert.deepEqual(handed(), [["0", ".ASPXAUTH=MINE"]]);
});

test("a frame of which the browser does not say where it is captures nothing, rather than with anybody's sign-in", async () => {
  browser.partitionKey = { topLevelSite: "" };
  browser.cookies = [login("SOMEBODY ELSE")];
  await assert.rejects(newDesk().press("allow", EMBEDDED), /in a tab of its own/);
  assert.deepEqual([browser.cookieReads, browser.host.lives], [0, 0]);
});

test("where the browser tells the frame alone, the frame's word for what is around it counts", async () => {
  browser.partitionKey = { topLevelSite: "" };
  browser.tab = { incognito: false, cookieStoreId: "firefox-default" };
  browser.cookies = [login("SOMEBODY ELSE"), login("MINE", MOODLE)];
  const desk = newDesk();
  await desk.press("allow", { ...EMBEDDED, ancestors: ["https://tool.example", "https://moodle.uni.example"] });
  await desk.press("capture", { ...EMBEDDED, ancestors: [ORIGIN] });
  await assert.rejects(desk.press("capture", { ...EMBEDDED, ancestors: ["null"] }), /in a tab of its own/);
  assert.deepEqual(handed(), [["firefox-default in https://moodle.uni.example", ".ASPXAUTH=MINE"], ["firefox-default", ".ASPXAUTH=SOMEBODY ELSE"]]);
});

test("a refresh reads the same partition again", async () => {
  inMoodle();
  browser.cookies = [login("SOMEBODY ELSE"), login("MINE", MOODLE)];
  await newDesk().press("allow", EMBEDDED);
  browser.cookies = [login("SOMEBODY ELSE"), login("MINE ANEW", MOODLE)];
  browser.host.notify("refresh.wanted", wanted(`0 in ${MOODLE}`));
  await until(() => asked("refresh.done").length === 1);
  assert.deepEqual(handed()[1], [`0 in ${MOODLE}`, ".ASPXAUTH=MINE ANEW"]);
});

test("where the partition's login has gone, no other one takes its place: the person is asked", async () => {
  inMoodle();
  browser.cookies = [login("SOMEBODY ELSE"), login("MINE", MOODLE)];
  await newDesk().press("allow", EMBEDDED);
  browser.cookies = [login("SOMEBODY ELSE"), cookie("csrfToken", "mine", MOODLE)];
  browser.host.notify("refresh.wanted", wanted(`0 in ${MOODLE}`));
  await until(() => asked("refresh.failed").length === 1);
  assert.deepEqual([asked("refresh.failed")[0]?.params["why"], handed().length], ["login_required", 1]);
});

test("a new login in another partition or store is none for a waiting capture; one in its own sends it on", async () => {
  inMoodle();
  browser.cookies = [login("MINE", MOODLE)];
  const desk = newDesk();
  await desk.press("allow", EMBEDDED);
  browser.cookies = [login("SOMEBODY ELSE"), login("MINE ANEW", MOODLE)];
  const set = (more: object): Promise<void> => desk.cookieChanged({ name: ".ASPXAUTH", domain: "uni.hosted.panopto.com", storeId: "0", ...more } as chrome.cookies.Cookie, false);
  await set({});
  await set({ partitionKey: { topLevelSite: "https://third.example" } });
  await set({ partitionKey: { topLevelSite: MOODLE }, storeId: "1" });
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.equal(handed().length, 1);
  await set({ partitionKey: { topLevelSite: MOODLE } });
  await until(() => handed().length === 2);
  assert.deepEqual(handed()[1], [`0 in ${MOODLE}`, ".ASPXAUTH=MINE ANEW"]);
});

test("to sign in again the other site's page is shown, which alone can do it, not Panopto's", async () => {
  inMoodle();
  browser.cookies = [login("MINE", MOODLE)];
  const desk = newDesk();
  await desk.press("allow", EMBEDDED);
  await desk.press("sign_in", EMBEDDED);
  assert.deepEqual([browser.shown, browser.opened], [[7], []]);
});

test("a container's capture has its own sign-in, and its page is opened in the container", async () => {
  browser.tab = { incognito: false, cookieStoreId: "firefox-container-2" };
  browser.cookies = [login("MINE")];
  const desk = newDesk();
  await desk.press("allow", { ...TOP });
  assert.deepEqual(handed(), [["firefox-container-2", ".ASPXAUTH=MINE"]]);
  await desk.press("open_page", { ...TOP });
  assert.deepEqual(browser.opened, [`${TOP.url} window 1 firefox-container-2`]);
  // The same page outside of the container is told nothing of it.
  browser.tab = { incognito: false };
  assert.equal((await desk.pageSnapshot({ ...TOP }))?.capture, null);
});

test("a refresh for a store of which nothing is known any more reads that store and no other", async () => {
  browser.cookies = [login("MINE")];
  await newDesk().press("allow", TOP);
  browser.host.notify("refresh.wanted", wanted("firefox-container-9", { reason: "missing_cookies" }));
  await until(() => asked("refresh.done").length === 1);
  assert.equal(handed()[1]?.[0], "firefox-container-9");
});

function inPrivate(): void {
  browser.tab = { incognito: true };
  browser.windows.push({ id: 2, incognito: true, focused: true });
  browser.cookies = [login("MINE")];
}

test("what is agreed in a private window is kept in memory alone, and counts in private windows alone", async () => {
  inPrivate();
  const desk = newDesk();
  await desk.press("allow", { ...TOP });
  assert.deepEqual(handed(), [["1", ".ASPXAUTH=MINE"]]);
  assert.equal(browser.local["consents"], undefined);
  assert.equal((await desk.pageSnapshot({ ...TOP }))?.consented, true);
  browser.tab = { incognito: false };
  assert.equal((await desk.pageSnapshot({ ...TOP }))?.consented, false);
});

test("a private window's capture is listed in private windows alone, and a notice does not name it", async () => {
  inPrivate();
  const desk = newDesk();
  const place = { ...TOP };
  await desk.press("allow", place);
  browser.host.notify("capture.changed", { capture: aCapture({ key: keyIn("1"), page: TOP.url, title: "Anatomy 12", state: "done" }) });
  assert.deepEqual(browser.notices, ["auricle:c1 Captured: Lecture"]);
  assert.deepEqual([(await desk.snapshot([place], true)).captures.length, (await desk.snapshot([], false)).captures.length], [1, 0]);
  assert.equal((await desk.snapshot([place], true)).lectures[0]?.page.capture?.id, "c1");
});

test("when the last private window closes, all that came of private windows is forgotten", async () => {
  inPrivate();
  const desk = newDesk();
  await desk.press("allow", { ...TOP });
  const ended: Capture = aCapture({ key: keyIn("1"), page: TOP.url, state: "waiting_for_cookies" });
  browser.host.notify("capture.changed", { capture: ended });
  browser.host.answers["capture.remove"] = () => ({ result: {} });
  browser.host.answers["vault.forget"] = () => ({ result: { forgotten: 1 } });
  await desk.windowClosed();
  assert.equal(asked("capture.remove").length, 0, "a private window is still open");
  browser.windows.pop();
  await desk.windowClosed();
  assert.deepEqual([asked("capture.remove")[0]?.params, asked("vault.forget")[0]?.params], [{ id: "c1" }, { origin: ORIGIN }]);
  const kept = JSON.stringify([browser.local, browser.session]);
  assert.ok(!kept.includes("panopto"), kept);
});

test("a private capture that still runs when the window closes is forgotten when it is over", async () => {
  inPrivate();
  const desk = newDesk();
  await desk.press("allow", { ...TOP });
  browser.host.answers["capture.remove"] = () => ({ result: {} });
  browser.host.answers["vault.forget"] = () => ({ result: { forgotten: 1 } });
  browser.host.notify("capture.changed", { capture: aCapture({ key: keyIn("1"), page: TOP.url, state: "downloading" }) });
  browser.windows.pop();
  await desk.windowClosed();
  assert.equal(asked("capture.remove").length, 0);
  browser.host.notify("capture.changed", { capture: aCapture({ key: keyIn("1"), page: TOP.url, state: "done" }) });
  await until(() => asked("capture.remove").length === 1);
});
