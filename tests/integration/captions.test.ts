// Captions come along where the site has them, and never stand in the way of the sound.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertNoLeak, assertSaved } from "./support/assertions.ts";
import { Scene } from "./support/scene.ts";

const ENGLISH = "1\n00:00:00,000 --> 00:00:04,100\nGood morning.\n\n2\n00:00:04,100 --> 00:00:08,200\nToday we listen.\n\n3\n00:00:08,200 --> 00:00:12,300\nA sound is a change of pressure:\nit's small & fast.\n\n";
const GERMAN_LINE = /^Heute hören wir\.$/m;
const INFO = "/Panopto/Pages/Viewer/DeliveryInfo.aspx";
const FILE = "/Panopto/Pages/Transcription/GenerateSRT.ashx";

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
afterEach(async () => {
  scene.peers.backend.acceptsCaptions = true;
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

/** The capture, done, and what the site was asked for it. */
async function captured(lecture: Lecture, choices: object = {}, config: Record<string, unknown> = {}): Promise<{ capture: Capture; asked: RequestRecord[] }> {
  const host = await scene.start({ config, home: await scene.newHome() });
  await host.signIn();
  await host.putToken();
  const before = scene.peers.site.requests.length;
  const capture = await host.capture(scene.peers.viewerUrl(lecture), choices);
  assert.equal(capture.state, "done", JSON.stringify(capture.error));
  return { capture, asked: scene.peers.site.requests.slice(before) };
}

const captioned = (choices: Partial<Lecture> = {}): Lecture => scene.lecture({ captions: true, ...choices });
const beside = (capture: Capture): string => (capture.result?.file ?? "").replace(/\.m4a$/, ".srt");
const pathsOf = (asked: readonly RequestRecord[]): string[] => asked.map(({ path }) => path.replace(/\?.*/s, ""));

describe("captions in a folder", () => {
  it("lie beside the sound, under its name, cleaned of what HTML did to them", async () => {
    const lecture = captioned();
    const { capture, asked } = await captured(lecture);
    const sound = await assertSaved(capture, lecture.audio);
    assert.equal(await readFile(beside(capture), "utf8"), ENGLISH);
    assert.deepEqual(capture.result?.captions, ["en-GB"]);
    assert.deepEqual((await readdir(dirname(sound))).length, 2);
    // After the sound, and no more than was needed.
    assert.deepEqual(pathsOf(asked), [INFO, `/Panopto/Podcast/Download/${lecture.deliveryId}.mp4`, INFO]);
  });

  it("are in the language that is wished for, or the first", async () => {
    const lecture = captioned({ captionLanguages: [1, 4] });
    const german = await captured(lecture, {}, { captures: { language: "de" } });
    assert.deepEqual(german.capture.result?.captions, ["de-DE"]);
    assert.match(await readFile(beside(german.capture), "utf8"), GERMAN_LINE);
    const french = await captured(lecture, {}, { captures: { language: "fr" } });
    assert.deepEqual(french.capture.result?.captions, ["en-GB"]);
  });

  it("come from the file where the player is given none", async () => {
    const { capture, asked } = await captured(captioned({ captionsFrom: "file" }));
    assert.equal(await readFile(beside(capture), "utf8"), ENGLISH);
    assert.deepEqual(pathsOf(asked).slice(-2), [INFO, FILE]);
  });

  it("are not asked for where there are none", async () => {
    const { capture, asked } = await captured(scene.lecture());
    assert.equal(capture.result?.captions, undefined);
    assert.equal((await readdir(dirname(capture.result?.file ?? ""))).length, 1);
    assert.equal(asked.length, 2);
  });

  it("fail alone, however they fail", async () => {
    const lecture = captioned();
    const host = await scene.start({ home: await scene.newHome() });
    const value = await host.signIn();
    // The session ends while the sound is on its way.
    const held = scene.peers.cdn.fail({ kind: "stall", afterBytes: 10_000 }, { method: "GET" });
    const { id } = await host.start(scene.peers.viewerUrl(lecture));
    await host.satisfies(id, ({ state, done }) => state === "downloading" && done > 0);
    scene.peers.site.endSession(value);
    scene.peers.site.fail({ kind: "status", status: 500 }, { path: FILE });
    held.release();
    const capture = await host.reaches(id, ["done", "failed", "waiting_for_cookies"]);
    await assertSaved(capture, lecture.audio);
    assert.equal(capture.result?.captions, undefined);
    assert.deepEqual(host.wanted, []);
  });
});

describe("captions of a capture whose host is killed", () => {
  it("are there once when it is started again, whatever the moment", async () => {
    for (let moment = 0; moment < 8; moment += 1) {
      const lecture = captioned();
      const home = await scene.newHome();
      const page = scene.peers.viewerUrl(lecture);
      const first = await scene.start({ home });
      await first.signIn();
      const frames = first.frames.length;
      const { id } = await first.start(page, { key: `killed-${String(moment)}` });
      await first.satisfies(id, ({ state }) => first.frames.length - frames > moment || state === "done");
      await first.kill();
      const second = await scene.start({ home });
      await second.signIn();
      const done = await second.capture(page, { key: `killed-${String(moment)}` });
      await assertSaved(done, lecture.audio);
      assert.deepEqual((await readdir(dirname(done.result?.file ?? ""))).length, 2, `moment ${String(moment)}`);
      assert.equal(await readFile(beside(done), "utf8"), ENGLISH);
      await second.leave();
    }
  });
});

describe("captions for a backend", () => {
  it("go up with the sound, before it is complete", async () => {
    const lecture = captioned({ captionLanguages: [4, 1] });
    const before = scene.peers.backend.requests.length;
    const { capture } = await captured(lecture, { deliver: scene.toBackend });
    assert.deepEqual(capture.result?.captions, ["de-DE"]);
    const texts = await scene.peers.backend.captions(capture.result?.lecture ?? "");
    assert.deepEqual([...texts.keys()], ["de-DE"]);
    assert.match(texts.get("de-DE") ?? "", GERMAN_LINE);
    const paths = scene.peers.backend.requests.slice(before).map(({ path }) => path);
    const at = (end: string): number => paths.findIndex((path) => path.endsWith(end));
    assert.ok(at("/captions") > 0 && at("/captions") < at("/complete"), paths.join(" "));
  });

  it("are not even asked for where the backend does not take them", async () => {
    scene.peers.backend.acceptsCaptions = false;
    const { capture, asked } = await captured(captioned(), { deliver: scene.toBackend });
    assert.equal(capture.result?.captions, undefined);
    assert.equal(pathsOf(asked).filter((path) => path === INFO).length, 1);
  });

  it("are left behind where the backend refuses them", async () => {
    scene.peers.backend.fail({ kind: "status", status: 500 }, { path: /\/captions$/ });
    const { capture } = await captured(captioned(), { deliver: scene.toBackend });
    assert.equal(capture.result?.captions, undefined);
    assert.equal(capture.result?.confirmed, true);
  });
});
