import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryOf, judgeAddress, targetOf } from "../src/shared/backend.ts";
import { hasConsent, withConsent, withoutConsent } from "../src/shared/consent.ts";
import { captureIdOf } from "../src/background/notice.ts";
import { manifest } from "../manifest.ts";
import { createHash } from "node:crypto";

const SETTINGS = { deliverTo: "folder" as const, backendOrigin: "", courseId: "", subfolder: "" };

test("an address is read down to its origin", () => {
  assert.deepEqual(judgeAddress(" https://API.example.edu/v1/ "), { ok: true, origin: "https://api.example.edu", warning: null });
  assert.deepEqual(judgeAddress("api.example.edu"), { ok: true, origin: "https://api.example.edu", warning: null });
});

test("plain http draws a warning, except on this machine", () => {
  const warned = (typed: string): boolean => {
    const verdict = judgeAddress(typed);
    return verdict.ok && verdict.warning !== null;
  };
  assert.deepEqual(["http://api.example.edu", "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:1", "http://127.0.0.1.example.edu"].map(warned), [true, false, false, false, true]);
});

test("what is no address, or holds a password, is refused with a sentence", () => {
  for (const typed of ["", "https://", "ftp://x.example", "https://me:pw@api.example.edu", "ht tp://x"]) assert.equal(judgeAddress(typed).ok, false, typed);
});

test("a delivery is a folder until a backend is both chosen and named", () => {
  assert.deepEqual(deliveryOf(SETTINGS), { to: "folder" });
  assert.deepEqual(deliveryOf({ ...SETTINGS, deliverTo: "backend" }), { to: "folder" });
  assert.deepEqual(deliveryOf({ ...SETTINGS, subfolder: "Anatomy" }), { to: "folder", subfolder: "Anatomy" });
  const backend = { ...SETTINGS, deliverTo: "backend" as const, backendOrigin: "https://api.example.edu", courseId: "c" };
  assert.deepEqual(deliveryOf(backend), { to: "backend", origin: "https://api.example.edu", courseId: "c" });
  assert.deepEqual([targetOf(SETTINGS), targetOf(backend)], ["folder", "https://api.example.edu"]);
});

test("consent is for one origin, is kept from the first time, and can be taken back", () => {
  const once = withConsent({}, "https://a.panopto.com", 5);
  assert.deepEqual(withConsent(once, "https://a.panopto.com", 9), { "https://a.panopto.com": 5 });
  assert.ok(hasConsent(once, "https://a.panopto.com"));
  assert.ok(!hasConsent(once, "https://b.panopto.com"));
  assert.ok(!hasConsent(once, "toString"));
  assert.deepEqual(withoutConsent(once, "https://a.panopto.com"), {});
});

test("a notification leads back to its capture, and a foreign one to none", () => {
  assert.equal(captureIdOf("auricle:c1"), "c1");
  assert.equal(captureIdOf("other"), null);
});

test("the key in the manifest makes the fixed id", () => {
  const { key } = manifest("chromium", "1") as { key: string };
  const digest = createHash("sha256").update(Buffer.from(key, "base64")).digest("hex").slice(0, 32);
  const id = [...digest].map((digit) => String.fromCharCode(97 + Number.parseInt(digit, 16))).join("");
  assert.equal(id, "eifomnnboajlnambmpbbmkdaibgfclnl");
});

test("Firefox gets an event page and its own id, Chromium a worker", () => {
  assert.match(JSON.stringify(manifest("firefox", "1")), /"id":"extension@auricle".*"scripts":\["background.js"\]/);
  assert.match(JSON.stringify(manifest("chromium", "1")), /"service_worker":"background.js"/);
});
