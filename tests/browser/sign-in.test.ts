// Sessions that are over: the person signs in as ever, on the site's own page, and the capture goes on by itself.
import assert from "node:assert/strict";
import { it } from "node:test";
import { LecturePage } from "./support/lecture-page.ts";
import { inEachBrowser } from "./support/scene.ts";

inEachBrowser("a session that is over", { hour: true }, (play, browser) => {
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

  it("that the person ends in mid-download costs a sign-in and not a byte, and the file is the same bit for bit", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const lecture = scene.addLong("Signed out in the middle");
      const held = scene.holdDownload(lecture, 0.5, true);
      const page = await scene.at(lecture);
      await page.capture();
      await held.reached();
      const tab = await scene.browser.open(`${new URL(peers.viewerUrl(lecture)).origin}/Panopto/Pages/Auth/Logout.aspx`);
      await tab.shows("#username");
      held.release();
      await page.page.bringToFront();
      await page.reaches("waiting");
      // A headless Firefox shows no notification, and what it does not show it has forgotten at once.
      if (browser === "chromium") assert.match(await scene.noticed(), /^auricle:/);

      await tab.bringToFront();
      await new LecturePage(tab).visit(peers.viewerUrl(lecture), peers.summary().signIn);
      await page.page.bringToFront();
      await page.reaches("done", 60_000);
      assert.equal((await scene.delivered(lecture))[0]?.sha256, lecture.audio.sha256);
      assert.ok(scene.fetched(lecture) <= lecture.audio.bytes * 1.1, "what was there already was fetched again");
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
