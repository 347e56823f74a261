import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../src/backoff.ts";
import { ChannelError, HostError } from "../src/errors.ts";
import { refusal } from "../testing/fake-host.ts";
import { settle } from "../testing/fake-clock.ts";
import { COOKIES, stage } from "./support.ts";

test("hello names the protocol and the client, and its answer is kept", async () => {
  const { bridge, host } = stage();
  const hello = await bridge.connect();
  assert.equal(hello.host.name, "auricle");
  assert.deepEqual(host.asked[0]?.params, { protocol: [1], client: { browser: "node", name: "test", version: "1" } });
  assert.equal(bridge.host, hello);
});

test("a refusal becomes a HostError with kind, sentence and whether to try again", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  host.answers["capture.start"] = () => refusal("rate_limited", "Wait a minute.", true);
  await assert.rejects(bridge.captures.start({ page: "https://x.panopto.com/" }), (error) => {
    assert.ok(error instanceof HostError);
    assert.deepEqual([error.kind, error.message, error.retryable], ["rate_limited", "Wait a minute.", true]);
    return true;
  });
});

test("a missing host fails at once, in words that say what to do, and is not tried again", async () => {
  const { bridge, clock, host, states } = stage();
  host.endsAtOnce = "Specified native messaging host not found.";
  await assert.rejects(bridge.connect(), (error) => error instanceof ChannelError && error.problem === "host_missing" && /auricle install/.test(error.next));
  await clock.turn(120_000);
  assert.equal(host.lives, 1);
  assert.equal(states.at(-1)?.state, "closed");
});

test("a browser that throws at opening is decoded as well", async () => {
  const { bridge, host } = stage();
  host.openFails = "No such native application org.auricle.host";
  await assert.rejects(bridge.connect(), { problem: "host_missing" });
});

test("a host that speaks another protocol asks for updates", async () => {
  const { bridge, host } = stage();
  host.answers["hello"] = () => ({ error: { code: -32000, message: "This host speaks protocol 2.", data: { kind: "bad_params", retryable: false } } });
  await assert.rejects(bridge.connect(), { problem: "protocol_mismatch", message: "This host speaks protocol 2.", next: "Update both of them." });
});

test("a host that never says hello is given up after ten seconds", async () => {
  const { bridge, clock, host } = stage();
  host.answers["hello"] = () => null;
  const failed = assert.rejects(bridge.connect(), { problem: "unanswered" });
  await clock.turn(10_000);
  await failed;
});

test("requests pending when the host goes away fail with the reason", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  host.answers["capture.start"] = () => null;
  const pending = bridge.captures.start({ page: "https://x.panopto.com/" });
  await settle();
  host.die();
  await assert.rejects(pending, { name: "ChannelError", problem: "host_ended", retryable: true });
});

test("a request that nobody answers fails, and the channel goes on", async () => {
  const { bridge, clock, host } = stage({ pingMs: 1e12 });
  await bridge.connect();
  host.answers["capture.list"] = () => null;
  const failed = assert.rejects(bridge.captures.list(), { problem: "unanswered" });
  await clock.turn(60_000);
  await failed;
  assert.equal((await bridge.putCookies(COOKIES)).kept, 1);
});

test("a host that went away is started again, and says hello first", async () => {
  const { bridge, clock, host, states } = stage();
  await bridge.connect();
  host.die();
  assert.equal(bridge.connected, false);
  await clock.turn(125);
  assert.equal(bridge.connected, true);
  assert.equal(host.lives, 2);
  assert.deepEqual(states.map((one) => one.state), ["connected", "reconnecting", "connected"]);
  assert.equal(host.methods().at(-1), "hello");
});

test("between connections a request fails at once instead of waiting", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  host.die();
  await assert.rejects(bridge.captures.list(), { problem: "lost" });
});

test("waits grow with every failure up to twenty seconds, and fall back after a good connection", async () => {
  const { bridge, clock, host, states } = stage();
  await bridge.connect();
  const waits = (): number[] => states.flatMap((one) => (one.state === "reconnecting" ? [one.inMs] : []));
  host.endsAtOnce = "Native host has exited.";
  host.die();
  await clock.turn(5 * 60_000);
  assert.deepEqual(waits().slice(0, 9), [125, 250, 500, 1000, 2000, 4000, 8000, 10000, 10000]);
  host.endsAtOnce = null;
  await clock.turn(10_000);
  await clock.turn(30_000);
  host.die();
  assert.equal(waits().at(-1), 125);
});

test("full jitter: a wait is anywhere between nothing and its bound", () => {
  assert.equal(backoffMs(3, () => 0), 0);
  assert.equal(backoffMs(3, () => 0.999_999), 1_999);
  assert.equal(backoffMs(1_000, () => 0.5), 10_000);
});

test("every twenty seconds the host is asked whether it is there", async () => {
  const { bridge, clock, host } = stage();
  await bridge.connect();
  await clock.turn(61_000);
  assert.deepEqual(host.methods().slice(1), ["vault.status", "vault.status", "vault.status"]);
});

test("a host that leaves a ping unanswered is ended and started anew", async () => {
  const { bridge, clock, host, states } = stage();
  await bridge.connect();
  host.answers["vault.status"] = () => null;
  await clock.turn(31_000);
  assert.equal(host.lives, 2);
  assert.ok(states.some((one) => one.state === "reconnecting" && one.error.problem === "unanswered"));
});

test("a closed bridge stays closed", async () => {
  const { bridge, clock, host } = stage();
  await bridge.connect();
  bridge.close();
  await clock.turn(120_000);
  assert.equal(host.lives, 1);
  await assert.rejects(bridge.captures.list(), { problem: "closed" });
});

test("a refresh that is wanted is answered with what the handler says", async () => {
  const { bridge, host } = stage({ onRefreshWanted: async (wanted) => (wanted.kind === "cookies" ? { done: true } : { failed: "no_token" }) });
  await bridge.connect();
  const wanted = { id: "r1", kind: "cookies", site: "panopto", origin: COOKIES.origin, reason: "session_expired", attempt: 1 };
  host.notify("refresh.wanted", wanted);
  host.notify("refresh.wanted", { ...wanted, id: "r2", kind: "bearer" });
  await settle();
  assert.deepEqual(host.asked.slice(1).map(({ method, params }) => ({ method, params })), [
    { method: "refresh.done", params: { id: "r1" } },
    { method: "refresh.failed", params: { id: "r2", why: "no_token" } },
  ]);
});

test("a handler that throws is a refresh that failed, not a silent one", async () => {
  const { bridge, host } = stage({ onRefreshWanted: () => Promise.reject(new Error("cookies API gone")) });
  await bridge.connect();
  host.notify("refresh.wanted", { id: "r1", kind: "cookies", origin: COOKIES.origin, reason: "stale", attempt: 1 });
  await settle();
  assert.deepEqual(host.asked.at(-1)?.params, { id: "r1", why: "internal" });
});
