// The built host's memory, read by root from outside (process_vm_readv): secrets are in it while they are needed, and
// in no form once they were forgotten, whichever way they went to the site.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { connect } from "node:http2";
import { createServer, type AddressInfo } from "node:net";
import { after, before, describe, it, type TestContext } from "node:test";
import { huffman, search } from "./support/memory.ts";
import { SANITIZED, isSanitized } from "./support/sanitized.ts";
import { ORIGIN, Scene, type RunningHost } from "./support/scene.ts";
import { YoutubeStage } from "./support/youtube-stage.ts";

const TOKEN = "c4nary-backend-token-0Zq8Yx7Wv6Ut5Sr4Qp3On2Ml1Kj";

/** A way in which the host gives its secrets to a site. */
interface Way {
  readonly name: string;
  open(): Promise<Scene>;
  /** Uses the secrets, and ends. */
  use(scene: Scene, host: RunningHost): Promise<void>;
  /** What the host was given or has been sent since. */
  secrets(scene: Scene): ReadonlyMap<string, string>;
}

function overHttp(protocol: "h2" | "http/1.1"): Way {
  return {
    name: protocol === "h2" ? "HTTP/2" : "HTTP/1.1",
    open: () => Scene.open({ http1Site: protocol === "http/1.1", tokens: [TOKEN] }),
    async use(scene, host) {
      const done = await host.capture(scene.peers.viewerUrl(scene.lecture()), { deliver: scene.toBackend });
      assert.equal(done.state, "done", JSON.stringify(done.error));
      const withCookies = scene.peers.site.requests.filter(({ cookie }) => cookie !== undefined);
      assert.deepEqual([...new Set(withCookies.map((request) => request.protocol))], [protocol]);
      assert.ok(scene.peers.backend.requests.some(({ authorization }) => authorization?.includes(TOKEN)));
    },
    secrets(scene) {
      const ofSite = scene.peers.site.secrets().filter((secret) => secret.length >= 24);
      return new Map([...ofSite.map((secret, i) => [`cookie${String(i)}`, secret] as const), ["token", TOKEN]]);
    },
  };
}

const WAYS: readonly Way[] = [overHttp("h2"), overHttp("http/1.1")];

const pidOf = (host: RunningHost): number => Number(host.bridge.host?.host.pid);

async function copies(host: RunningHost, secrets: ReadonlyMap<string, string>): Promise<readonly string[] | undefined> {
  const { copies } = search(pidOf(host), secrets);
  return (await copies)?.found;
}

/** Which secrets were found, and in which forms. */
function names(found: readonly string[]): string[] {
  return [...new Set(found.map((line) => line.slice(0, line.indexOf("@"))))].toSorted();
}

/** The first block of compressed headers that a client sends: frames after the preface (RFC 9113 sections 3.4, 4.1, 6.2). */
function headerBlock(sent: Buffer): Buffer | undefined {
  const HEADERS = 1;
  for (let at = PREFACE_BYTES; at + FRAME_HEAD_BYTES <= sent.length; ) {
    const end = at + FRAME_HEAD_BYTES + sent.readUIntBE(at, 3);
    if (sent[at + 3] === HEADERS && end <= sent.length) return sent.subarray(at + FRAME_HEAD_BYTES, end);
    at = end;
  }
  return undefined;
}
const PREFACE_BYTES = 24;
const FRAME_HEAD_BYTES = 9;

describe("the search", () => {
  it("knows how HPACK writes a value: as nghttp2 does", { timeout: 60_000 }, async () => {
    let sent = Buffer.alloc(0);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = connect(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    client.on("error", () => undefined);
    const block = await new Promise<Buffer>((resolve) => {
      server.on("connection", (socket) =>
        socket.on("data", (bytes) => {
          sent = Buffer.concat([sent, bytes]);
          const whole = headerBlock(sent);
          if (whole !== undefined) resolve(whole);
        }),
      );
      client.request({ "x-secret": `x=1; ${TOKEN}; y=2` }).on("error", () => undefined);
    });
    client.destroy();
    server.close();
    assert.ok(huffman(TOKEN).some((form) => block.includes(form)));
    assert.ok(!block.includes(TOKEN), "the value went as it is, which proves nothing");
  });
});

for (const way of WAYS) {
  describe(`secrets that went to the site over ${way.name}`, () => {
    let scene: Scene;
    before(async () => {
      scene = await way.open();
    });
    after(() => scene.close());

    async function used(): Promise<RunningHost> {
      const host = await scene.start({ home: await scene.newHome() });
      await host.signIn();
      await host.putToken(TOKEN);
      await way.use(scene, host);
      return host;
    }

    it("are in memory before, and in none of it after vault.forget", { timeout: 120_000 }, async (test: TestContext) => {
      const host = await used();
      if (await isSanitized(pidOf(host))) return test.skip(SANITIZED);
      const before = await copies(host, way.secrets(scene));
      if (before === undefined) return test.skip("looking into another process is not permitted here");
      assert.ok(names(before).includes("token/plain") && names(before).some((name) => /^cookie\d+\/plain$/.test(name)), "the search finds nothing where something is");
      await host.bridge.vault.forget();
      assert.deepEqual(await copies(host, way.secrets(scene)), []);
    });

    it("are in none of it when the session has ended, after the program's last instruction", { timeout: 120_000 }, async (test: TestContext) => {
      const host = await used();
      if (await isSanitized(pidOf(host))) return test.skip(SANITIZED);
      const watch = search(Number(host.bridge.host?.host.pid), way.secrets(scene), "end");
      await watch.ready;
      assert.deepEqual(await host.leave(), { code: 0, signal: null });
      const copies = await watch.copies;
      if (copies === undefined) return test.skip("looking into another process is not permitted here");
      assert.ok(copies.searchedBytes > 1_000_000);
      assert.deepEqual(copies.found, []);
    });
  });
}

describe("secrets of a download that is under way", () => {
  let scene: Scene;
  before(async () => {
    scene = await Scene.open({ tokens: [TOKEN] });
  });
  after(() => scene.close());

  it("are in none of its memory after vault.forget, and what carries none goes on", { timeout: 120_000 }, async (test: TestContext) => {
    const host = await scene.start({ home: await scene.newHome() });
    if (await isSanitized(pidOf(host))) return test.skip(SANITIZED);
    const auth = await host.signIn();
    await host.putToken(TOKEN);
    const stall = scene.peers.cdn.fail({ kind: "stall", afterBytes: 10_000 }, { method: "GET" });
    const { id } = await host.start(scene.peers.viewerUrl(scene.lecture()), { deliver: scene.toBackend });
    await host.satisfies(id, ({ state, done }) => state === "downloading" && done > 0);
    await host.bridge.vault.forget({ origin: ORIGIN });
    const cookies = new Map([...overHttp("h2").secrets(scene)].filter(([, secret]) => secret !== TOKEN));
    assert.ok([...cookies.values()].includes(auth));
    const found = await copies(host, cookies);
    if (found === undefined) return test.skip("looking into another process is not permitted here");
    assert.deepEqual(found, []);
    stall.release();
    assert.equal((await host.reaches(id, ["done", "failed"])).state, "done");
  });
});

describe("secrets that yt-dlp took to the site", () => {
  let stage: YoutubeStage;
  before(async () => {
    stage = await YoutubeStage.open();
  });
  after(() => stage.close());

  /** A host that has captured a video for members, and the cookies that it did so with. */
  async function used(): Promise<{ readonly host: RunningHost; readonly secrets: ReadonlyMap<string, string> }> {
    const host = await stage.start();
    const signedIn = stage.site.signIn();
    await stage.putCookies(host, signedIn);
    const video = stage.site.add({ audio: stage.scene.peers.lectures.short.audio, access: "signed-in" });
    const done = await host.capture(stage.site.watchUrl(video));
    assert.equal(done.state, "done", JSON.stringify(done.error));
    return { host, secrets: new Map(Object.entries(signedIn).filter(([, value]) => value.length >= 24)) };
  }
  const hasYtDlp = existsSync("/usr/bin/yt-dlp");

  it("are in memory before, and in none of it after vault.forget", { timeout: 120_000 }, async (test: TestContext) => {
    if (!hasYtDlp) return test.skip("yt-dlp is not installed");
    const { host, secrets } = await used();
    if (await isSanitized(pidOf(host))) return test.skip(SANITIZED);
    const before = await copies(host, secrets);
    if (before === undefined) return test.skip("looking into another process is not permitted here");
    assert.ok(names(before).some((name) => name.endsWith("/plain")), "the search finds nothing where something is");
    await host.bridge.vault.forget();
    assert.deepEqual(await copies(host, secrets), []);
  });

  it("are in none of it when the session has ended, after the program's last instruction", { timeout: 120_000 }, async (test: TestContext) => {
    if (!hasYtDlp) return test.skip("yt-dlp is not installed");
    const { host, secrets } = await used();
    if (await isSanitized(pidOf(host))) return test.skip(SANITIZED);
    const watch = search(Number(host.bridge.host?.host.pid), secrets, "end");
    await watch.ready;
    assert.deepEqual(await host.leave(), { code: 0, signal: null });
    const found = await watch.copies;
    if (found === undefined) return test.skip("looking into another process is not permitted here");
    assert.deepEqual(found.found, []);
  });
});
