// What Firefox does otherwise with a host than Chromium: its arguments, a sentinel as descriptor 3, SIGPIPE ignored, SIGTERM
// soon after the end of input, and a port that ends at the first frame which is no JSON.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { encodeFrame } from "../../extension-bridge/bridge/testing/child-port.ts";
import { malformed } from "./support/malformed.ts";
import { program } from "./support/program.ts";
import { frameOf, IGNORING_SIGPIPE, RawHost } from "./support/raw-host.ts";
import type { Exit } from "./support/running-host.ts";
import { Scene } from "./support/scene.ts";
import { Dice } from "./support/seeded.ts";

/** SIGPIPE's bit in the masks of /proc/PID/status. */
const SIGPIPE_BIT = 1n << 12n;

let home: string;
let manifest: string;
let hosts: RawHost[] = [];
before(async () => {
  home = await mkdtemp(join(tmpdir(), "auricle-firefox-host-"));
  execFileSync(program(), ["install", "--browser", "firefox"], { env: { PATH: process.env["PATH"], HOME: home } });
  manifest = join(home, ".mozilla", "native-messaging-hosts", "org.auricle.host.json");
});
afterEach(async () => {
  const ending = hosts;
  hosts = [];
  await Promise.all(ending.map((host) => host.leave()));
});
after(() => rm(home, { recursive: true, force: true }));

/** As Firefox starts it, by the manifest that `auricle install` wrote. */
function begin(choices: { id?: string; configFile?: string } = {}): RawHost {
  const { id = "extension@auricle", ...rest } = choices;
  const host = new RawHost({ home, args: [manifest, id], under: IGNORING_SIGPIPE, ...rest });
  hosts.push(host);
  return host;
}

function ignoredSignals(status: string): bigint {
  return BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
}

describe("a host that Firefox starts", () => {
  it("is named by a manifest with Firefox's own key alone", async () => {
    const written = JSON.parse(await readFile(manifest, "utf8")) as Record<string, unknown>;
    assert.deepEqual(Object.keys(written).sort(), ["allowed_extensions", "description", "name", "path", "type"]);
    assert.deepEqual([written["path"], written["allowed_extensions"]], [program(), ["extension@auricle"]]);
  });

  it("knows the add-on by the second argument, and refuses one that is not registered with a line and status 2", async () => {
    assert.equal((await begin().hello()).error, undefined);
    const stranger = begin({ id: "{7b1bf0b6-a1b9-42b0-b75d-252036438bdc}" });
    assert.deepEqual(await stranger.exited, { code: 2, signal: null } satisfies Exit);
    assert.match(stranger.stderr, /^auricle: \{7b1bf0b6-[^}]+\} is not registered to use this program\. .*auricle install.*\n$/);
    assert.deepEqual(stranger.replies, []);
  });

  it("lets an add-on in that was registered by its id", async () => {
    const environment = { PATH: process.env["PATH"], HOME: home };
    execFileSync(program(), ["install", "--browser", "firefox", "--extension-id", "other@example.org"], { env: environment });
    assert.equal((await begin({ id: "other@example.org" }).hello()).error, undefined);
  });
});

describe("the sentinel that Firefox leaves at descriptor 3", () => {
  it("stays open and silent while the host lives, and none of its children holds it", async () => {
    const report = join(home, "child");
    const tool = join(home, "ffmpeg");
    // In the tool's place stands a script that says what it has inherited.
    await writeFile(tool, `#!/bin/sh\n{ ls -l /proc/$$/fd; cat /proc/$$/status; } >'${report}.new'; mv '${report}.new' '${report}'\necho 'ffmpeg version 1.0'\n`);
    await chmod(tool, 0o755);
    const configFile = join(home, "config.json");
    await writeFile(configFile, JSON.stringify({ tools: { ffmpeg: tool } }));
    const host = begin({ configFile });
    await host.hello();
    await host.until(({ method }) => method === "host.changed");
    const inherited = await readFile(report, "utf8");
    // The sentinel is a socket here; what a child is given on purpose is a pipe or /dev/null.
    assert.match(inherited, /-> pipe:/);
    assert.doesNotMatch(inherited, /-> socket:/);
    assert.deepEqual(host.sentinel, { bytes: 0, isOpen: true });

    assert.deepEqual(await host.leave(), { code: 0, signal: null });
    assert.deepEqual(host.sentinel, { bytes: 0, isOpen: false });

    assert.equal(ignoredSignals(inherited) & SIGPIPE_BIT, 0n, "the child ignores SIGPIPE as well");
  });
});

describe("SIGPIPE, which Firefox ignores for its children", () => {
  it("stays ignored: a host whose browser reads no more ends in order, and by no signal", async () => {
    const host = begin();
    await host.hello();
    const status = await readFile(`/proc/${String(host.pid)}/status`, "utf8");
    assert.notEqual(ignoredSignals(status) & SIGPIPE_BIT, 0n);
    host.stopReading();
    for (let id = 0; id < 50; id += 1) await host.write(encodeFrame({ jsonrpc: "2.0", id, method: "vault.status", params: {} }));
    assert.deepEqual(await host.leave(), { code: 0, signal: null });
    assert.equal(host.stderr, "");
  });
});

describe("the end that Firefox makes", () => {
  let scene: Scene;
  before(async () => void (scene = await Scene.open()));
  afterEach(() => scene.rest());
  after(() => scene.close());

  it("with a SIGTERM while the host still parks its captures changes nothing: status 0, and all is parked", async () => {
    const lecture = scene.lecture();
    const folder = await scene.newHome();
    const host = await scene.start({ home: folder, under: IGNORING_SIGPIPE });
    await host.signIn();
    const afterBytes = 10_000;
    scene.peers.cdn.fail({ kind: "stall", afterBytes });
    const { id } = await host.start(scene.peers.viewerUrl(lecture), { key: "term" });
    await scene.peers.cdn.waitForRequest(({ bytesSent }) => bytesSent >= afterBytes);
    const leaving = host.leave();
    // Firefox sends one after three seconds; at once is the harder case.
    host.port.process.kill("SIGTERM");
    host.port.process.kill("SIGTERM");
    assert.deepEqual(await leaving, { code: 0, signal: null });

    const next = await scene.start({ home: folder });
    assert.deepEqual(next.bridge.host?.unfinished.map(({ id: of, state }) => [of, state]), [[id, "parked"]]);
  });
});

describe("what Firefox ends a port for", () => {
  const SEED = 15_332_653;

  it("never comes: every frame is UTF-8 and JSON and longer than nothing, whatever the host is sent", { timeout: 60_000 }, async () => {
    const host = begin();
    await host.hello("first");
    const dice = new Dice(SEED);
    const hostile = [
      frameOf(""),
      frameOf("\0"),
      frameOf(Buffer.from([0xff, 0xfe, 0x7b])),
      // Names and ids that come back in an answer: half a surrogate pair, bytes of no character, a closing quote.
      frameOf('{"jsonrpc":"2.0","id":"\\ud800","method":"\\udfff","params":{}}'),
      frameOf(Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])),
      frameOf('{"jsonrpc":"2.0","id":"\\"","method":"capture.get","params":{"id":"\\u0000\\""}}'),
      ...Array.from({ length: 2_000 }, () => malformed(dice)),
    ];
    await host.write(Buffer.concat(hostile));
    // RawHost takes a frame apart as Firefox does: it fails on one that is empty, no UTF-8 or no JSON.
    assert.equal((await host.ask("vault.status", {}, "last")).error, undefined, `seed ${String(SEED)}`);
    for (const reply of host.replies) assert.equal(reply.jsonrpc, "2.0", `seed ${String(SEED)}`);
    assert.deepEqual(await host.leave(), { code: 0, signal: null });
    assert.equal(host.unread, 0);
  });
});
