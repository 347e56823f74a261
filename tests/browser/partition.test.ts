// Lectures in a learning platform's page, a frame of another site: each is captured with the sign-in which that page has, and no other.
import assert from "node:assert/strict";
import { it } from "node:test";
import { NEIGHBOUR, STUDENT } from "../peers/panopto/session.ts";
import { inEachBrowser } from "./support/scene.ts";
import type { Scene } from "./support/scene.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";

/** Somebody else is signed in at the site itself, and in another platform's page. */
async function neighbourIsThereToo(scene: Scene, lecture: Lecture): Promise<void> {
  await scene.at(lecture, NEIGHBOUR);
  await scene.inCourse({ lectures: [lecture.deliveryId], host: "learn.college.example" }, NEIGHBOUR);
}

async function isDelivered(scene: Scene, lecture: Lecture): Promise<void> {
  assert.deepEqual((await scene.delivered(lecture)).map(({ sha256 }) => sha256), [lecture.audio.sha256]);
}

inEachBrowser("a lecture in another site's page", { hour: true }, (play, browser) => {
  it("is captured with the sign-in of that page, whoever else is signed in beside it", () =>
    play({}, async (scene) => {
      const lecture = scene.addLong("Lecture 4: Hearing");
      await neighbourIsThereToo(scene, lecture);
      const { tab, page } = await scene.inCourse({ lectures: [lecture.deliveryId] });
      await page.reaches("consent");
      await page.press();
      await page.panelReads(/your sign-in at uni\.hosted\.panopto\.com.*Your cookies stay on this computer/);
      await scene.picture(tab, "partition-consent");
      await page.agree();
      await page.reaches("done");
      await scene.picture(tab, "partition-done");
      assert.deepEqual(scene.signInsUsed(), [STUDENT.user]);
      await isDelivered(scene, lecture);
    }));

  it("is captured in a frame within a frame, too", () =>
    play({}, async (scene) => {
      const lecture = scene.addLong("Lecture 5: Nested");
      await neighbourIsThereToo(scene, lecture);
      const { page } = await scene.inCourse({ lectures: [lecture.deliveryId], through: "learn.college.example" });
      await page.capture();
      await page.reaches("done");
      assert.deepEqual(scene.signInsUsed(), [STUDENT.user]);
      const started = await scene.recording.sees("the start", ({ frame }) => (frame as { method?: string }).method === "capture.start");
      assert.match((started.frame as { params: { store: string } }).params.store, / in https:\/\/(?:moodle\.)?uni\.example$/, "the jar is that of the page in the address bar");
    }));

  it("whose session ends in mid-capture waits for a new one in that page, and takes nobody else's", () =>
    play({}, async (scene) => {
      const lecture = scene.addLong("Lecture 6: Interrupted");
      const { tab, page } = await scene.inCourse({ lectures: [lecture.deliveryId] });
      const hold = scene.holdDownload(lecture, 0.5, true);
      await page.capture();
      await hold.reached();
      scene.peers.site.endAllSessions();
      hold.release();
      await page.reaches("waiting", 60_000);
      await scene.picture(tab, "partition-waiting");
      await neighbourIsThereToo(scene, scene.peers.lectures.short);
      assert.deepEqual(scene.signInsUsed(), [STUDENT.user]);

      // Loading Moodle's page again signs in anew, as it did at first.
      await tab.bringToFront();
      assert.equal(await page.state(), "waiting");
      await tab.reload();
      const again = await scene.embeddedIn(tab, lecture.deliveryId);
      await again.reaches("done", 60_000);
      assert.deepEqual(scene.signInsUsed(), [STUDENT.user]);
      await isDelivered(scene, lecture);
    }));

  it("keeps its sign-in while another platform's page captures with another", () =>
    play({}, async (scene) => {
      const mine = scene.addLong("Lecture 7: Mine");
      const theirs = scene.addLong("Lecture 8: Theirs");
      const hold = scene.holdDownload(mine, 0.5, true);
      const uni = await scene.inCourse({ lectures: [mine.deliveryId] });
      await uni.page.capture();
      await hold.reached();
      const college = await scene.inCourse({ lectures: [theirs.deliveryId], host: "learn.college.example" }, NEIGHBOUR);
      await college.page.reaches("ready");
      await college.page.press();
      await college.page.reaches("done");
      const before = scene.peers.site.requests.length;
      hold.release();
      await uni.tab.bringToFront();
      await uni.page.reaches("done", 60_000);
      assert.ok(scene.peers.site.requests.length > before, "the site was asked again for the first one");
      assert.deepEqual([scene.signInsUsed(mine), scene.signInsUsed(theirs)], [[STUDENT.user], [NEIGHBOUR.user]]);
      assert.deepEqual(scene.signInsUsed(), [STUDENT.user, NEIGHBOUR.user]);
    }));

  it("is offered by the popup above that page, each of them where there are several", () =>
    play({}, async (scene) => {
      const lectures = [scene.addLong("Lecture 9: The first of two"), scene.addLong("Lecture 10: The second of two")];
      const { tab } = await scene.inCourse({ lectures: lectures.map(({ deliveryId }) => deliveryId) });
      const second = await scene.embeddedIn(tab, lectures[1]?.deliveryId);
      const popup = await scene.browser.openPopup();
      await popup.reads("#page .card:nth-child(1)", /The first of two.*Allow and capture/);
      await popup.reads("#page .card:nth-child(2)", /The second of two.*Allow and capture/);
      await scene.picture(popup, "partition-popup", "body");
      await popup.click("#page .card:nth-child(2) [data-auricle=primary]");
      await second.reaches("done");
      assert.deepEqual(scene.signInsUsed(lectures[0]), []);
      assert.deepEqual(scene.signInsUsed(), [STUDENT.user]);
    }));

  if (browser === "firefox") {
    it("is captured with the sign-in that Firefox parts by itself, where the site says nothing of partitions", () =>
      play({}, async (scene) => {
        const lecture = scene.addLong("Lecture 11: Total Cookie Protection");
        scene.peers.site.partitionsLaunches = false;
        await neighbourIsThereToo(scene, lecture);
        const { page } = await scene.inCourse({ lectures: [lecture.deliveryId] });
        await page.capture();
        await page.reaches("done");
        assert.deepEqual(scene.signInsUsed(), [STUDENT.user]);
      }));
  }
});
