// Sessions that are over: the person signs in as ever, on the site's own page, and the capture goes on by itself.
import assert from "node:assert/strict";
import { it } from "node:test";
import { inEachBrowser } from "./support/scene.ts";

inEachBrowser("a session that is over", {}, (play) => {
  it("makes the capture wait, and it goes on by itself when the person has signed in on the site", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = peers.lectures.short;
      const page = await scene.at(lecture);
      peers.site.endAllSessions();
      await page.capture();
      await page.reaches("waiting");
      await page.panelReads(/Sign in on its page: the capture goes on by itself/);
      await scene.picture(page.page, "sign-in-waiting");

      // Pressing the panel's button opens the lecture once more, which leads to the site's own form.
      await page.agree();
      const form = await scene.browser.nextPage((url) => url.includes("/Auth/Login.aspx"));
      await form.shows("#username");
      await scene.picture(form, "sign-in-form");
      const student = peers.summary().signIn;
      await form.fill("#username", student.user);
      await form.fill("#password", student.password);
      await form.clickAndGo("#signin");

      await page.page.bringToFront();
      await page.reaches("done");
      await scene.picture(page.page, "sign-in-done");
      const delivered = await scene.delivered(lecture);
      assert.deepEqual(delivered.map(({ status, sha256 }) => ({ status, sha256 })), [{ status: "ready", sha256: lecture.audio.sha256 }]);
    }));

  it("goes on after a sign-in at the university's own page, too", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = peers.lectures.twoIds;
      const page = await scene.at(lecture);
      peers.site.endAllSessions();
      await page.capture();
      await page.reaches("waiting");
      peers.site.signIn = "sso";
      try {
        const tab = await scene.browser.open(peers.viewerUrl(lecture));
        const student = peers.summary().signIn;
        await tab.fill("#username", student.user);
        await tab.fill("#password", student.password);
        await tab.click("#signin");
        await tab.shows("#viewer");
      } finally {
        peers.site.signIn = "form";
      }
      await page.page.bringToFront();
      await page.reaches("done");
      assert.equal((await scene.delivered(lecture))[0]?.sha256, lecture.audio.sha256);
    }));
});
