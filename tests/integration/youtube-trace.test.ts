// A whole capture by yt-dlp under strace: where the canary cookie was written, and where it was not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { MEDIA_HOST } from "../peers/youtube/youtube.ts";
import { TRACEABLE } from "./support/sanitized.ts";
import { YoutubeStage } from "./support/youtube-stage.ts";

/** Every call by which bytes can leave a process, start another one or name a file. */
const CALLS = "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,splice,tee,vmsplice,copy_file_range,execve,execveat,open,openat,openat2,creat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,memfd_create,mknodat,setxattr,connect";

let stage: YoutubeStage;
before(async () => {
  stage = await YoutubeStage.open();
});
after(() => stage.close());

async function environments(): Promise<Buffer[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return Promise.all(pids.flatMap((pid) => ["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`).catch(() => Buffer.alloc(0)))));
}

describe("a capture by yt-dlp, traced", () => {
  it("shows the canary cookies in one write alone, by yt-dlp into the file in memory that it had them from", { timeout: 300_000 }, async (test) => {
    if (spawnSync("yt-dlp", ["--version"]).status !== 0) return test.skip("yt-dlp is not installed");
    if (spawnSync("strace", ["-f", "-qq", "-o", "/dev/null", "true"]).status !== 0) return test.skip("strace is missing, or tracing is not permitted here");
    const home = await stage.scene.newHome();
    const trace = join(stage.scene.home, "trace.txt");
    const host = await stage.start({ home, under: ["strace", ...TRACEABLE, "-f", "-qq", "-y", "-s", "1048576", "-e", `trace=${CALLS}`, "-o", trace], config: { log: { level: "debug" } } });
    const session = stage.site.signIn();
    const video = stage.site.add({ audio: stage.scene.peers.lectures.short.audio, access: "signed-in" });
    await stage.putCookies(host, session);
    await host.putToken();
    const held = stage.site.fail({ kind: "stall", afterBytes: 1024 }, { path: video.id, host: MEDIA_HOST });
    const { id } = await host.start(stage.site.watchUrl(video), { deliver: stage.scene.toBackend });
    await stage.site.waitForRequest(({ host: name, faults }) => name === MEDIA_HOST && faults.includes("stall"), 120_000);
    const running = await environments();
    assert.ok(running.some((bytes) => bytes.includes(video.id)), "yt-dlp is not seen while it runs");
    held.release();
    const done = await host.reaches(id, ["done", "failed"], 120_000);
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal((await host.leave()).code, 0);

    const lines = (await readFile(trace, "latin1")).split("\n");
    assert.ok(stage.site.requests.some(({ cookie }) => cookie?.includes(session.LOGIN_INFO)), "the cookies did not travel");
    for (const value of [session.LOGIN_INFO, session.SAPISID]) {
      const calls = lines.filter((line) => line.includes(value));
      // One for each run of yt-dlp: it looks, then it fetches, and writes the file back at each end.
      assert.equal(calls.length, 2, calls.map((call) => call.slice(0, 160)).join("\n"));
      for (const call of calls) assert.match(call, /^\d+\s+write\(\d+<\/memfd:auricle( \(deleted\))?>/, call.slice(0, 160));
      for (const bytes of running) assert.ok(!bytes.includes(value));
    }
    const ours = lines.find((line) => line.includes("memfd_create("))?.split(/\s+/)[0] ?? assert.fail("no file in memory was made");
    assert.deepEqual(lines.filter((line) => line.startsWith(`${ours} `) && line.includes(session.LOGIN_INFO)), [], "the host itself writes no cookie");

    const places = new Map<string, Buffer>();
    places.set("the frames", Buffer.from(JSON.stringify(host.frames)));
    places.set("standard error", Buffer.from(host.port.stderr));
    places.set("the backend", stage.scene.peers.backend.received());
    places.set("the media's server", Buffer.from(JSON.stringify(stage.site.requests.filter(({ host: name }) => name === MEDIA_HOST))));
    for (const file of await stage.scene.filesLeft()) if (file !== trace) places.set(file, await readFile(file));
    for (const value of [session.LOGIN_INFO, session.SAPISID]) {
      for (const [name, bytes] of places) assert.ok(!bytes.includes(value), `a cookie is in ${name}`);
    }
  });
});
