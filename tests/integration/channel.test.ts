// The channel as bytes, against the real program: who may speak, what a frame may be, and that nothing breaks it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it, type TestContext } from "node:test";
import { errorKinds } from "../../extension-bridge/bridge/testing/index.ts";
import { encodeFrame } from "../../extension-bridge/bridge/testing/child-port.ts";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import { malformed } from "./support/malformed.ts";
import { program } from "./support/program.ts";
import { frameOf, RawHost, type RawOptions, type Reply } from "./support/raw-host.ts";
import { SANITIZED, isSanitized } from "./support/sanitized.ts";
import { Dice } from "./support/seeded.ts";

const MIB = 1024 * 1024;
const HELLO = { jsonrpc: "2.0", id: 1, method: "hello", params: { protocol: [1], client: { name: "raw", version: "1", browser: "node" } } };

let home: string;
let hosts: RawHost[] = [];
before(async () => {
  home = await mkdtemp(join(tmpdir(), "auricle-channel-"));
});
afterEach(async () => {
  const ending = hosts;
  hosts = [];
  for (const host of ending) {
    await host.leave();
    assert.equal(host.unread, 0, "something else than frames came on standard output");
  }
});
after(() => rm(home, { recursive: true, force: true }));

function begin(options: Partial<RawOptions> = {}): RawHost {
  const host = new RawHost({ home, ...options });
  hosts.push(host);
  return host;
}

function assertTyped({ jsonrpc, error }: Reply): void {
  assert.equal(jsonrpc, "2.0");
  assert.ok(error !== undefined);
  assert.ok([-32700, -32600, -32601, -32602, -32603, -32000].includes(error.code), String(error.code));
  assert.notEqual(error.code, -32603, error.message);
  assert.match(error.message, /^[A-Z].*\.$/s);
  assert.ok(error.message.length < 600);
  if (error.code !== -32000) return;
  assert.ok(errorKinds.includes(error.data?.kind ?? ""), JSON.stringify(error));
  assert.equal(typeof error.data?.retryable, "boolean");
}

describe("who may speak", () => {
  const run = (...args: string[]) => spawnSync(program(), args, { env: { PATH: process.env["PATH"], HOME: home }, input: encodeFrame(HELLO), timeout: 60_000 });

  for (const args of [["chrome-extension://abcdefghijklmnopabcdefghijklmnop/"], ["/home/me/host.json", "stranger@example"], ["chrome-extension://eifomnnboajlnambmpbbmkdaibgfclnl/", "chrome-extension://abcdefghijklmnopabcdefghijklmnop/"]]) {
    it(`is not ${args.join(" and ")}: one line and status 2`, () => {
      const { status, stdout, stderr } = run(...args);
      assert.equal(status, 2);
      assert.equal(stdout.length, 0);
      assert.match(stderr.toString(), /^auricle: .* is not registered to use this program\..*\n$/);
    });
  }

  it("is Firefox with the manifest's path and the add-on's id", async () => {
    const host = begin({ args: [join(home, ".mozilla/native-messaging-hosts/org.auricle.host.json"), "extension@auricle"] });
    assert.equal((await host.hello()).error, undefined);
  });

  it("is Chrome on Windows, which adds its window", async () => {
    const host = begin({ args: ["chrome-extension://eifomnnboajlnambmpbbmkdaibgfclnl/", "--parent-window=0"] });
    assert.equal((await host.hello()).error, undefined);
  });

  it("is nobody when it is started by hand: status 2 and the way out", () => {
    const { status, stdout, stderr } = run();
    assert.equal(status, 2);
    assert.equal(stdout.length, 0);
    assert.match(stderr.toString(), /a browser starts this program/);
  });
});

describe("hello", () => {
  it("comes first; whatever else is asked before is not_ready", async () => {
    const host = begin();
    for (const method of ["vault.status", "capture.list", "session.open", "capture.start"]) {
      assert.equal((await host.ask(method, {})).error?.data?.kind, "not_ready");
    }
    const { result } = await host.hello();
    const { host: said, limits, sites } = result as { host: { name: string; pid: number }; limits: Record<string, number>; sites: string[] };
    assert.equal(said.name, "auricle");
    assert.equal(said.pid, host.pid);
    assert.deepEqual([limits["reply_bytes"], limits["request_bytes"]], [MIB, 8 * MIB]);
    assert.ok(sites.includes("panopto"));
    assert.equal((await host.ask("vault.status", {})).error, undefined);
  });

  it("of another protocol is refused with the numbers that are spoken", async () => {
    const host = begin();
    const { error } = await host.ask("hello", { protocol: [2, 3], client: { name: "a", version: "1", browser: "b" } });
    assert.equal(error?.data?.kind, "bad_params");
    assert.match(error.message, /\b1\b/);
  });

  it("may have an id of text, which comes back as it was", async () => {
    const host = begin();
    assert.equal((await host.hello("ä \u0001\"\\")).error, undefined);
  });

  it("takes less than 12 MiB of memory before a capture", async (test: TestContext) => {
    const host = begin();
    await host.hello();
    if (await isSanitized(host.pid)) return test.skip(SANITIZED);
    assert.ok((await host.residentBytes()) < 12 * MIB, `${String(await host.residentBytes())} bytes`);
  });
});

describe("frames", () => {
  it("are taken in two pieces, wherever they are cut", { timeout: 60_000 }, async () => {
    const host = begin();
    await host.hello();
    const whole = encodeFrame({ jsonrpc: "2.0", id: "cut", method: "capture.get", params: { id: "keine-ä-€-🎧" } });
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const before = host.replies.length;
      await host.write(whole.subarray(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      await host.write(whole.subarray(cut));
      const reply = await host.until((one) => host.replies.indexOf(one) >= before && one.id === "cut");
      assert.equal(reply.error?.data?.kind, "unknown_capture");
    }
  });

  it("are taken byte by byte, and many in one piece", async () => {
    const host = begin();
    for (const byte of encodeFrame(HELLO)) await host.write(Buffer.from([byte]));
    await host.until(({ id }) => id === 1);
    await host.write(Buffer.concat(Array.from({ length: 500 }, (_, n) => encodeFrame({ jsonrpc: "2.0", id: 10 + n, method: "vault.status", params: {} }))));
    await host.until(({ id }) => id === 509);
    const ids = host.replies.map(({ id }) => id).filter((id) => typeof id === "number" && id >= 10);
    assert.deepEqual(ids, Array.from({ length: 500 }, (_, n) => 10 + n));
  });

  it("of more than 8 MiB are skipped without being held, and answered with too_large", async () => {
    const host = begin();
    await host.hello();
    const before = await host.residentBytes();
    const filler = Buffer.alloc(MIB, 0x20);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(40 * MIB);
    await host.write(head);
    for (let sent = 0; sent < 40; sent += 1) await host.write(filler);
    const refused = await host.until(({ id, error }) => id === null && error !== undefined);
    assert.equal(refused.error?.data?.kind, "too_large");
    assert.equal((await host.ask("vault.status", {})).error, undefined);
    assert.ok((await host.residentBytes()) - before < 2 * MIB);
  });

  it("of exactly 8 MiB are read, of no bytes are no JSON", async () => {
    const host = begin();
    await host.hello();
    const request = Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: "full", method: "capture.get", params: { id: "none" } }));
    await host.write(frameOf(Buffer.concat([request, Buffer.alloc(8 * MIB - request.length, 0x20)])));
    assert.equal((await host.until(({ id }) => id === "full")).error?.data?.kind, "unknown_capture");
    await host.write(frameOf(""));
    assert.equal((await host.until(({ id }) => id === null)).error?.code, -32700);
  });

  it("that end in the middle end the host in order", async () => {
    const host = begin();
    await host.hello();
    await host.write(encodeFrame(HELLO).subarray(0, 20));
    assert.deepEqual(await host.leave(), { code: 0, signal: null });
  });

  const rows: [string, string, number][] = [
    ["no JSON", "{", -32700],
    ["a batch", JSON.stringify([HELLO, HELLO]), -32600],
    ["no version", JSON.stringify({ id: 1, method: "vault.status" }), -32600],
    ["an id of another kind", JSON.stringify({ jsonrpc: "2.0", id: {}, method: "vault.status" }), -32600],
    ["an unknown method", JSON.stringify({ jsonrpc: "2.0", id: 1, method: "shell.run", params: { command: "id" } }), -32601],
  ];
  for (const [name, body, code] of rows) {
    it(`with ${name} are answered with ${String(code)}, and the next one is read`, async () => {
      const host = begin();
      await host.hello("first");
      await host.write(frameOf(body));
      const reply = await host.until(({ error }) => error !== undefined);
      assert.equal(reply.error?.code, code);
      assertTyped(reply);
      assert.equal((await host.ask("vault.status", {})).error, undefined);
    });
  }
});

describe("10,000 malformed frames and requests", () => {
  const SEED = 7_041_776;
  const COUNT = 10_000;
  const BATCH = 250;

  it("are each a typed error or nothing; the process lives on, and its memory stays flat and below 32 MiB", { timeout: 120_000 }, async (test: TestContext) => {
    const host = begin();
    await host.hello("first");
    const dice = new Dice(SEED);
    let settled = 0;
    for (let sent = 0; sent < COUNT; sent += BATCH) {
      const from = host.replies.length;
      const frames = Array.from({ length: BATCH }, () => malformed(dice));
      const end = `end of ${String(sent)}`;
      await host.write(Buffer.concat(frames));
      assert.equal((await host.ask("vault.status", {}, end)).error, undefined, `seed ${String(SEED)}, after ${String(sent)}`);
      // An answer that has to be waited for (cancel, remove) may come after a later one.
      const answers = (): Reply[] => host.replies.slice(from).filter(({ id, method }) => id !== end && method === undefined);
      await host.until(() => answers().length >= BATCH);
      const replies = answers();
      assert.equal(replies.length, BATCH, `seed ${String(SEED)}, batch ${String(sent)}`);
      for (const reply of replies) assertTyped(reply);
      if (sent === 2_500) settled = await host.residentBytes();
    }
    assert.equal(host.stderr, "");
    if (await isSanitized(host.pid)) return test.diagnostic(SANITIZED);
    const resident = await host.residentBytes();
    test.diagnostic(`resident: ${String(Math.round(resident / 1024))} KiB, ${String(Math.round((resident - settled) / 1024))} KiB more than after 2,500`);
    assert.ok(resident < 32 * MIB, `${String(resident)} bytes`);
    assert.ok(resident - settled < MIB, `it grew by ${String(resident - settled)} bytes`);
  });
});

describe("what the host says", () => {
  const page = (n: number): string => `https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=49d05f87-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;

  it("is never longer than 1 MiB, be there ever so many captures; hello still works and all can be listed", { timeout: 60_000 }, async () => {
    const crowded = await mkdtemp(join(home, "crowded-"));
    const configFile = join(crowded, "config.json");
    // Nobody listens there: the captures stay unfinished.
    await writeFile(configFile, JSON.stringify({ network: { connectTo: ["uni.hosted.panopto.com:443:127.0.0.1:9"] } }));
    const options = { home: crowded, configFile };
    const first = begin(options);
    await first.hello();
    for (let n = 0; n < 400; n += 1) {
      const { error } = await first.ask("capture.start", { page: page(n), title: "ü".repeat(2_000) });
      assert.equal(error, undefined, JSON.stringify(error));
    }
    const listed = new Set<string>();
    let after: unknown;
    do {
      const { result, error } = await first.ask("capture.list", { limit: 500, ...(after === undefined ? {} : { after }) });
      assert.equal(error, undefined);
      const list = result as { captures: Capture[]; next?: string };
      for (const { id } of list.captures) listed.add(id);
      after = list.next;
    } while (after !== undefined);
    assert.equal(listed.size, 400);
    assert.ok(first.longestBytes > 500_000 && first.longestBytes <= MIB, String(first.longestBytes));
    await first.leave();

    const second = begin(options);
    const { error } = await second.hello();
    assert.equal(error, undefined, JSON.stringify(error));
    assert.ok(second.longestBytes <= MIB, String(second.longestBytes));
  });

  it("comes on standard output alone, and never anything but frames", async () => {
    const host = begin();
    await host.hello();
    await host.until(({ method }) => method === "host.changed");
    assert.equal(host.stderr, "");
    await host.leave();
    assert.equal(host.unread, 0);
  });

  it("leaves descriptors alone that the browser had open", async (test: TestContext) => {
    const host = begin();
    await host.hello();
    const sentinel = `/proc/${String(host.pid)}/fd/3`;
    const link = await readlink(sentinel).catch((error: unknown) => error as NodeJS.ErrnoException);
    if (link instanceof Error && link.code === "EACCES") return test.skip("this account may not look at the host's descriptors");
    assert.match(String(link), /^(socket|pipe):/);
    await host.until(({ method }) => method === "host.changed");
    assert.equal(await readlink(sentinel), link);
  });

  it("shows in its environment and command line nothing but what it was started with", async (test: TestContext) => {
    const host = begin();
    await host.hello();
    const line = await readFile(`/proc/${String(host.pid)}/cmdline`, "utf8");
    assert.equal(line, `${program()}\0chrome-extension://eifomnnboajlnambmpbbmkdaibgfclnl/\0`);
    const environment = await readFile(`/proc/${String(host.pid)}/environ`, "utf8").catch(() => null);
    if (environment === null) return test.skip("this account may not look at the host's environment");
    assert.match(environment, /HOME=/);
  });
});
