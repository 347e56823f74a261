import { browserState as browser } from "../testing/fake-browser.ts";
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { Cookie } from "@auricle/bridge";
import { aCapture, refusal } from "@auricle/bridge/testing";
import { Desk } from "../src/background/desk.ts";
import { covers, patternsFor, seesPanopto } from "../src/shared/access.ts";
import type { Place } from "../src/shared/wire.ts";

const ORIGIN = "https://uni.hosted.panopto.com";
const ID = "26b3ae9e-4a48-4dcc-96ba-0befba08a0fb";
const PLACE: Place = { url: `${ORIGIN}/Panopto/Pages/Viewer.aspx?id=${ID}`, title: "Anatomy 12", tabId: 7, frameId: 0 };
const PANOPTO = "https://*.panopto.com/*";

const newDesk = (): Desk => new Desk(() => undefined, () => false);
const asked = (method: string) => browser.host.asked.filter((one) => one.method === method);

beforeEach(() => {
  browser.reset();
  browser.granted = [];
  browser.host.answers["capture.list"] = () => ({ result: { captures: [] } });
  browser.host.answers["capture.start"] = (params) => ({ result: { capture: aCapture({ key: String(params["key"]), page: PLACE.url }) } });
  browser.cookies = [{ name: ".ASPXAUTH", value: "CANARY", domain: "uni.hosted.panopto.com", path: "/" } satisfies Cookie];
});

afterEach(() => browser.host.die("Specified native messaging host not found."));

test("a pattern covers its host, with a star what lies beneath, and nothing that only looks like it", () => {
  const covered = [["https://*.panopto.com/*"], ["*://*.panopto.com/*"], ["https://uni.hosted.panopto.com/*"], ["https://*/*"], ["<all_urls>"]];
  for (const granted of covered) assert.equal(covers(granted, ORIGIN), true, granted[0]);
  for (const granted of [[], ["https://*.panopto.eu/*"], ["https://hosted.panopto.com/*"], ["http://*.panopto.com/*"]]) assert.equal(covers(granted, ORIGIN), false, granted[0]);
  assert.equal(covers([PANOPTO], "https://evilpanopto.com"), false);
  assert.equal(covers([PANOPTO], "https://panopto.com.evil.example"), false);
});

test("a person's own university alone is enough to see Panopto; another site is not", () => {
  for (const granted of [PANOPTO, "https://*.panopto.eu/*", "https://uni.hosted.panopto.com/*", "<all_urls>"]) assert.equal(seesPanopto([granted]), true, granted);
  for (const granted of ["https://player.example.ac.uk/*", "https://notpanopto.com/*", "moz-extension://6f1d0f7e/*"]) assert.equal(seesPanopto([granted]), false, granted);
});

test("a vanity host is asked for alone, Panopto's own as the manifest names them", () => {
  assert.deepEqual(patternsFor("https://player.example.ac.uk"), ["https://player.example.ac.uk/*"]);
  assert.deepEqual(patternsFor(ORIGIN), [PANOPTO, "https://*.panopto.eu/*"]);
  assert.deepEqual(patternsFor("https://www.youtube.com"), ["https://*.youtube.com/*"]);
});

test("without access nothing is read and nothing starts, and the person is told what to do", async () => {
  const desk = newDesk();
  await assert.rejects(desk.press("allow", PLACE), /does not let Auricle see uni\.hosted\.panopto\.com\. Open Auricle from the toolbar and allow it\./);
  assert.equal((await desk.pageSnapshot(PLACE))?.access, false);
  assert.deepEqual([browser.cookieReads, browser.host.lives], [0, 0]);
});

test("a press on the page opens the popup, where the browser may be asked", async () => {
  await newDesk().press("grant", PLACE);
  assert.deepEqual(browser.opened, ["popup"]);
});

test("when access is given, the press that waited for it goes on, once", async () => {
  const desk = newDesk();
  await desk.obey({ order: "await_access", place: PLACE });
  browser.granted = [PANOPTO];
  await desk.accessGiven();
  await desk.accessGiven();
  assert.deepEqual([asked("capture.start").length, browser.host.opened.length], [1, 1]);
});

test("access to another site starts nothing, and access after a denial neither", async () => {
  const desk = newDesk();
  await desk.obey({ order: "await_access", place: PLACE });
  browser.granted = ["https://*.panopto.eu/*"];
  await desk.accessGiven();
  await desk.obey({ order: "await_access", place: PLACE });
  await desk.obey({ order: "access_denied" });
  browser.granted = [PANOPTO];
  await desk.accessGiven();
  assert.equal(asked("capture.start").length, 0);
});

test("a press that waits too long is forgotten", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const desk = newDesk();
  await desk.obey({ order: "await_access", place: PLACE });
  context.mock.timers.setTime(1_000_000 + 121_000);
  browser.granted = [PANOPTO];
  await desk.accessGiven();
  assert.equal(asked("capture.start").length, 0);
});

test("a refusal after the browser's question reaches the person though the popup is closed", async () => {
  browser.host.answers["capture.start"] = () => refusal("unsupported_site", "This page holds no lecture.");
  const desk = newDesk();
  await desk.obey({ order: "await_access", place: PLACE });
  browser.granted = [PANOPTO];
  await desk.accessGiven();
  assert.match(browser.notices[0] ?? "", /This page holds no lecture\./);
});

test("a refresh without access says so, and goes on by itself when access is given", async () => {
  browser.granted = [PANOPTO];
  const desk = newDesk();
  await desk.press("allow", PLACE);
  browser.granted = [];
  browser.host.notify("capture.changed", { capture: aCapture({ key: String(asked("capture.start")[0]?.params["key"]), page: PLACE.url, state: "waiting_for_cookies" }) });
  browser.host.notify("refresh.wanted", { id: "r1", kind: "cookies", site: "panopto", origin: ORIGIN, store: "0", reason: "session_expired", attempt: 1 });
  for (const deadline = Date.now() + 60_000; asked("refresh.failed").length === 0; ) {
    assert.ok(Date.now() < deadline);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.equal(asked("refresh.failed")[0]?.params["why"], "no_access");
  assert.deepEqual(browser.notices, ["auricle:c1 Allow access to go on"]);
  browser.granted = [PANOPTO];
  await desk.accessGiven();
  assert.equal(browser.host.opened.length, 2);
});
