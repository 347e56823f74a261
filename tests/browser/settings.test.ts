// The extension's settings: what is entered holds, and what makes no sense is said.
import assert from "node:assert/strict";
import { it } from "node:test";
import { inEachBrowser } from "./support/scene.ts";
import { deliverToBackend } from "./support/settings-page.ts";

inEachBrowser("the settings", {}, (play) => {
  it("keep where recordings go", () =>
    play({}, async (scene) => {
      await scene.browser.store({ settings: { deliverTo: "folder", backendOrigin: "", courseId: "", subfolder: "" } });
      await deliverToBackend(scene.browser, scene.peers.backend, (page) => scene.picture(page, "settings", "body"));
      const page = await scene.browser.openExtensionPage("options.html");
      await page.shows("#delivery:not([inert])");
      await page.reads("#host", /^Connected, version \d/);
      await page.shows("#backend-fields");
      await page.click("#test");
      await page.reads("#saved", /^Saved\. The program is ready; the backend is asked at the first capture\.$/);
    }));

  it("say what is wrong with an address, and keep it out", () =>
    play({}, async (scene) => {
      const page = await scene.browser.openExtensionPage("options.html");
      await page.shows("#delivery:not([inert])");
      await page.fill("[name=backendOrigin]", "ftp://api.example.edu");
      await page.click("#save");
      await page.reads("#address-note", /^The address must begin with https:\/\/\.$/);
      await page.fill("[name=host]", "http://");
      await page.click("#vanity button");
      await page.reads("#vanity-note", /^Enter a name such as/);
      await scene.picture(page, "settings-errors", "body");
      await page.reload();
      await page.shows("#delivery:not([inert])");
      assert.notEqual(await page.text("#backend-fields"), null);
      await page.reads("#host", /^Connected/);
    }));

  it("say how to get the program where it is missing", () =>
    play({ registered: false }, async (scene) => {
      const page = await scene.browser.openExtensionPage("options.html#install");
      await page.reads("#host", /auricle install|not (?:installed|registered|found)/i);
      await scene.picture(page, "settings-host-missing", "body");
    }));
});
