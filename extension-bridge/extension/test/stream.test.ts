import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { streamAmong } from "../src/shared/stream.ts";

const CDN = "https://d2hpwsdp0ihr0w.cloudfront.net/sessions/a";

describe("the stream that a page has loaded", () => {
  it("is its master playlist, query included, whatever came after it", () => {
    const master = `${CDN}.hls/master.m3u8?InvocationID=7`;
    assert.equal(streamAmong([`${CDN}/page.css`, master, `${CDN}.hls/1/index.m3u8`, `${CDN}.hls/1/00000.ts`]), master);
    assert.equal(streamAmong([`${CDN}.hls/master.panobf2`, `${CDN}.mp4`]), `${CDN}.hls/master.panobf2`);
  });

  it("is a file where there is no playlist, the one loaded last", () => {
    assert.equal(streamAmong([`${CDN}/1.mp4`, `${CDN}/2.panobf1`]), `${CDN}/2.panobf1`);
  });

  it("is nothing that only looks like one, and nothing without https", () => {
    assert.equal(streamAmong(["http://cdn.example/master.m3u8", "blob:https://uni.example/1", "not an address", `${CDN}/master.m3u8.html`, `${CDN}/${"a".repeat(9000)}.mp4`]), undefined);
  });
});
