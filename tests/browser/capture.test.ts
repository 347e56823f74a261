// The main job: from the button to the backend.
import assert from "node:assert/strict";
import { it } from "node:test";
import { inEachBrowser } from "./support/scene.ts";

inEachBrowser("the button on a lecture's page", { hour: true }, (play) => {
  it("asks once, then brings the sound to the backend and nothing else", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = peers.lectures.short;
      const page = await scene.at(lecture);
      await page.reaches("consent");
      await page.press();
      await page.panelReads(/Your cookies stay on this computer/);
      await scene.picture(page.page, "capture-consent");
      await page.agree();
      await page.reaches("done");
      const [delivered, ...more] = await scene.delivered(lecture);
      assert.equal(more.length, 0);
      assert.equal(delivered?.status, "ready");
      assert.equal(delivered?.sha256, lecture.audio.sha256);
      assert.equal(delivered?.title, lecture.title);
      assert.equal(scene.fetched(lecture), lecture.audio.bytes);
      await page.press();
      await page.panelReads(/Captured.*Saved \d+ %/);
      await scene.picture(page.page, "capture-done");

      // The same page tomorrow: it is known, and nothing is asked again.
      await page.page.reload();
      await page.reaches("done");
      assert.match((await page.label()) ?? "", /Captured/);
      const popup = await scene.browser.openPopup();
      await popup.reads("#page .card", /Captured/);
      await scene.picture(popup, "capture-popup", "body");
    }));

  it("captures two lectures at once, each to its own place", () =>
    play({}, async (scene) => {
      const lectures = [scene.addLong("Acoustics 7: Rooms"), scene.addLong("Physiology 3: How hair cells hear")];
      const holds = lectures.map((lecture) => scene.holdDownload(lecture));
      const pages = [];
      for (const lecture of lectures) {
        const page = await scene.at(lecture);
        if (pages.length === 0) await page.capture();
        else {
          await page.reaches("ready");
          await page.press();
        }
        pages.push(page);
      }
      await Promise.all(holds.map((hold) => hold.reached()));
      for (const page of pages) {
        await page.page.bringToFront();
        await page.labelReads(/Capturing \d+ %/);
      }
      const popup = await scene.browser.openPopup();
      await popup.reads("#page .card", /Capturing/);
      await popup.reads("#list .card", /Capturing/);
      await scene.picture(popup, "two-at-once", "body");
      for (const hold of holds) hold.release();
      await popup.reads("#page .card", /Captured/);
      await popup.reads("#list .card", /Captured/);
      for (const lecture of lectures) {
        const delivered = await scene.delivered(lecture);
        assert.deepEqual(delivered.map(({ status, sha256 }) => ({ status, sha256 })), [{ status: "ready", sha256: lecture.audio.sha256 }]);
      }
    }));

  it("sends a site its own cookies and those of no other tenant", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = peers.lectures.twoIds;
      const student = peers.summary().signIn;
      const other = new URL(peers.viewerUrl(lecture, "other.hosted.panopto.com"));
      const elsewhere = await scene.browser.open(other.href);
      await elsewhere.fill("#username", student.user);
      await elsewhere.fill("#password", student.password);
      await elsewhere.clickAndGo("#signin");
      const otherLogin = peers.site.requests.findLast((one) => one.host === other.host && /\.ASPXAUTH=/.test(one.cookie ?? ""));
      const otherValue = /\.ASPXAUTH=([0-9A-F]+)/.exec(otherLogin?.cookie ?? "")?.[1];
      assert.ok(otherValue, "the student is signed in at the other tenant too");

      const before = peers.site.requests.length;
      const page = await scene.at(lecture);
      await page.capture();
      await page.reaches("done");
      const ofHost = peers.site.requests.slice(before).filter((one) => one.headers["sec-fetch-mode"] === undefined);
      assert.ok(ofHost.some((one) => one.cookie !== undefined), "the host used the sign-in");
      for (const { host, cookie = "" } of ofHost) {
        assert.equal(host, new URL(peers.viewerUrl(lecture)).host);
        assert.ok(!cookie.includes(otherValue));
        // What the page left there for its own use is no business of a capture's.
        assert.ok(!cookie.includes("LastPath="));
      }
    }));

  it("takes no cookie out of another site's partition", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = peers.lectures.mp3;
      const page = await scene.at(lecture);
      await scene.browser.plant({
        name: ".ASPXAUTH", value: "0BAD".repeat(128), url: peers.viewerUrl(lecture), path: "/", secure: true, httpOnly: true, sameSite: "no_restriction",
        partitionKey: { topLevelSite: "https://stranger.example" },
      });
      const before = peers.site.requests.length;
      await page.capture();
      await page.reaches("done");
      const sent = peers.site.requests.slice(before).map(({ cookie = "" }) => cookie).join("\n");
      assert.ok(sent.includes(".ASPXAUTH="));
      assert.ok(!sent.includes("0BAD0BAD"));
    }));
});
