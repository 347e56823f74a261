import { browserState as browser } from "../testing/fake-browser.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Capture, Cookie } from "@auricle/bridge";
import { aCapture, validateTraffic } from "@auricle/bridge/testing";
import { manifest } from "../manifest.ts";
import { Desk } from "../src/background/desk.ts";
import { endpoints, loginOf } from "../src/background/site-session.ts";
import { covers, KNOWN, patternsFor } from "../src/shared/access.ts";
import { MUBI } from "../src/shared/mubi.ts";
import { captureKey, jarOfKey, recognise } from "../src/shared/page.ts";
import type { Place } from "../src/shared/wire.ts";

const ORIGIN = "https://mubi.com";
const PLACE: Place = { url: `${ORIGIN}/en/de/films/the-listener`, title: "The Listener | MUBI", tabId: 7, frameId: 0 };
const KEY = "mubi:mubi.com:the-listener>folder";
const LT: Cookie = { name: "lt", value: "CANARY", domain: ".mubi.com", path: "/" };
const sessionOf = (inside: unknown): Cookie => ({ name: "_mubi_session", value: encodeURIComponent(btoa(JSON.stringify(inside))), domain: ".mubi.com", path: "/" });
const EVERYBODYS: Cookie = { name: "_mubi_session", value: "c29tZSBieXRlcw%3D%3D--ab", domain: ".mubi.com", path: "/" };

const newDesk = (): Desk => new Desk(() => undefined, () => false);
const asked = (method: string) => browser.host.asked.filter((one) => one.method === method);
const capture = (more: Partial<Capture> = {}): Capture => aCapture({ key: KEY, page: PLACE.url, site: "mubi", ...more });

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !condition(); ) {
    assert.ok(Date.now() < deadline, "it never came to that");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

beforeEach(() => {
  browser.reset();
  browser.granted = [...KNOWN];
  browser.tabUrl = PLACE.url;
  browser.cookies = [LT];
  browser.host.answers["capture.list"] = () => ({ result: { captures: [] } });
  browser.host.answers["capture.start"] = () => ({ result: { capture: capture() } });
});

afterEach(() => browser.host.die("Specified native messaging host not found."));

const FILMS: readonly (readonly [string, string])[] = [
  ["/films/the-listener", "the-listener"],
  ["/films/12345", "12345"],
  ["/de/films/the-listener", "the-listener"],
  ["/en/us/films/The-Listener/", "the-listener"],
  ["/pt-br/br/films/the-listener/player", "the-listener"],
  ["/en/de/films/the-listener/trailer?x=1#top", "the-listener/trailer"],
];
for (const [path, id] of FILMS) {
  test(`mubi.com${path} is a film's page`, () => {
    const page = recognise(`${ORIGIN}${path}`);
    assert.deepEqual([page?.site, page?.origin, page?.id], ["mubi", ORIGIN, id]);
  });
}

for (const url of [`${ORIGIN}/`, `${ORIGIN}/films`, `${ORIGIN}/lists/films/one`, `${ORIGIN}/films/one/reviews`, "http://mubi.com/films/one", "https://api.mubi.com/films/one", "https://notmubi.com/films/one", "https://mubi.com.evil.example/films/one"]) {
  test(`“${url}” is no film's page`, () => assert.equal(recognise(url), null));
}

test("a film and its trailer have keys of their own, from which the jar can be told", () => {
  const key = (path: string, store: string): string => captureKey(recognise(`${ORIGIN}${path}`) ?? assert.fail(), "folder", { store });
  assert.equal(key("/en/us/films/the-listener", "0"), KEY);
  assert.notEqual(key("/films/the-listener/trailer", "0"), KEY);
  assert.deepEqual(jarOfKey(key("/films/the-listener/trailer", "firefox-container-2")), { store: "firefox-container-2" });
});

test("somebody is signed in by the token, or by a session that holds one, and not by the session that everybody gets", () => {
  assert.equal(loginOf("mubi", [EVERYBODYS, LT]), "CANARY");
  const documents = sessionOf({ token: "T", user_id: 1, id: "s" });
  assert.equal(loginOf("mubi", [documents]), documents.value);
  for (const cookie of [EVERYBODYS, sessionOf({ user_id: 1 }), sessionOf("T"), { ...LT, value: "" }, { ...LT, name: ".ASPXAUTH" }]) assert.equal(loginOf("mubi", [cookie]), null, JSON.stringify(cookie));
});

test("its cookies are those of the site, not of the host that is asked with the token", () => {
  assert.deepEqual(endpoints("mubi", { origin: ORIGIN, url: PLACE.url }), [`${ORIGIN}/`]);
});

test("the manifest asks for its hosts and places the button there, and the person can be asked for it later", () => {
  for (const target of ["chromium", "firefox"] as const) {
    const { host_permissions, content_scripts } = manifest(target, "1") as { host_permissions: string[]; content_scripts: { matches: string[] }[] };
    for (const patterns of [host_permissions, content_scripts[0]?.matches ?? []]) assert.ok(covers(patterns, ORIGIN));
  }
  assert.deepEqual(patternsFor(ORIGIN), [...MUBI]);
});

test("agreeing puts the sign-in as MUBI's and starts the capture", async () => {
  await newDesk().press("allow", PLACE);
  assert.deepEqual(browser.host.opened, [{ kind: "cookies", site: "mubi", origin: ORIGIN, store: "0", cookies: [LT] }]);
  assert.equal(asked("capture.start")[0]?.params["key"], KEY);
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});

test("without a session MUBI's own sign-in page is opened, and the capture goes on by itself once there is one", async () => {
  browser.cookies = [EVERYBODYS];
  browser.host.answers["capture.start"] = () => ({ result: { capture: capture({ state: "waiting_for_cookies" }) } });
  const desk = newDesk();
  await desk.press("allow", PLACE);
  assert.deepEqual(browser.host.opened, []);
  await desk.press("sign_in", PLACE);
  assert.match(browser.opened[0] ?? "", /^https:\/\/mubi\.com\/login\b/);
  browser.cookies = [EVERYBODYS, LT];
  const set = (cookie: Cookie): Promise<void> => desk.cookieChanged({ ...cookie, storeId: "0" } as chrome.cookies.Cookie, false);
  await set(EVERYBODYS);
  await set(LT);
  await until(() => browser.host.opened.length === 1);
  assert.deepEqual(browser.host.opened, [{ kind: "cookies", site: "mubi", origin: ORIGIN, store: "0", cookies: [EVERYBODYS, LT] }]);
});

test("a refusal that is not about the sign-in opens the film's page", async () => {
  browser.host.answers["capture.start"] = () => ({ result: { capture: capture({ state: "failed" }) } });
  const desk = newDesk();
  await desk.press("allow", PLACE);
  await desk.press("open_page", PLACE);
  assert.ok(browser.opened[0]?.startsWith(PLACE.url));
});
