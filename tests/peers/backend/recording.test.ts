import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Recording } from "./recording.ts";

describe("what a backend received", () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-recording-"));
  });
  after(() => rm(dir, { recursive: true }));

  it("is looked through once, and a word is found wherever what came in was cut", () => {
    const recording = new Recording(join(dir, "received"));
    recording.add(Buffer.from("first-word and sec"));
    assert.deepEqual(recording.found(["first-word", "second-word", "x"]), ["first-word"]);
    recording.add(Buffer.from("ond-word"));
    assert.deepEqual(recording.found(["second-word", "third-word", "first-word"]), ["second-word", "first-word"]);
    recording.add(Buffer.from("third-word"));
    assert.deepEqual(recording.found(["third-word"]), ["third-word"]);
    assert.deepEqual(recording.found(["third-word", "fourth-word"]), ["third-word"]);
    recording.clear();
    assert.deepEqual(recording.found(["first-word"]), []);
    recording.close();
  });
});
