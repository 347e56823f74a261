import { browserState as browser } from "../testing/fake-browser.ts";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import type { CaptureAudioParams } from "@auricle/bridge";
import { refusal, validateTraffic } from "@auricle/bridge/testing";
import { Desk } from "../src/background/desk.ts";
import { Link } from "../src/background/link.ts";
import { Listening } from "../src/background/listening.ts";
import { NotHeard, Recording } from "../src/popup/recording.ts";
import { clock } from "../src/shared/format.ts";

const BACKEND = "https://api.example.edu";
const SOUND = randomBytes(20_000);
const MOST = 1000;
const FOR_GOOD = "Specified native messaging host not found.";

const piece = ({ offset, length = MOST }: CaptureAudioParams) => ({ offset, data: SOUND.subarray(offset, offset + Math.min(length, MOST)).toString("base64"), total: SOUND.length, mimeType: "audio/mp4" });
const asked = () => browser.host.asked.filter(({ method }) => method === "capture.audio");
const call = (offset = 0) => ({ call: "audio", id: "c1", offset }) as const;

/** Each question is answered by the next of these, the last of them for ever. */
function answers(...given: (ReturnType<typeof refusal> | "piece" | "death")[]): void {
  browser.host.answers["capture.audio"] = (params) => {
    const next = given.length > 1 ? given.shift() : given[0];
    if (next === "piece") return { result: piece(params as unknown as CaptureAudioParams) };
    if (next !== "death") return next ?? null;
    queueMicrotask(() => browser.host.die());
    return null;
  };
}

const retryable = (more: object = {}) => {
  const { error } = refusal("network", "It could not answer just now.", true);
  return { error: { ...error, data: { ...error.data, ...more } } };
};

const newLink = (): Link =>
  new Link({ changed: () => undefined, capture: () => undefined, connected: () => undefined, refreshWanted: async () => ({ failed: "no_handler" }), warned: () => undefined, isWatched: () => false, isAwaited: async () => false });

/** As the desk has it, but nothing is waited for, and there is no token. */
function listening() {
  const pauses: number[] = [];
  const link = newLink();
  return { pauses, listening: new Listening({ ready: () => link.ready(), putToken: async () => false, sleep: async (ms) => void pauses.push(ms) }) };
}

beforeEach(() => {
  browser.reset();
  browser.host.answers["capture.list"] = () => ({ result: { captures: [] } });
});
afterEach(() => browser.host.die(FOR_GOOD));

test("a piece is passed on as the program gives it", async () => {
  answers("piece");
  assert.deepEqual(await new Desk(() => undefined, () => false).listening.answer(call(5)), { piece: piece({ id: "c1", offset: 5 }) });
  assert.deepEqual(asked().map(({ params }) => params), [{ id: "c1", offset: 5 }]);
  assert.deepEqual(validateTraffic(browser.host.traffic), []);
});

test("what the program refuses is told in its words, and not asked again", async () => {
  answers(refusal("not_found", "It has been moved. Capture it again."));
  const { listening: one, pauses } = listening();
  assert.deepEqual(await one.answer(call()), { said: "It has been moved. Capture it again.", kind: "not_found" });
  assert.equal(asked().length, 1);
  assert.deepEqual(pauses, []);
});

test("a capture that is still under way is not waited for", async () => {
  answers(refusal("not_ready_yet", "It is still under way.", true));
  assert.deepEqual(await listening().listening.answer(call()), { said: "It is still under way.", kind: "not_ready_yet" });
  assert.equal(asked().length, 1);
});

test("what may pass is asked again, three times and after the pause that the server names", async () => {
  answers(retryable(), retryable({ retryAfterMs: 3000 }), "piece");
  const { pauses, listening: one } = listening();
  assert.ok("piece" in (await one.answer(call())));
  assert.deepEqual(pauses.splice(0), [500, 3000]);
  answers(retryable());
  assert.deepEqual(await one.answer(call()), { said: "It could not answer just now.", kind: "network" });
  assert.equal(pauses.splice(0).length, 3);
  answers(retryable({ retryAfterMs: 60_000 }));
  assert.ok("said" in (await one.answer(call())), "nobody listens for a minute to nothing");
  assert.deepEqual(pauses, []);
});

test("a program that goes away is waited for, and asked again", async () => {
  answers("death", "piece");
  assert.ok("piece" in (await listening().listening.answer(call())));
  assert.equal(browser.host.lives, 2);
  assert.equal(asked().length, 2);
});

test("a program that stays away is told with what to do", async () => {
  browser.host.openFails = FOR_GOOD;
  const answer = await listening().listening.answer(call());
  assert.ok("said" in answer && answer.kind === undefined);
  assert.match(answer.said, /auricle install|install/i);
});

test("the backend's token is given to a program that lacks it, once", async () => {
  browser.local["settings"] = { deliverTo: "folder", backendOrigin: BACKEND };
  browser.local["backendToken"] = "TOKEN";
  answers(refusal("backend_unauthorized"), "piece");
  const { listening: one } = new Desk(() => undefined, () => false);
  assert.ok("piece" in (await one.answer(call())));
  assert.deepEqual(browser.host.opened, [{ kind: "bearer", origin: BACKEND, token: "TOKEN" }]);
  answers(refusal("backend_unauthorized", "Enter a new token."));
  assert.deepEqual(await one.answer(call()), { said: "Enter a new token.", kind: "backend_unauthorized" });
  assert.equal(browser.host.opened.length, 2);
});

test("without a token of one's own nothing is asked twice", async () => {
  answers(refusal("backend_unauthorized", "Enter a new token."));
  assert.deepEqual(await new Desk(() => undefined, () => false).listening.answer(call()), { said: "Enter a new token.", kind: "backend_unauthorized" });
  assert.equal(asked().length, 1);
});

test("a recording is put together, and tells how far it is", async () => {
  const told: number[] = [];
  const whole = await new Recording("c1", async (params) => piece(params)).load((done, total) => void told.push(done / total), new AbortController().signal);
  assert.deepEqual(Buffer.from(await whole.arrayBuffer()), SOUND);
  assert.equal(whole.type, "audio/mp4");
  assert.equal(told.length, 20);
  assert.equal(told.at(-1), 1);
});

test("after a failure it goes on from what is there", async () => {
  const offsets: number[] = [];
  let fails = true;
  const recording = new Recording("c1", async (params) => {
    offsets.push(params.offset);
    if (fails && params.offset >= 9000) throw new NotHeard("It is gone.");
    return piece(params);
  });
  const { signal } = new AbortController();
  await assert.rejects(recording.load(() => undefined, signal), /It is gone/);
  fails = false;
  offsets.length = 0;
  assert.deepEqual(Buffer.from(await (await recording.load(() => undefined, signal)).arrayBuffer()), SOUND);
  assert.equal(Math.min(...offsets), 9000);
});

test("of a recording that was replaced meanwhile nothing old is kept", async () => {
  const other = randomBytes(5000);
  let isOther = false;
  const recording = new Recording("c1", async (params) => {
    if (isOther) return { ...piece(params), data: other.subarray(params.offset, params.offset + MOST).toString("base64"), total: other.length };
    if (params.offset >= 3000) throw new NotHeard("It is gone.");
    return piece(params);
  });
  const { signal } = new AbortController();
  await assert.rejects(recording.load(() => undefined, signal), /It is gone/);
  isOther = true;
  assert.deepEqual(Buffer.from(await (await recording.load(() => undefined, signal)).arrayBuffer()), other);
});

test("an end of listening ends the loading", async () => {
  const stop = new AbortController();
  const loading = new Recording("c1", async (params) => {
    if (params.offset === 5000) stop.abort(new Error("closed"));
    return piece(params);
  }).load(() => undefined, stop.signal);
  await assert.rejects(loading, /closed/);
});

test("a place in a recording reads as on a player", () => {
  assert.deepEqual([0, 7.9, 60, 3500, 3600, 3725, -1].map(clock), ["0:00", "0:07", "1:00", "58:20", "1:00:00", "1:02:05", "0:00"]);
});
