import assert from "node:assert/strict";
import { test } from "node:test";
import type { Capture } from "../src/protocol.ts";
import { aCapture, refusal } from "../testing/fake-host.ts";
import { settle } from "../testing/fake-clock.ts";
import { stage } from "./support.ts";

const PAGE = { page: "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1" };

async function collect(steps: AsyncIterable<Capture>): Promise<string[]> {
  const seen: string[] = [];
  for await (const step of steps) seen.push(`${step.state} ${step.done}`);
  return seen;
}

test("progress is followed from where the capture is to its end", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  const capture = await bridge.captures.start(PAGE);
  const seen = collect(bridge.captures.follow(capture));
  await settle();
  host.notify("capture.progress", { id: "c1", phase: "downloading", done: 500, total: 1000, rate: 100, etaMs: 5000 });
  await settle();
  host.notify("capture.changed", { capture: aCapture({ state: "done", done: 1000 }) });
  assert.deepEqual(await seen, ["downloading 0", "downloading 500", "done 1000"]);
});

test("a slow reader gets merged progress and every change of state", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  const steps = bridge.captures.follow(await bridge.captures.start(PAGE));
  for (let done = 1; done <= 900; done++) host.notify("capture.progress", { id: "c1", phase: "downloading", done, total: 1000, rate: 1, etaMs: 1 });
  host.notify("capture.changed", { capture: aCapture({ state: "uploading", done: 1000 }) });
  host.notify("capture.changed", { capture: aCapture({ state: "done", done: 1000 }) });
  assert.deepEqual(await collect(steps), ["downloading 900", "uploading 1000", "done 1000"]);
});

test("following goes on over a reconnection", async () => {
  const { bridge, clock, host } = stage();
  await bridge.connect();
  const seen = collect(bridge.captures.follow(await bridge.captures.start(PAGE)));
  await settle();
  host.unfinished = [aCapture({ state: "parked", done: 300 })];
  host.answers["capture.get"] = () => ({ result: { capture: aCapture({ state: "parked", done: 300 }) } });
  host.die();
  await clock.turn(1_000);
  host.notify("capture.changed", { capture: aCapture({ state: "cancelled", done: 300 }) });
  assert.deepEqual(await seen, ["downloading 0", "parked 300", "cancelled 300"]);
});

test("following fails when the host is gone for good", async () => {
  const { bridge, host } = stage({ reconnect: false });
  await bridge.connect();
  const seen = collect(bridge.captures.follow(await bridge.captures.start(PAGE)));
  await settle();
  host.die();
  await assert.rejects(seen, { problem: "host_ended" });
});

test("following a capture that the host does not know fails with its words", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  host.answers["capture.get"] = () => refusal("unknown_capture");
  await assert.rejects(collect(bridge.captures.follow("gone")), { kind: "unknown_capture" });
});

test("whoever stops reading is forgotten", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  for await (const step of bridge.captures.follow(await bridge.captures.start(PAGE))) {
    assert.equal(step.state, "downloading");
    break;
  }
  host.notify("capture.changed", { capture: aCapture({ state: "done" }) });
});

test("cancel, retry, pause, remove and reveal ask by id", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  for (const method of ["cancel", "retry", "pause"] as const) {
    host.answers[`capture.${method}`] = () => ({ result: { capture: aCapture({ state: "cancelled" }) } });
    await bridge.captures[method]("c1");
  }
  await bridge.captures.remove("c1");
  await bridge.captures.reveal("c1");
  assert.deepEqual(host.methods().slice(1), ["cancel", "retry", "pause", "remove", "reveal"].map((name) => `capture.${name}`));
  assert.ok(host.asked.slice(1).every(({ params }) => params["id"] === "c1"));
});
