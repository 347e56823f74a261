// The host is missing, dies, or the browser ends the extension's background: nothing is lost, and the person is told.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { kill } from "./support/processes.ts";
import { inEachBrowser } from "./support/scene.ts";
import { eventually } from "./support/sleep.ts";

/** So much is on the disk, and in the journal, when a download was held near its end: the host saves every 8 MiB. */
const SAVED_BYTES = 8 * 1024 * 1024;

inEachBrowser("the host", { hour: true }, (play) => {
  it("is said to be missing, with what to do, and is found when it has been installed", () =>
    play({ registered: false }, async (scene) => {
      const { peers } = scene;
      const lecture = peers.lectures.short;
      const page = await scene.at(lecture);
      await page.capture();
      await page.reaches("host");
      await page.panelReads(/not (?:installed|registered|found)/i);
      await scene.picture(page.page, "host-missing");
      const popup = await scene.browser.openPopup();
      await popup.reads("#trouble", /auricle install/);
      await scene.picture(popup, "host-missing-popup", "body");

      await scene.register();
      await popup.close();
      await page.decline();
      await page.reaches("ready");
      await page.press();
      await page.reaches("done");
      assert.equal((await scene.delivered(lecture))[0]?.sha256, lecture.audio.sha256);
    }));

  it("is started again when it is killed in mid-capture, and goes on from the bytes that were there", () =>
    play({}, async (scene) => {
      const lecture = scene.addLong("Lecture 5: What is lost and found");
      const hold = scene.holdDownload(lecture, 0.9);
      const page = await scene.at(lecture);
      await page.capture();
      await hold.reached();
      await page.labelReads(/Capturing \d+ %/);
      const saved = await eventually("a save in the journal", () => savedBytes(scene.home.journals));
      const first = scene.fetched(lecture);
      const host = await scene.recording.running();
      const before = scene.recording.lives();

      kill(host.pid, "SIGKILL");
      await page.labelReads(/Starting again/);
      await scene.picture(page.page, "host-killed");
      hold.release();
      await page.reaches("done");
      await scene.picture(page.page, "host-killed-done");

      const [life, next, ...more] = await scene.recording.lives();
      assert.equal((await before).length, 1);
      assert.equal(more.length, 0);
      assert.equal(life?.end?.signal, "SIGKILL");
      const keys = [life, next].map((one) => one?.frames.flatMap(({ from, frame }) => startedKey(from, frame)));
      assert.deepEqual(keys[0]?.length, 1);
      assert.deepEqual(keys[0], keys[1]);
      const again = scene.fetched(lecture) - first;
      assert.equal(saved >= SAVED_BYTES, true);
      assert.ok(again <= lecture.audio.bytes - SAVED_BYTES, `${String(again)} bytes were fetched again`);
      const delivered = await scene.delivered(lecture);
      assert.deepEqual(delivered.map(({ status, sha256 }) => ({ status, sha256 })), [{ status: "ready", sha256: lecture.audio.sha256 }]);
    }));

  it("goes on when the browser ends the extension's background in mid-capture, and the page follows", () =>
    play({}, async (scene) => {
      const lecture = scene.addLong("Lecture 6: Waking up again");
      const hold = scene.holdDownload(lecture, 0.9);
      const page = await scene.at(lecture);
      await page.capture();
      await hold.reached();
      await page.labelReads(/Capturing \d+ %/);
      await scene.browser.endBackground();
      await eventually("a second host", async () => (await scene.recording.lives()).length === 2);
      hold.release();
      await page.reaches("done");
      await scene.picture(page.page, "background-ended-done");
      const delivered = await scene.delivered(lecture);
      assert.deepEqual(delivered.map(({ status, sha256 }) => ({ status, sha256 })), [{ status: "ready", sha256: lecture.audio.sha256 }]);
    }));
});

/** What the journals say is safely on the disk; undefined while they say nothing. */
async function savedBytes(folder: string): Promise<number | undefined> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".journal"));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  const found = [...texts.join("\n").matchAll(/"part":\{[^}]*"bytes":(\d+)/g)].map(([, bytes]) => Number(bytes));
  const most = Math.max(0, ...found);
  return most > 0 ? most : undefined;
}

function startedKey(from: "client" | "host", frame: unknown): string[] {
  const { method, params } = frame as { method?: string; params?: { key?: string } };
  return from === "client" && method === "capture.start" ? [params?.key ?? ""] : [];
}
