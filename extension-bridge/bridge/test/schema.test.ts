import assert from "node:assert/strict";
import { test } from "node:test";
import { errorKinds, fault, methodNames, notificationNames, validateTraffic } from "../../schema/check.ts";
import { current, generate } from "../../schema/generate.ts";
import { aCapture } from "../testing/fake-host.ts";

test("protocol.ts is what the schema makes (npm run generate -w @auricle/bridge)", async () => {
  assert.equal(await current(), await generate());
});

test("the schema has the protocol's methods, notifications and kinds", () => {
  assert.equal(methodNames.length, 25);
  assert.equal(notificationNames.length, 5);
  assert.equal(errorKinds.length, 28);
});

test("a reply is judged by the method it answers", () => {
  const ask = { from: "client" as const, frame: { jsonrpc: "2.0", id: 1, method: "capture.get", params: { id: "c1" } } };
  assert.deepEqual(validateTraffic([ask, { from: "host", frame: { jsonrpc: "2.0", id: 1, result: { capture: aCapture() } } }]), []);
  const [found] = validateTraffic([ask, { from: "host", frame: { jsonrpc: "2.0", id: 1, result: { capture: { id: "c1" } } } }]);
  assert.equal(found?.index, 1);
  assert.match(found?.what ?? "", /capture.get result/);
});

test("an answer that nobody asked for, an unknown kind and an unknown notification are faults", () => {
  const bad = [
    { jsonrpc: "2.0", id: 9, result: {} },
    { jsonrpc: "2.0", id: null, error: { code: -32000, message: "No.", data: { kind: "whatever", retryable: false } } },
    { jsonrpc: "2.0", method: "capture.exploded", params: {} },
    [],
  ];
  assert.equal(validateTraffic(bad.map((frame) => ({ from: "host" as const, frame }))).length, bad.length);
});

test("an opened seal is cookies or a token, with Chrome's and with Firefox's fields", () => {
  const chrome = { name: "a", value: "b", domain: "x", path: "/", hostOnly: true, sameSite: "lax", partitionKey: { topLevelSite: "https://x" } };
  const firefox = { name: "a", value: "b", domain: "x", path: "/", firstPartyDomain: "", partitionKey: null, storeId: "firefox-default" };
  const opened = { kind: "cookies", site: "panopto", origin: "https://uni.hosted.panopto.com", store: "0", cookies: [chrome, firefox] };
  assert.equal(fault("OpenedSeal", opened), null);
  assert.notEqual(fault("OpenedSeal", { ...opened, site: "elsewhere" }), null);
  assert.notEqual(fault("OpenedSeal", { kind: "bearer", origin: "https://api.example.edu/path", token: "t" }), null);
});
