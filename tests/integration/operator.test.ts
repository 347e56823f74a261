// What an operator sees: the audit, the counters and the emergency brake, over the channel and from the command line.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { assertNoLeak } from "./support/assertions.ts";
import { program } from "./support/program.ts";
import { Scene } from "./support/scene.ts";

const run = promisify(execFile);

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

/** `auricle` with these arguments, as a person at home runs it. */
async function auricle(home: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(program(), args, { env: { PATH: process.env["PATH"], HOME: home, AURICLE_CONFIG: join(home, "none.json") } });
  return stdout;
}

describe("the audit", () => {
  it("tells what happened to a session, the newest first, over the channel and from the command line, and no value", async () => {
    const home = await scene.newHome();
    const host = await scene.start({ home });
    const secret = await host.signIn();
    const { id } = await host.capture(scene.peers.viewerUrl(scene.lecture()));
    const { events } = await host.bridge.request("vault.audit", {});
    assert.deepEqual(events.filter(({ event }) => event === "put").map(({ site }) => site), ["panopto"]);
    assert.deepEqual(events.filter(({ capture }) => capture !== undefined).map(({ event, capture }) => [event, capture]), [["used", id]]);
    assert.equal(events.at(-1)?.event, "put");
    const forgotten = await host.bridge.request("vault.forget", {});
    assert.equal(forgotten.forgotten, 1);
    const now = await host.bridge.request("vault.audit", { limit: 1 });
    assert.equal(now.events[0]?.event, "forgotten");
    const rest = await host.bridge.request("vault.audit", { limit: 500, ...(now.next === undefined ? {} : { after: now.next }) });
    assert.deepEqual(rest.events, events);
    await host.leave();

    const lines = (await auricle(home, "audit", "--json")).trim().split("\n").map((line) => JSON.parse(line) as { event: string });
    assert.equal(lines[0]?.event, "put");
    assert.ok(lines.some(({ event }) => event === "forgotten"));
    assert.match(await auricle(home, "audit", "--limit", "1"), /^\S+Z {2}/);
    const file = join(home, ".local/state/auricle/audit.log");
    assert.ok(!(await readFile(file, "utf8")).includes(secret));
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it("refuses a place that it never gave", async () => {
    const host = await scene.start({ home: await scene.newHome() });
    await assert.rejects(host.bridge.request("vault.audit", { after: "1.2" }), /Begin again without/);
  });
});

describe("the counters", () => {
  it("say what was captured, fetched, saved and refused since the installation, in each form", async () => {
    const home = await scene.newHome();
    const host = await scene.start({ home });
    await host.signIn();
    const lecture = scene.lecture();
    await host.capture(scene.peers.viewerUrl(lecture));
    await host.capture(scene.peers.viewerUrl(scene.peers.lectures.text));
    const stats = await host.bridge.request("stats", {});
    assert.deepEqual(stats.captures, { panopto: { done: 1, not_media: 1 } });
    assert.deepEqual(stats.bytes, { fetched: lecture.audio.bytes, saved: lecture.video.bytes - lecture.audio.bytes });
    assert.deepEqual(stats.uploads, { completed: 0, bytes: 0 });
    assert.equal(stats.now.sessions[0]?.site, "panopto");
    assert.ok(stats.since !== null && Math.abs(Date.parse(stats.since) - Date.now()) < 600_000);
    await host.leave();

    const later = JSON.parse(await auricle(home, "stats", "--format", "json")) as typeof stats;
    assert.deepEqual(later.captures, stats.captures);
    const text = await auricle(home, "stats", "--format", "prometheus");
    assert.match(text, /^# TYPE auricle_captures_total counter$/m);
    assert.match(text, /^auricle_captures_total\{site="panopto",outcome="done"\} 1$/m);
    assert.match(text, new RegExp(`^auricle_saved_bytes_total ${String(lecture.video.bytes - lecture.audio.bytes)}$`, "m"));
    assert.match(await auricle(home, "stats"), /^Captures, panopto, done +1$/m);
  });

  it("are all zero where nothing was done", async () => {
    assert.match(await auricle(await scene.newHome(), "stats"), /Nothing was counted yet/);
  });
});

describe("auricle forget --all", () => {
  it("ends every host that holds a secret, and parks what runs", async () => {
    const home = await scene.newHome();
    const host = await scene.start({ home });
    await host.signIn();
    const held = scene.peers.cdn.fail({ kind: "stall", afterBytes: 20_000 }, { method: "GET", times: 100 });
    const { id } = await host.start(scene.peers.viewerUrl(scene.lecture()));
    await host.satisfies(id, ({ done }) => done > 0);
    assert.match(await auricle(home, "forget", "--all"), /^1 host\(s\) have ended; what they held is wiped/);
    assert.equal((await host.port.exited).code, 0);
    held.release();
    assert.match(await auricle(home, "forget", "--all"), /^No running host holds a secret/);

    const again = await scene.start({ home });
    assert.deepEqual((await again.bridge.captures.get(id)).state, "parked");
    assert.deepEqual((await again.bridge.request("vault.status", {})).entries, []);
  });
});
