// The person hears what was captured, in the popup, from wherever it was delivered.
import assert from "node:assert/strict";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import type { Lecture } from "../peers/panopto/lecture.ts";
import { kill } from "./support/processes.ts";
import { inEachBrowser, type Scene } from "./support/scene.ts";
import type { TestPage } from "./support/test-browser.ts";

const OWN = "#page";
const listen = (within: string): string => `${within} [data-auricle=listen]`;
const note = (within: string): string => `${within} .player .note`;
const time = (within: string): string => `${within} .player .time`;

const TO_FOLDER = { settings: { deliverTo: "folder", backendOrigin: "", courseId: "", subfolder: "" } };

/** Machines that run tests have no sound card, without which Firefox plays nothing but what is muted. */
async function doWithoutLoudspeaker(popup: TestPage): Promise<void> {
  await popup.run(() => {
    const { play } = HTMLMediaElement.prototype;
    HTMLMediaElement.prototype.play = function () {
      this.muted = true;
      return play.call(this);
    };
  });
}

/** The popup above the lecture in front, which is captured. */
async function openedPopup(scene: Scene): Promise<TestPage> {
  const popup = await scene.browser.openPopup();
  await popup.reads(`${OWN} .card`, /Captured/);
  await doWithoutLoudspeaker(popup);
  return popup;
}

/** Captures a lecture for the first time at its site, and opens the popup above it. */
async function captured(scene: Scene, lecture: Lecture): Promise<TestPage> {
  const page = await scene.at(lecture);
  await page.capture();
  await page.reaches("done");
  return openedPopup(scene);
}

/** Waits until the sound goes on by itself; what the player holds then, and where it is. */
async function heard(popup: TestPage): Promise<{ durationS: number; sha256: string; type: string }> {
  await popup.shows(".player[data-state=playing]", 60_000);
  return popup.run(async () => {
    const audio = document.querySelector("audio") as HTMLAudioElement;
    const from = audio.currentTime;
    await new Promise<void>((resolve) => audio.addEventListener("timeupdate", () => audio.currentTime > from && resolve()));
    const blob = await (await fetch(audio.src)).blob();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));
    return { durationS: audio.duration, sha256: [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""), type: blob.type };
  });
}

async function assertHeard(popup: TestPage, { audio }: Lecture): Promise<void> {
  const { durationS, sha256 } = await heard(popup);
  assert.equal(sha256, audio.sha256);
  assert.ok(Math.abs(durationS - audio.durationMs / 1000) < 0.5, `${String(durationS)} s of ${String(audio.durationMs)} ms`);
}

async function onlyFile(scene: Scene): Promise<string> {
  const entries = await readdir(scene.home.folder, { recursive: true, withFileTypes: true });
  const [file, ...more] = entries.filter((entry) => entry.isFile() && entry.parentPath.endsWith("Music/Auricle")).map((entry) => join(entry.parentPath, entry.name));
  assert.ok(file !== undefined && more.length === 0, "one file in the folder");
  return file;
}

inEachBrowser("listening to what was captured", { hour: true }, (play) => {
  it("plays what the backend has, to the byte what was delivered", () =>
    play({}, async (scene) => {
      const lecture = scene.peers.lectures.short;
      const popup = await captured(scene, lecture);
      const before = scene.peers.backend.requests.length;
      await scene.picture(popup, "listen-closed", "body");
      assert.deepEqual(scene.peers.backend.requests.slice(before).filter(({ path }) => path.endsWith("/audio")), [], "nothing is loaded before it is asked for");
      await popup.click(listen(OWN));
      await assertHeard(popup, lecture);
      await popup.reads(time(OWN), /^0:\d\d \/ \d+:\d\d$/);
      // In its middle, where the press meets it.
      await popup.click(`${OWN} .player input`);
      const half = Math.floor(lecture.audio.durationMs / 2000);
      const near = [half - 1, half, half + 1].map((second) => `0:${String(second).padStart(2, "0")}`).join("|");
      await popup.reads(time(OWN), new RegExp(`^(${near}) /`));
      await popup.click(`${OWN} [data-auricle=play]`);
      await popup.shows(".player[data-state=paused]");
      assert.equal(await popup.attribute(`${OWN} [data-auricle=play]`, "aria-label"), "Play");
      await scene.picture(popup, "listen-backend", "body");
      await popup.click(listen(OWN));
      assert.equal(await popup.run(() => document.querySelectorAll("audio").length), 0);
      const asked = scene.peers.backend.requests.slice(before).filter(({ path }) => path.endsWith("/audio"));
      assert.ok(asked.length > 0 && asked.every(({ status, headers }) => status === 206 && headers["authorization"] === `Bearer ${scene.peers.backend.token}`));
    }));

  it("plays the file in the folder, one recording at a time, and says when the file is gone", () =>
    play({}, async (scene) => {
      await scene.browser.store(TO_FOLDER);
      const { short, mp3 } = scene.peers.lectures;
      await (await captured(scene, short)).close();
      const file = await onlyFile(scene);
      const page = await scene.at(mp3);
      await page.reaches("ready");
      await page.press();
      await page.reaches("done");
      const popup = await openedPopup(scene);
      await popup.click(listen("#list"));
      await assertHeard(popup, short);
      await scene.picture(popup, "listen-folder", "body");
      await popup.click(listen(OWN));
      await assertHeard(popup, mp3);
      assert.equal(await popup.run(() => document.querySelectorAll("audio").length), 1);
      assert.equal(await popup.text(time("#list")), null);

      await rename(file, `${file}.elsewhere`);
      await popup.click(listen("#list"));
      await popup.reads(note("#list"), /is no longer in the folder .*capture it again/);
      await scene.picture(popup, "listen-gone", "body");
      await rename(`${file}.elsewhere`, file);
      await popup.click("#list [data-auricle=listen-again]");
      await assertHeard(popup, short);
      await rm(file);
    }));

  it("says why a backend's recording cannot be heard", () =>
    play({}, async (scene) => {
      const { backend } = scene.peers;
      const popup = await captured(scene, scene.peers.lectures.short);
      const answers = async (status: number, body: string, wanted: RegExp, type = "application/json"): Promise<void> => {
        const rule = backend.fail({ kind: "status", status, type, body }, { method: "GET", path: /\/audio$/, times: Infinity });
        await popup.click(listen(OWN));
        await popup.reads(note(OWN), wanted);
        await popup.click(listen(OWN));
        rule.release();
        backend.clearFaults();
      };
      await answers(404, '{"detail":"Not Found"}', /does not give this recording back\. Listen to it there/);
      await answers(200, "this is no sound at all", /Your browser cannot play this kind of file \(audio\/mp4\)\. Listen to it at your study backend/, "audio/mp4");
      backend.fail({ kind: "status", status: 401, type: "application/json", body: '{"detail":"The token has ended"}' }, { method: "GET", path: /\/audio$/, times: Infinity });
      await popup.click(listen(OWN));
      await popup.reads(note(OWN), /enter a new token in Auricle's settings/);
      await popup.shows(`${OWN} [data-auricle=listen-settings]`);
      await scene.picture(popup, "listen-refused", "body");
    }));

  it("goes on with what is there when the program is killed while it loads", () =>
    play({}, async (scene) => {
      const { backend } = scene.peers;
      const lecture = scene.addLong("Lecture 6: Heard twice");
      const popup = await captured(scene, lecture);
      const before = backend.requests.length;
      const rule = backend.fail({ kind: "stall", afterBytes: 1000 }, { method: "GET", path: /\/audio$/, after: 8 });
      await popup.click(listen(OWN));
      await backend.waitForRequest(({ path, faults, bytesSent }) => path.endsWith("/audio") && faults.length > 0 && bytesSent >= 1000, 60_000);
      await popup.reads(note(OWN), /^Loading [\d.]+ MB of 11 MB$/);
      await scene.picture(popup, "listen-loading", "body");
      const host = await scene.recording.running();
      kill(host.pid, "SIGKILL");
      rule.release();
      await assertHeard(popup, lecture);
      const asked = backend.requests.slice(before).filter(({ path, status }) => path.endsWith("/audio") && status === 206);
      const sent = asked.reduce((sum, { bytesSent }) => sum + bytesSent, 0);
      assert.ok(sent < lecture.audio.bytes + 4_000_000, `${String(sent)} bytes: it did not begin anew`);
    }));
});
