// MUBI: the person signs in on the site's own page, a protected film is refused in words, and a trailer is captured.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { it } from "node:test";
import { film, DASH, type Film } from "../peers/mubi/film.ts";
import { MEMBER } from "../peers/mubi/member.ts";
import { LICENCE_HOST } from "../peers/mubi/mubi.ts";
import type { Peers } from "../peers/peers.ts";
import { LecturePage } from "./support/lecture-page.ts";
import { inEachBrowser, type Scene } from "./support/scene.ts";

const MANIFEST = `<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT1H34M">
<Period><AdaptationSet mimeType="audio/mp4">
<ContentProtection schemeIdUri="urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"><Laurl>https://${LICENCE_HOST}/license-proxy-widevine/cenc/</Laurl></ContentProtection>
<Representation id="a" bandwidth="64000"><BaseURL>sound.mp4</BaseURL></Representation>
</AdaptationSet></Period></MPD>`;

async function listener({ mubi, mubiCdn, media }: Peers): Promise<Film> {
  const one = film();
  const trailer = mubiCdn.put(`/${one.slug}/trailer.mp4`, await readFile(media.short.video.file), "video/mp4");
  const streams = [{ src: mubiCdn.put(`/${one.slug}/manifest.mpd`, MANIFEST, DASH), content_type: DASH }];
  return mubi.add({ ...one, streams, trailers: [{ profile: "720p", url: trailer }] });
}

async function open(scene: Scene, url: string): Promise<LecturePage> {
  const page = new LecturePage(await scene.browser.open(url));
  await page.isThere();
  return page;
}

inEachBrowser("MUBI", {}, (play) => {
  it("is signed in to on its own page where there is no session; the capture goes on by itself, and a protected film is refused with what is not done", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const page = await open(scene, peers.mubi.pageUrl(await listener(peers)));
      await page.capture();
      await page.reaches("waiting");
      await page.agree();
      const form = await scene.browser.nextPage((url) => url === "https://mubi.com/login");
      await form.fill("[name=username]", MEMBER.user);
      await form.fill("[name=password]", MEMBER.password);
      await form.clickAndGo("button");
      await page.page.bringToFront();
      await page.reaches("failed");
      await page.panelReads(/MUBI protects “The Listener” by DRM.*asks no licence server/s);
      assert.deepEqual(peers.licences.requests.map(({ path }) => path), []);
    }));

  it("has trailers, which are captured without a sign-in", () =>
    play({}, async (scene) => {
      const { peers } = scene;
      const page = await open(scene, `${peers.mubi.pageUrl(await listener(peers))}/trailer`);
      await page.capture();
      await page.reaches("done");
      assert.ok(peers.mubi.requests.every(({ authorization, host }) => authorization === undefined || host === "api.mubi.com"));
    }));
});
