// The playback server's own player in real browsers: document 004's rows that only a browser can tick.
import assert from "node:assert/strict";
import { it } from "node:test";
import { makeMedia } from "../peers/media/media.ts";
import { LECTURE, makeLong } from "../peers/playback/library.ts";
import { residentBytes } from "./support/processes.ts";
import { inEachBrowser } from "./support/scene.ts";
import type { Scene } from "./support/scene.ts";
import { eventually } from "./support/sleep.ts";
import type { TestPage } from "./support/test-browser.ts";

const PATIENCE_MS = 60_000;
const MIB = 1024 ** 2;
/** Of the pace at which it was taken: as slow as both browsers play sound. */
const SLOW = 0.25;

/** What the page says of itself. */
interface Playing {
  readonly state: string;
  /** seconds */
  readonly time: number;
  readonly height: number;
  readonly frames: number;
  readonly sessions: number;
  /** seconds */
  readonly buffered: number;
  readonly keys: number;
  readonly status: string;
}

class PlayerTab {
  constructor(readonly page: TestPage) {}

  async look(): Promise<Playing> {
    const data = async (name: string): Promise<string> => (await this.page.attribute("#player", `data-${name}`)) ?? "";
    const [state, time, height, frames, sessions, buffered, keys, status] = await Promise.all([data("state"), data("time"), data("height"), data("frames"), data("sessions"), data("buffered"), data("keys"), this.page.text("#status")]);
    return { state, time: Number(time), height: Number(height), frames: Number(frames), sessions: Number(sessions), buffered: Number(buffered), keys: Number(keys), status: status ?? "" };
  }

  /** Waits until it is so; fails with what it was at last. */
  async until(what: string, isSo: (playing: Playing) => boolean): Promise<Playing> {
    let last: Playing | undefined;
    try {
      return await eventually(what, async () => {
        last = await this.look();
        return isSo(last) ? last : undefined;
      }, PATIENCE_MS);
    } catch (error) {
      throw new Error(`${what}: at last ${JSON.stringify(last)}`, { cause: error });
    }
  }

  async goTo(second: number, speed = 1): Promise<void> {
    await this.page.fill("#to", String(second));
    await this.page.fill("#speed", String(speed));
    await this.page.click("#go");
  }

  /** Waits until it plays on from there. */
  async playsFrom(second: number): Promise<Playing> {
    return this.until(`playing from ${String(second)} s on`, ({ state, time }) => state === "playing" && time > second + 0.2 && time < second + 30);
  }
}

inEachBrowser("sealed playback", { hour: true }, (play, browser) => {
  const open = async (scene: Scene, videoId: string): Promise<PlayerTab> => {
    const tab = new PlayerTab(await scene.browser.open(scene.peers.playback.watchUrl(videoId)));
    await tab.until("the player", ({ status }) => status === "ready");
    await tab.page.click("#play");
    return tab;
  };
  const long = async (scene: Scene): Promise<string> => {
    const video = await makeLong((await makeMedia()).hour.video);
    const { playback } = scene.peers;
    if ((await playback.service.videos.find(video.id)) === undefined) await playback.add(video);
    return video.id;
  };
  const keyAnswers = (scene: Scene, status: number): number => scene.peers.playback.requests.filter((one) => one.path.startsWith("/api/v1/key") && one.status === status).length;

  it("plays, changes renditions while it does, and ends", () =>
    play({ registered: false }, async (scene) => {
      const tab = await open(scene, LECTURE);
      const low = await tab.until("a picture of the lowest rendition", ({ state, height, frames, time }) => state === "playing" && height === 180 && frames > 0 && time > 0);
      assert.equal(low.sessions, 1);
      // Slowly, so that on a busy machine too the film is not over before the next press; what is asked for comes with the next segment.
      const changesTo = async (name: string, second: number, wanted: number): Promise<Playing> => {
        await tab.page.click(`#rendition-${name}`);
        await tab.goTo(second, SLOW);
        return tab.until(`a picture of ${name}`, ({ height }) => height === wanted);
      };
      await tab.goTo(0, SLOW);
      assert.equal((await changesTo("360p", 5, 360)).sessions, 1);
      await scene.picture(tab.page, "sealed-playback");
      assert.equal((await changesTo("180p", 9, 180)).sessions, 1);
      await tab.goTo(18);
      await tab.until("its end", ({ state }) => state === "ended");
      assert.equal(keyAnswers(scene, 200) > 0, true);
    }));

  it("goes to any place, forth and back, and holds but a window of it", () =>
    play({ registered: false }, async (scene) => {
      const tab = await open(scene, await long(scene));
      await tab.playsFrom(0);
      for (const second of [1800, 42, 3000, 3004]) {
        await tab.goTo(second);
        const { buffered, sessions } = await tab.playsFrom(second);
        assert.equal(sessions, 1);
        assert.ok(buffered < 150, `${String(buffered)} s are held`);
      }
    }));

  it("plays on when the session expires meanwhile, in a new one", () =>
    play({ registered: false }, async (scene) => {
      const { playback } = scene.peers;
      const tab = await open(scene, await long(scene));
      await tab.playsFrom(0);
      await playback.expireSessions();
      await tab.goTo(900);
      assert.equal((await tab.playsFrom(900)).sessions, 2);
      await playback.revokeSessions();
      await tab.goTo(1500);
      assert.equal((await tab.playsFrom(1500)).sessions, 3);
    }));

  it("waits when the network is gone, plays on when it is back, and waits as long as it is told when it asks too much", () =>
    play({ registered: false }, async (scene) => {
      const { playback } = scene.peers;
      const tab = await open(scene, await long(scene));
      await tab.playsFrom(0);
      await playback.restart(async () => {
        await tab.goTo(1200);
        await tab.until("waiting", ({ state }) => state === "waiting");
      });
      assert.equal((await tab.playsFrom(1200)).sessions, 1);
      const rule = playback.tooManyKeys(1, 1);
      await tab.goTo(2400);
      await tab.playsFrom(2400);
      assert.equal(rule.hits, 1);
    }));

  it("stops, and says why, at a segment that is not what was sealed", () =>
    play({ registered: false }, async (scene) => {
      const { playback } = scene.peers;
      playback.forge(LECTURE, "180p", 1, "tag");
      // It fetches ahead before anybody presses play, so it may fail before it is ready.
      const tab = new PlayerTab(await scene.browser.open(playback.watchUrl(LECTURE)));
      const { status } = await tab.until("its failure", ({ state }) => state === "failed");
      assert.equal(status, "Segment 1 of 180p is not what was sealed");
      await playback.calm();
    }));

  it("does not grow while it plays on and on", () =>
    play({ registered: false }, async (scene) => {
      const { playback } = scene.peers;
      const tab = await open(scene, await long(scene));
      const held = (): Promise<number> => residentBytes(scene.home.folder);
      const visit = async (from: number, to: number): Promise<void> => {
        for (let second = from; second < to; second += 80) {
          // Only the number of questions is limited, and that not by what is tested here.
          if (second % 800 === 0) await playback.calm();
          await tab.goTo(second, 4);
          const { buffered, keys } = await tab.playsFrom(second);
          assert.ok(buffered < 150 && keys <= 64, `${String(buffered)} s and ${String(keys)} keys are held`);
        }
      };
      await visit(0, 1200);
      const before = await held();
      await visit(1200, 3400);
      const grown = (await held()) - before;
      assert.ok(grown < 96 * MIB, `${browser} has grown by ${String(Math.round(grown / MIB))} MiB`);
    }));
});
