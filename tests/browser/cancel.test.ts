// Taking a capture back: what runs stops, and nothing of it stays at the backend.
import assert from "node:assert/strict";
import { it } from "node:test";
import { inEachBrowser } from "./support/scene.ts";

inEachBrowser("cancelling", { hour: true }, (play) => {
  it("from the popup stops the download at once", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = scene.addLong("Lecture 7: Never mind");
      const hold = scene.holdDownload(lecture);
      const page = await scene.at(lecture);
      await page.capture();
      await hold.reached();
      await page.labelReads(/Capturing \d+ %/);
      const popup = await scene.browser.openPopup();
      await popup.reads("#page .card", /Capturing/);
      await scene.picture(popup, "cancel-before", "body");
      await popup.click("#page [data-auricle=secondary]");
      const transfer = await peers.cdn.waitForRequest(({ method, path, outcome }) => method === "GET" && outcome === "cut" && scene.isSoundOf(lecture, path));
      assert.ok(transfer.bytesSent < lecture.audio.bytes);
      await popup.reads("#page .card", /Capture audio|Cancelled/);
      await scene.picture(popup, "cancel-after", "body");
      await page.reaches("ready");
      assert.deepEqual(await scene.delivered(lecture), []);
    }));

  it("in the middle of the upload leaves no orphan at the backend", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = scene.addLong("Lecture 8: Sent in vain");
      const held = peers.backend.fail({ kind: "silence" }, { method: "PATCH", path: "/uploads/" });
      const page = await scene.at(lecture);
      await page.capture();
      await peers.backend.waitForRequest(({ method }) => method === "PATCH");
      await page.labelReads(/Sending/);
      assert.equal((await scene.delivered(lecture))[0]?.status, "uploading");
      await page.press();
      await scene.picture(page.page, "cancel-upload");
      await page.decline();
      await page.reaches("ready");
      held.release();
      await peers.backend.waitForRequest(({ method, path, outcome }) => method === "DELETE" && path.startsWith("/api/lectures/") && outcome === "complete");
      assert.deepEqual((await scene.delivered(lecture)).filter(({ status }) => status !== "cancelled"), []);
    }));
});
