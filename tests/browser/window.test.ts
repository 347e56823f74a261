// Containers and private windows: each has sign-ins of its own, and a private window leaves nothing behind.
import assert from "node:assert/strict";
import { it } from "node:test";
import { NEIGHBOUR, STUDENT } from "../peers/panopto/session.ts";
import { inEachBrowser } from "./support/scene.ts";
import { eventually } from "./support/sleep.ts";

inEachBrowser("two containers", {}, (play) => {
  it("signed in as two persons, capture each with its own sign-in, and know nothing of each other", () =>
    play({}, async (scene) => {
      const lecture = scene.addLong("Lecture 1: Everybody's");
      const mine = await scene.at(lecture, STUDENT, { container: "study" });
      const theirs = await scene.at(lecture, NEIGHBOUR, { container: "neighbour" });
      await theirs.capture();
      await theirs.reaches("done");
      assert.deepEqual(scene.signInsUsed(), [NEIGHBOUR.user]);
      await mine.page.bringToFront();
      // Agreed to once for the site; captured by nobody yet, as far as this container knows.
      await mine.reaches("ready");
      await mine.press();
      await mine.reaches("done");
      await scene.picture(mine.page, "container-done");
      assert.deepEqual(scene.signInsUsed(), [STUDENT.user, NEIGHBOUR.user]);
      const stores = (await scene.recording.lives()).flatMap(({ frames }) => frames).flatMap(({ frame }) => ((frame as { method?: string }).method === "capture.start" ? [(frame as { params: { store: string } }).params.store] : []));
      assert.equal(new Set(stores).size, 2);
      assert.ok(stores.every((store) => store.startsWith("firefox-container-")));
    }));
}, ["firefox"]);

inEachBrowser("a private window", {}, (play) => {
  it("captures with its own sign-in, and nothing of that is in an ordinary window or kept", () =>
    play({ inPrivate: true }, async (scene) => {
      const lecture = scene.addLong("Lecture 2: Between us");
      const open = await scene.at(lecture, NEIGHBOUR);
      const page = await scene.at(lecture, STUDENT, "private");
      await page.capture();
      await page.reaches("done");
      await scene.picture(page.page, "private-done");
      assert.deepEqual(scene.signInsUsed(), [STUDENT.user]);
      assert.deepEqual((await scene.delivered(lecture)).map(({ sha256 }) => sha256), [lecture.audio.sha256]);

      // Agreed to and captured in the private window alone.
      assert.equal(await open.state(), "consent");
      const kept = async (): Promise<string> => JSON.stringify([await scene.browser.stored("local"), await scene.browser.stored("session")]);
      assert.ok(!JSON.stringify(await scene.browser.stored("local")).includes("panopto"), "the profile knows nothing of it");
      await page.page.close();
      await eventually("nothing of the private window being kept", async () => !(await kept()).includes("panopto"));
      await open.page.bringToFront();
      const popup = await scene.browser.openPopup();
      await popup.reads("#page .card", /Allow and capture/);
      assert.equal(await popup.text("#list"), null, "the private window's capture is not listed");
    }));

  it("is not there for the extension until the person allows it", () =>
    play({}, async (scene) => {
      const tab = await scene.browser.open(scene.peers.viewerUrl(scene.peers.lectures.public), "private");
      await tab.shows("#viewer");
      assert.equal(await tab.attribute("auricle-capture", "data-state"), null);
    }));
});
