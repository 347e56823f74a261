// One whole capture under strace: the canary cookie is nowhere but in what goes to the site itself.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { TRACEABLE } from "./support/sanitized.ts";
import { ORIGIN, Scene } from "./support/scene.ts";

/** Every call by which bytes can leave a process, start another one or name a file; what is read is recorded as well. */
const CALLS = "read,readv,pread64,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,splice,tee,vmsplice,copy_file_range,recvfrom,recvmsg,execve,execveat,open,openat,openat2,creat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,memfd_create,mknodat,setxattr,connect";

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
after(() => scene.close());

function mayTrace(): boolean {
  return spawnSync("strace", ["-f", "-qq", "-o", "/dev/null", "true"]).status === 0;
}

const PIECE = 20;

/** The whole is found by its pieces: what is written down may have been cut. */
function pieces(secret: string): string[] {
  if (secret.length < 4 * PIECE) return [secret];
  return [0, Math.floor(secret.length / 2), secret.length - PIECE].map((at) => secret.slice(at, at + PIECE));
}

/** The ways in which a value could be written down by somebody who means no harm. */
function forms(secret: string): Buffer[] {
  const bytes = Buffer.from(secret, "latin1");
  const hex = bytes.toString("hex");
  // Wherever base64 cuts, a middle part is the same: three shifts are all there are.
  const base64 = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").slice(4, -4));
  const spaced = (hex.match(/../g) ?? []).map((byte) => `\\x${byte}`).join("");
  return [bytes, Buffer.from(bytes.toReversed()), ...[hex, hex.toUpperCase(), ...base64, encodeURIComponent(secret), spaced].map((text) => Buffer.from(text))];
}

describe("a whole capture to the backend, traced", () => {
  it("shows the canary cookie in no call, argument, environment, file, log and recording", { timeout: 120_000 }, async (test: TestContext) => {
    if (!mayTrace()) return test.skip("strace is missing, or tracing is not permitted here");
    const home = await scene.newHome();
    const trace = join(scene.home, "trace.txt");
    const host = await scene.start({ home, under: ["strace", ...TRACEABLE, "-f", "-qq", "-s", "4194304", "-e", `trace=${CALLS}`, "-o", trace], config: { log: { level: "debug" } } });
    const pid = String(host.bridge.host?.host.pid);
    const auth = await host.signIn();
    const second = "c4nary-user-settings";
    await host.putToken();

    const lecture = scene.lecture({ tid: "0f0f0f0f-1111-4222-8333-777777777777", title: "Traced from end to end" });
    const silence = scene.peers.backend.fail({ kind: "silence" }, { method: "PATCH" });
    const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend });
    await scene.peers.backend.waitForRequest(({ faults }) => faults.includes("silence"));
    const running = new Map<string, Buffer>();
    for (const name of ["cmdline", "environ", "maps", "status"]) running.set(`/proc/${pid}/${name}`, await readFile(`/proc/${pid}/${name}`).catch(() => Buffer.alloc(0)));
    silence.release();
    const done = await host.reaches(id, ["done", "failed"], 60_000);
    assert.equal(done.state, "done", JSON.stringify(done.error));
    // A session that ends, the wait for another one, and a failure: the ways in which errors are worded.
    scene.peers.site.endAllSessions();
    const waiting = await host.start(`${ORIGIN}/Panopto/Pages/Viewer.aspx?id=${scene.lecture().deliveryId}`);
    await host.reaches(waiting.id, ["waiting_for_cookies"]);
    await host.signIn();
    await host.reaches(waiting.id, ["done"]);
    assert.equal((await host.leave()).code, 0);

    const places = new Map<string, Buffer>(running);
    places.set("the trace", await readFile(trace));
    places.set("the frames", Buffer.from(JSON.stringify(host.frames)));
    places.set("standard error", Buffer.from(host.port.stderr));
    places.set("the backend", scene.peers.backend.received());
    for (const peer of ["cdn", "idp", "stranger"] as const) places.set(peer, Buffer.from(JSON.stringify(scene.peers[peer].requests)));
    for (const file of await scene.filesLeft()) if (file !== trace) places.set(file, await readFile(file));

    // The site has had them: the search looks for what really travelled.
    const atSite = scene.peers.site.requests.map(({ cookie }) => cookie ?? "").join("\n");
    assert.ok(atSite.includes(auth));
    // The trace has what is plain in it: frames on standard output and the journal's records.
    const calls = places.get("the trace") ?? Buffer.alloc(0);
    assert.ok(calls.includes("capture.changed") && calls.includes("Traced from end to end"), "the trace does not see what is written");
    assert.match(places.get(`/proc/${pid}/cmdline`)?.toString() ?? "", /auricle/);
    assert.ok([...places.keys()].some((name) => name.includes("/captures/")));

    const secrets = [...new Set([...scene.peers.site.secrets().filter((secret) => atSite.includes(secret)), second])];
    assert.ok(secrets.length >= 4, "the renewed cookie, both sessions' and the second canary are to be looked for");
    for (const secret of secrets) {
      for (const [name, bytes] of places) {
        for (const form of pieces(secret).flatMap(forms)) assert.ok(!bytes.includes(form), `${secret.slice(0, 24)}… is in ${name}`);
      }
    }
    const tokenAt = [...places].filter(([name, bytes]) => name !== "the backend" && bytes.includes(scene.peers.backend.token)).map(([name]) => name);
    assert.deepEqual(tokenAt, []);
  });
});
