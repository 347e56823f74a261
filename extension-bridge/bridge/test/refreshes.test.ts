import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "../testing/fake-host.ts";
import { stage } from "./support.ts";
import { validateTraffic } from "../testing/index.ts";

const STATUS = { success: true, queue: "cookie-refresh", status: { waiting: 0, active: 1, delayed: 0, completed: 5, failed: 0, total: 6 } } as const;

test("a refresh is triggered, and the queue's counts are read", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  const triggered = { success: true, message: "Cookie refresh job triggered successfully", reason: "manual_trigger", id: "7" } as const;
  host.answers["refresh.trigger"] = () => ({ result: triggered });
  host.answers["refresh.status"] = () => ({ result: STATUS });
  assert.deepEqual(await bridge.refreshes.trigger({ site: "panopto", reason: "manual_trigger" }), triggered);
  assert.deepEqual(await bridge.refreshes.status(), STATUS);
  assert.deepEqual(host.asked.slice(1).map(({ method, params }) => [method, params]), [["refresh.trigger", { site: "panopto", reason: "manual_trigger" }], ["refresh.status", {}]]);
  assert.deepEqual(validateTraffic(host.traffic), []);
});

test("a refresh that may not be had yet fails with the host's words", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  host.answers["refresh.trigger"] = () => refusal("rate_limited", "Try again in 9 minutes.");
  await assert.rejects(bridge.refreshes.trigger({ site: "panopto", reason: "stale" }), { kind: "rate_limited", message: "Try again in 9 minutes." });
});
