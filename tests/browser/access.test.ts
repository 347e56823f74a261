// The browser keeps Panopto from the extension until the person allows it: one clear question, and what was wanted goes on.
import assert from "node:assert/strict";
import { it } from "node:test";
import { STUDENT } from "../peers/panopto/session.ts";
import { LecturePage } from "./support/lecture-page.ts";
import { inEachBrowser } from "./support/scene.ts";
import type { SceneOptions } from "./support/scene.ts";
import { eventually } from "./support/sleep.ts";

const OWN_NAME = "lectures.uni.example";
const OWN_PATTERNS = [`https://${OWN_NAME}/*`];
const OWN: SceneOptions = { config: { sites: { panopto: { hosts: [OWN_NAME] } } }, asksFor: OWN_PATTERNS };

inEachBrowser("a Panopto under a university's own name, which the program's configuration names", {}, (play) => {
  it("is offered by the popup above a lecture there: that name alone is asked for, and the capture goes on by itself", () =>
    play(OWN, async (scene) => {
      const lecture = scene.peers.lectures.short;
      const url = scene.peers.viewerUrl(lecture, OWN_NAME);
      const page = new LecturePage(await scene.browser.open());
      await page.visit(url, STUDENT);
      assert.equal(await page.label(), null, "the button stands on a page that the extension may not see");
      const popup = await scene.browser.openPopup();
      await popup.reads("#page .card", /does not let Auricle see lectures\.uni\.example yet/);
      await popup.click("#page [data-auricle=primary]");
      await scene.browser.allowInPrompt(OWN_PATTERNS);
      await page.reaches("done");
      assert.deepEqual((await scene.deliveredFrom(url)).map(({ sha256 }) => sha256), [lecture.audio.sha256]);
    }));

  it("is offered by the popup above its other pages and in the settings, until it is allowed", () =>
    play(OWN, async (scene) => {
      const settings = await scene.browser.openExtensionPage("options.html");
      await settings.reads("#own", /Their lectures have Auricle's button once.*lectures\.uni\.example Allow access/);
      await scene.picture(settings, "own-server-settings", "body");
      await scene.browser.open(`https://${OWN_NAME}/Panopto/Pages/Auth/Login.aspx`);
      const popup = await scene.browser.openPopup();
      await popup.reads("#page", /Auricle may not see lectures\.uni\.example yet/);
      await scene.picture(popup, "own-server-popup", "body");
      await popup.click("[data-auricle=grant]");
      await scene.browser.allowInPrompt(OWN_PATTERNS);
      await settings.bringToFront();
      await settings.reads("#no-sites", /None yet/);
      await eventually("the offer's end", async () => (await settings.text("#own")) === null);
    }));
});

inEachBrowser("a browser that does not let the extension see Panopto", {}, (play, browser) => {
  it("is asked from the popup, and the capture goes on by itself on the page as it is", () =>
    play({}, async (scene) => {
      const lecture = scene.peers.lectures.short;
      const page = await scene.unseenAt(lecture);
      await scene.browser.pressToolbarButton();
      if (browser === "chromium") {
        // Its first press only lets the script of this page run; the next one opens the popup.
        await page.reaches("access");
        await scene.browser.pressToolbarButton();
      }
      const popup = await scene.browser.popup();
      await popup.reads("#page .card", /Your cookies stay on this computer.*does not let Auricle see uni\.hosted\.panopto\.com yet and will ask you whether it may/);
      await scene.picture(popup, "access-popup", "body");
      await popup.click("#page [data-auricle=primary]");
      await scene.browser.allowInPrompt();
      // The page was not loaded again: the button is placed on it now that it may be.
      await page.reaches("done");
      await scene.picture(page.page, "access-given");
      const delivered = await scene.delivered(lecture);
      assert.deepEqual(delivered.map(({ status, sha256 }) => ({ status, sha256 })), [{ status: "ready", sha256: lecture.audio.sha256 }]);
    }));

  it("is asked from the page's button, too, where access was taken back while the page was open", () =>
    play({}, async (scene) => {
      const lecture = scene.peers.lectures.short;
      const page = await scene.at(lecture);
      await page.reaches("consent");
      await scene.browser.takeAccessBack();
      await page.reaches("access");
      await page.press();
      await page.panelReads(/does not let Auricle see uni\.hosted\.panopto\.com yet/);
      await scene.picture(page.page, "access-page");
      assert.deepEqual(await scene.recording.lives(), []);
      await page.agree();
      const popup = await scene.browser.popup();
      await popup.click("#page [data-auricle=primary]");
      await scene.browser.allowInPrompt();
      await page.reaches("done");
      assert.equal((await scene.delivered(lecture))[0]?.sha256, lecture.audio.sha256);
    }));

  it("is asked for all of Panopto where no lecture is to be seen, and nothing is captured", () =>
    play({}, async (scene) => {
      await scene.browser.takeAccessBack();
      const settings = await scene.browser.openExtensionPage("options.html");
      await settings.shows("#grant");
      await scene.picture(settings, "access-settings", "body");
      const popup = await scene.browser.openPopup();
      await popup.reads("#page", /Auricle may not see Panopto yet/);
      await scene.picture(popup, "access-popup-elsewhere", "body");
      await popup.click("[data-auricle=grant]");
      await scene.browser.allowInPrompt();
      const page = await scene.at(scene.peers.lectures.short);
      await page.reaches("consent");
      assert.equal(scene.fetched(scene.peers.lectures.short), 0);
    }));
});
