// Sealed playback captured from its player's own page: an origin that the host's configuration names, allowed and agreed to by the
// person, whose sign-in there is used, and nobody else's session.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { it } from "node:test";
import { packetsOf } from "../peers/media/packets.ts";
import { STUDENT } from "../peers/panopto/session.ts";
import { LECTURE, makePieces } from "../peers/playback/library.ts";
import { LOGIN_COOKIE } from "../peers/playback/sign-in.ts";
import type { PlaybackStandIn } from "../peers/playback/stand-in.ts";
import type { FaultRule } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
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

/** What the program asked for, not the player in the tab. */
const isOfProgram = ({ headers }: Pick<RequestRecord, "headers">): boolean => headers["sec-fetch-mode"] === undefined;

function askedSince(playback: PlaybackStandIn, mark: number): RequestRecord[] {
  return playback.requests.slice(mark).filter(isOfProgram);
}

/** What the backend has of a video: every packet of the sound, as it was before it was sealed. Answers the file's SHA-256, the name of the video in it left out. */
async function assertWhole(scene: Scene, videoId: string): Promise<string> {
  const [delivered, ...more] = await scene.deliveredFrom(scene.peers.playback.watchUrl(videoId));
  assert.equal(more.length, 0);
  assert.equal(delivered?.status, "ready");
  const file = scene.peers.backend.audioFile(delivered.id);
  const [taken, source, bytes] = await Promise.all([packetsOf(file), packetsOf(scene.peers.media.short.video.file), readFile(file)]);
  assert.deepEqual(taken.digests, source.digests);
  assert.equal(createHash("sha256").update(bytes).digest("hex"), delivered.sha256);
  return createHash("sha256").update(bytes.toString("latin1").replaceAll(videoId, "")).digest("hex");
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
      assert.ok(await page.isDressed(), "the page's policy allows no foreign style element");
      await scene.picture(page.page, "sealed-done");
      await assertWhole(scene, LECTURE);

      const asked = askedSince(playback, before);
      assert.ok(asked.some(({ path, cookie = "" }) => path === "/api/v1/session" && cookie.includes(`${LOGIN_COOKIE}=`)), "the person's sign-in opened the session");
      assert.ok(asked.every(({ cookie = "" }) => !cookie.includes("uni_taste=")), "no other cookie was taken");
      assert.deepEqual(playback.leaks, []);
      await page.page.reload();
      await page.reaches("done");
    }));

  it("gives the same file, whatever happens to the session in the middle of it", () =>
    play(SETUP, async (scene) => {
      const { playback } = scene.peers;
      const tooMany = (): FaultRule => playback.fail({ kind: "status", status: 429, retryAfter: 1 }, { path: /^\/api\/v1\/key/, when: isOfProgram });
      const rows: readonly [string, () => unknown, number][] = [
        ["untouched", () => undefined, 1],
        ["expired", () => playback.expireSessions(), 2],
        ["revoked", () => playback.revokeSessions(), 2],
        ["restarted", () => playback.restart(), 1],
        ["too_many", tooMany, 1],
      ];
      const pieces = await makePieces(scene.peers.media.short.video);
      const files = new Set<string>();
      for (const [name, happens, sessions] of rows) {
        const id = `${name.padEnd(9, "_")}_in_${scene.browser.name}`;
        await playback.add({ ...pieces, id });
        const page = await at(scene, id);
        const mark = playback.requests.length;
        // What is held is fetched ahead no further: its keys come in five batches, and are fetched to the second behind it at most.
        const held = playback.fail({ kind: "silence" }, { path: new RegExp(`/media/${id}/180p/(?:[4-9]|\\d\\d)\\.m4s`), times: 100, when: isOfProgram });
        if (files.size === 0) await allowAndCapture(scene);
        else {
          await page.reaches("ready");
          await page.press();
        }
        await playback.waitForRequest(({ path, faults }) => path.includes(id) && faults.includes("silence"));
        await page.reaches("capturing");
        await happens();
        held.release();
        await page.reaches("done");
        files.add(await assertWhole(scene, id));
        const asked = askedSince(playback, mark);
        assert.equal(asked.filter(({ method, path }) => method === "POST" && path === "/api/v1/session").length, sessions, name);
        assert.equal(asked.some(({ status }) => status === 429), name === "too_many");
        assert.equal(asked.findLast(({ method }) => method === "DELETE")?.status, 200, "its session is ended");
      }
      assert.equal(files.size, 1, "the files differ");
    }));

  it("whose sign-in has ended makes the capture wait, and it goes on by itself when the person has signed in there", () =>
    play(SETUP, async (scene) => {
      const { playback } = scene.peers;
      const page = await at(scene, LECTURE);
      playback.signIn.endAll();
      await allowAndCapture(scene);
      await page.reaches("waiting");
      await page.press();
      await page.panelReads(/Sign in on its page: the capture goes on by itself/);
      await scene.picture(page.page, "sealed-waiting");
      await page.agree();
      const form = await scene.browser.nextPage((url) => url.startsWith(`${ORIGIN}/login`));
      await form.shows("#username");
      await signIn(form);
      await page.page.bringToFront();
      await page.reaches("done");
      await assertWhole(scene, LECTURE);
    }));
});
