// First-party isolation, which only Firefox has: its cookies lie apart for each site in the address bar.
import assert from "node:assert/strict";
import { it } from "node:test";
import { inEachBrowser } from "./support/scene.ts";

inEachBrowser("first-party isolation", {}, (play) => {
  it("hides no sign-in from a capture, and lends it none of another first party", () =>
    play({ preferences: { "privacy.firstparty.isolate": true } }, async (scene) => {
      const { peers } = scene;
      const lecture = peers.lectures.short;
      const page = await scene.at(lecture);
      await scene.browser.plant({
        name: ".ASPXAUTH", value: "0BAD".repeat(128), url: peers.viewerUrl(lecture), path: "/", secure: true, httpOnly: true, sameSite: "no_restriction",
        firstPartyDomain: "stranger.example",
      });
      const before = peers.site.requests.length;
      await page.capture();
      await page.reaches("done");
      const sent = peers.site.requests.slice(before).map(({ cookie = "" }) => cookie).join("\n");
      assert.ok(sent.includes(".ASPXAUTH="));
      assert.ok(!sent.includes("0BAD0BAD"));
      assert.equal((await scene.delivered(lecture))[0]?.sha256, lecture.audio.sha256);
    }));
}, ["firefox"]);
