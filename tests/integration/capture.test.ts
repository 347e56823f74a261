// The main job from the channel's side: a lecture becomes a file or a lecture at the backend, and no cookie goes with it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { Scene } from "./support/scene.ts";

describe("a capture", () => {
  let scene: Scene;
  before(async () => {
    scene = await Scene.open();
  });
  after(() => scene.close());

  it("puts the sound of a lecture into the music folder", async () => {
    const host = await scene.start();
    await host.signIn();
    const lecture = scene.peers.lectures.short;
    const started = await host.bridge.captures.start({ page: scene.peers.viewerUrl(lecture), store: "0", key: "k-folder" });
    const done = await host.reaches(started.id, ["done", "failed"]);
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.title, lecture.title);
    assert.equal(done.result?.sha256, lecture.audio.sha256);
    assert.equal(done.result?.mime, "audio/mp4");
    assert.equal(done.result?.confirmed, true);
    assert.equal(done.plan?.how, "audio-direct");
    assert.equal(done.plan?.wholeBytes, lecture.video.bytes);
    const file = await scene.read(done.result?.file ?? "");
    assert.equal(createHash("sha256").update(file).digest("hex"), lecture.audio.sha256);
    assert.equal(scene.peers.cdn.leaks.length, 0);
  });
});
