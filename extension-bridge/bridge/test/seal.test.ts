import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBase64, toBase64 } from "../src/base64.ts";
import { validateTraffic } from "../../schema/check.ts";
import { refusal } from "../testing/fake-host.ts";
import { COOKIES, stage } from "./support.ts";

test("a secret sealed with WebCrypto opens with OpenSSL's X25519, HKDF and AES-GCM", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  const answer = await bridge.putCookies(COOKIES);
  assert.equal(answer.kept, 1);
  assert.deepEqual(host.opened, [{ kind: "cookies", ...COOKIES }]);
});

test("a token is sealed with its origin and nothing else", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  await bridge.putBearer({ origin: "https://api.example.edu", token: "t" });
  assert.deepEqual(host.opened, [{ kind: "bearer", origin: "https://api.example.edu", token: "t" }]);
});

test("no frame ever holds a secret in plain text", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  await bridge.putCookies(COOKIES);
  assert.ok(!JSON.stringify(host.traffic).includes("CANARY"));
});

test("seq begins at one and grows by one for each value of a session", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  for (let n = 0; n < 3; n++) await bridge.putCookies(COOKIES);
  assert.deepEqual(host.seqs, [1, 2, 3]);
});

test("values that are put at the same time arrive in the order of their seq, over one session", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  await Promise.all(Array.from({ length: 20 }, () => bridge.putCookies(COOKIES)));
  assert.deepEqual(host.seqs, Array.from({ length: 20 }, (_, n) => n + 1));
  assert.equal(host.methods().filter((method) => method === "session.open").length, 1);
});

test("a session is refreshed before it expires", async () => {
  const { bridge, clock, host } = stage({ pingMs: 1e12 });
  await bridge.connect();
  host.sessionEndsAtMs = clock.now() + 30 * 60_000;
  await bridge.putCookies(COOKIES);
  await clock.turn(26 * 60_000);
  await bridge.putCookies(COOKIES);
  assert.deepEqual(host.methods().slice(-2), ["session.refresh", "vault.put"]);
});

for (const kind of ["unknown_session", "session_expired"] as const) {
  test(`a session that the host calls ${kind} is opened anew, and the value put again`, async () => {
    const { bridge, host } = stage();
    await bridge.connect();
    await bridge.putCookies(COOKIES);
    host.answers["vault.put"] = () => {
      delete host.answers["vault.put"];
      host.forgetSessions();
      return refusal(kind);
    };
    await bridge.putCookies(COOKIES);
    assert.equal(host.opened.length, 2);
    assert.deepEqual(host.seqs, [1, 1]);
  });
}

test("a put that fails does not hold up the next one", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  host.answers["vault.put"] = () => refusal("bad_seal");
  await assert.rejects(bridge.putCookies(COOKIES), { kind: "bad_seal" });
  delete host.answers["vault.put"];
  assert.equal((await bridge.putCookies(COOKIES)).kept, 1);
});

test("after a reconnection a new session is opened", async () => {
  const { bridge, clock, host } = stage();
  await bridge.connect();
  await bridge.putCookies(COOKIES);
  host.die();
  await clock.turn(1_000);
  await bridge.putCookies(COOKIES);
  assert.equal(host.methods().filter((method) => method === "session.open").length, 2);
});

test("all of this traffic is as the schema has it", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  await bridge.putCookies(COOKIES);
  await bridge.captures.start({ page: "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1" });
  assert.deepEqual(validateTraffic(host.traffic), []);
});

test("base64 carries a million bytes and comes back the same", () => {
  const bytes = Uint8Array.from({ length: 1_000_003 }, (_, n) => (n * 31) & 0xff);
  assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  assert.equal(toBase64(bytes), Buffer.from(bytes).toString("base64"));
});
