// Sealed playback captured from its player's own page: an origin that the host's configuration names, allowed and agreed to by the
// person, whose sign-in there is used, and nobody else's session.
import assert from "node:assert/strict";
import { it } from "node:test";
import { packetsOf } from "../peers/media/packets.ts";
import { STUDENT } from "../peers/panopto/session.ts";
import { LECTURE } from "../peers/playback/library.ts";
import { LOGIN_COOKIE } from "../peers/playback/sign-in.ts";
import { LecturePage } from "./support/lecture-page.ts";
import { inEachBrowser } from "./support/scene.ts";
import type { Scene, SceneOptions } from "./support/scene.ts";
import type { TestPage } from "./support/test-browser.ts";

const ORIGIN = "https://play.uni.example";
const PATTERNS = [`${ORIGIN}/*`];
const SETUP: SceneOptions = { config: { sites: { playback: { origins: [ORIGIN], cookies: [LOGIN_COOKIE] } } }, asksFor: PATTERNS };

async function signIn(page: TestPage): Promise<void> {
  await page.fill("#username", STUDENT.user);
  await page.fill("#password", STUDENT.password);
  await page.clickAndGo("#signin");
}

/** A tab at a video, the student signed in. */
async function at(scene: Scene, videoId: string): Promise<LecturePage> {
  const tab = await scene.browser.open(scene.peers.playback.watchUrl(videoId));
  if ((await tab.url()).includes("/login")) await signIn(tab);
  await tab.shows("#player");
  return new LecturePage(tab);
}

/** Agreed to in the popup above the page, and allowed in the browser's question. */
async function allowAndCapture(scene: Scene): Promise<void> {
  const popup = await scene.browser.openPopup();
  await popup.reads("#page .card", /your sign-in at play\.uni\.example.*Your browser does not let Auricle see play\.uni\.example yet/);
  await scene.picture(popup, "sealed-popup-access", "body");
  await popup.click("#page [data-auricle=primary]");
  await scene.browser.allowInPrompt(PATTERNS);
}

/** What the backend has of a video: every packet of the sound, as it was before it was sealed. Answers the file's SHA-256. */
async function assertWhole(scene: Scene, videoId: string): Promise<string> {
  const [delivered, ...more] = await scene.deliveredFrom(scene.peers.playback.watchUrl(videoId));
  assert.equal(more.length, 0);
  assert.equal(delivered?.status, "ready");
  const [taken, source] = await Promise.all([packetsOf(scene.peers.backend.audioFile(delivered.id)), packetsOf(scene.peers.media.short.video.file)]);
  assert.deepEqual(taken.digests, source.digests);
  return delivered.sha256 ?? assert.fail("the backend knows no digest");
}

inEachBrowser("a player of sealed videos", { playback: { people: [STUDENT], segmentsElsewhere: true } }, (play) => {
  it("is offered by the popup on its own page, and after one question of the browser's the sound arrives whole", () =>
    play(SETUP, async (scene) => {
      const { playback } = scene.peers;
      const page = await at(scene, LECTURE);
      assert.equal(await page.label(), null, "the button stands on a page that the extension may not see");
      const before = playback.requests.length;
      await allowAndCapture(scene);
      // The page was not loaded again: the button is placed on it now that it may be.
      await page.reaches("done");
      await page.press();
      await page.panelReads(/Captured.*Saved \d+ %/);
      await scene.picture(page.page, "sealed-done");
      await assertWhole(scene, LECTURE);

      const ofHost = playback.requests.slice(before).filter(({ headers }) => headers["sec-fetch-mode"] === undefined);
      assert.ok(ofHost.some(({ path, cookie = "" }) => path === "/api/v1/session" && cookie.includes(`${LOGIN_COOKIE}=`)), "the person's sign-in opened the session");
      assert.ok(ofHost.every(({ cookie = "" }) => !cookie.includes("uni_taste=")), "no other cookie was taken");
      assert.deepEqual(playback.leaks, []);
      await page.page.reload();
      await page.reaches("done");
    }));
});
