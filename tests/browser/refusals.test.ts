// What cannot be captured is said in a sentence, with what to do next.
import assert from "node:assert/strict";
import { it } from "node:test";
import { inEachBrowser } from "./support/scene.ts";

inEachBrowser("a lecture that cannot be had", {}, (play) => {
  it("is named as such where its owner has switched downloads off", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = peers.lectures.downloadsOff;
      const page = await scene.at(lecture);
      await page.capture();
      await page.reaches("failed");
      await page.panelReads(/has switched downloads off\. Ask the lecturer to allow them\. Open page/);
      await scene.picture(page.page, "refused-downloads-off");
      assert.equal(scene.fetched(lecture), 0);
      assert.deepEqual(await scene.delivered(lecture), []);
    }));

  it("is named as such where the site sends something that is no sound", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = peers.lectures.text;
      const page = await scene.at(lecture);
      await page.capture();
      await page.reaches("failed");
      await page.panelReads(/sent text in place of the sound\. Open the recording in the browser and see whether it plays\. Open page/);
      await scene.picture(page.page, "refused-not-media");
      const popup = await scene.browser.openPopup();
      await popup.reads("#page .card", /Not captured/);
      await scene.picture(popup, "refused-not-media-popup", "body");
      assert.deepEqual((await scene.delivered(lecture)).filter(({ status }) => status === "ready" || status === "uploading"), []);
    }));
});
