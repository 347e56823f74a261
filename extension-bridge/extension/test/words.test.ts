import assert from "node:assert/strict";
import { test } from "node:test";
import { EXPLANATIONS, type Capture, type ErrorKind } from "@auricle/bridge";
import { aCapture, errorKinds } from "@auricle/bridge/testing";
import { ADVICE, CHANNEL_STEPS } from "../src/shared/advice.ts";
import { bytes, duration, percent, savings, speed } from "../src/shared/format.ts";
import { cardOf, pageCard } from "../src/shared/card.ts";

const ORIGIN = "https://uni.hosted.panopto.com";
const plain = (text: string | null): string | null => text && text.replaceAll("\u00a0", " ");

test("sizes are in the units that file managers show", () => {
  assert.deepEqual([0, 999, 1000, 999_499, 999_500, 1_250_000, 9_960_000, 58_200_000, 465_000_000, 1_200_000_000].map((n) => plain(bytes(n))), ["0 B", "999 B", "1 kB", "999 kB", "1.0 MB", "1.3 MB", "10 MB", "58 MB", "465 MB", "1.2 GB"]);
  assert.equal(plain(speed(3_100_000)), "3.1 MB/s");
});

test("times are rounded up to what a person can wait for", () => {
  assert.deepEqual([0, 400, 1001, 59_000, 60_001, 3_600_000, 3_900_000].map((n) => plain(duration(n))), ["1 s", "1 s", "2 s", "59 s", "2 min", "1 h", "1 h 5 min"]);
});

test("a hundred per cent is shown only when all is there", () => {
  assert.deepEqual([percent(999, 1000), percent(1000, 1000), percent(5, null), percent(5, 0), percent(9, 8)], [99, 100, null, null, 100]);
});

test("what was saved is said in a share and in sizes, and not at all when it is nothing", () => {
  assert.equal(plain(savings(0.88, 58_200_000, 465_000_000)), "Saved 88 % — 58 MB instead of 465 MB");
  assert.equal(plain(savings(0.5, null, null)), "Saved 50 %");
  assert.equal(savings(0, 1, 1), null);
  assert.equal(savings(null, 1, 2), null);
});

test("every kind of the schema has a next step, in a sentence", () => {
  assert.deepEqual(Object.keys(ADVICE).sort(), [...errorKinds].sort());
  for (const { next } of Object.values(ADVICE)) assert.match(next, /^[A-Z].*\.$/);
});

test("every problem of the channel has a button", () => {
  assert.deepEqual(Object.keys(CHANNEL_STEPS).sort(), Object.keys(EXPLANATIONS).sort());
});

for (const kind of errorKinds as ErrorKind[]) {
  test(`a capture that failed with ${kind} says the host's sentence and what to do, and can be got rid of or tried again`, () => {
    const card = cardOf(aCapture({ state: "failed", error: { code: -32000, message: "The host's sentence.", data: { kind, retryable: false } } }));
    assert.equal(card.state, "failed");
    assert.equal(card.detail, `The host's sentence. ${ADVICE[kind].next}`);
    const actions = [card.primary?.action, card.secondary?.action];
    assert.ok(actions.includes("retry") || actions.includes("remove"));
  });
}

test("what the host itself says of the next step is not said again in other words", () => {
  const message = "Downloads are off. Ask the lecturer to allow them.";
  const card = cardOf(aCapture({ state: "failed", error: { code: -32000, message, data: { kind: "download_disabled", retryable: false } } }));
  assert.equal(card.detail, message);
});

test("a capture shows share, amount, speed and time left", () => {
  const card = cardOf(aCapture({ done: 24_600_000, total: 58_200_000, rate: 3_100_000, etaMs: 12_000 }));
  assert.deepEqual([plain(card.label), plain(card.detail), card.percent], ["Capturing 42 %", "25 MB of 58 MB · 3.1 MB/s · 12 s left", 42]);
});

test("while nobody knows how long it is, no share is made up", () => {
  const card = cardOf(aCapture({ done: 5_000_000, total: null, etaMs: null, rate: null }));
  assert.deepEqual([card.label, plain(card.detail), card.percent], ["Capturing…", "5.0 MB", null]);
});

test("every state has a card", () => {
  const states: Capture["state"][] = ["queued", "resolving", "downloading", "finishing", "uploading", "done", "waiting_for_cookies", "parked", "failed", "cancelled"];
  assert.deepEqual(states.map((state) => cardOf(aCapture({ state })).state), ["capturing", "capturing", "capturing", "capturing", "capturing", "done", "waiting", "paused", "failed", "ready"]);
});

test("before the person has agreed, the one thing a page offers is to agree", () => {
  const card = pageCard({ state: "idle" }, false, null, ORIGIN, true);
  assert.deepEqual([card.state, card.primary?.action], ["consent", "allow"]);
  assert.match(card.detail, /uni\.hosted\.panopto\.com/);
});

test("what is captured already is shown as captured, even before anything was agreed to anew", () => {
  assert.equal(pageCard({ state: "connected" }, false, aCapture({ state: "done" }), ORIGIN, true).state, "done");
});

test("a cancelled capture may be captured again", () => {
  assert.equal(pageCard({ state: "connected" }, true, aCapture({ state: "cancelled" }), ORIGIN, true).primary?.action, "capture");
});

const STOPPED = { problem: "host_ended" as const, message: "The Auricle program has stopped.", next: "Wait." };

test("a program that stops in mid-capture is said to be starting again", () => {
  const card = pageCard({ state: "reconnecting", problem: STOPPED }, true, aCapture({ done: 300 }), ORIGIN, true);
  assert.deepEqual([card.state, card.percent], ["waiting", 30]);
  assert.match(card.detail, /has stopped.*started again/);
});

test("a finished capture stays finished when the program is gone", () => {
  assert.equal(pageCard({ state: "unreachable", problem: STOPPED }, true, aCapture({ state: "done" }), ORIGIN, true).state, "done");
});

test("a missing program shows how to install it, and a way to look again", () => {
  const card = pageCard({ state: "unreachable", problem: { ...EXPLANATIONS.host_missing, problem: "host_missing" } }, true, null, ORIGIN, true);
  assert.deepEqual([card.state, card.primary?.action, card.secondary?.action], ["host", "install_help", "connect"]);
});

test("where the browser keeps the site from us, the one press that helps says what the browser will ask", () => {
  for (const [consented, capture] of [[false, null], [true, null], [true, aCapture({ state: "cancelled" })]] as const) {
    const card = pageCard({ state: "idle" }, consented, capture, ORIGIN, false);
    assert.deepEqual([card.state, card.primary?.action], ["access", "grant"]);
    assert.match(card.detail, /Your browser does not let Auricle see uni\.hosted\.panopto\.com yet and will ask you whether it may/);
    assert.equal(/Your cookies stay on this computer/.test(card.detail), !consented);
  }
});

test("a capture that waits for cookies which the browser keeps from us waits for access, and for no sign-in", () => {
  const card = pageCard({ state: "connected" }, true, aCapture({ state: "waiting_for_cookies" }), ORIGIN, false);
  assert.deepEqual([card.state, card.label, card.primary?.action, card.secondary?.action], ["waiting", "Waiting for access", "grant", "cancel"]);
});

test("what needs no look at the site is shown as it is, with access or without", () => {
  for (const state of ["downloading", "done", "failed"] as const) {
    const capture = aCapture({ state });
    assert.deepEqual(pageCard({ state: "connected" }, true, capture, ORIGIN, false), cardOf(capture));
  }
});
