import assert from "node:assert/strict";
import { test } from "node:test";
import { childPort, encodeFrame } from "../testing/child-port.ts";
import { Bridge } from "../src/bridge.ts";
import type { SeenFrame } from "../../schema/check.ts";

/** A host in a few lines: answers hello and whatever else is asked with `{}`. */
const SCRIPT = `
  let held = Buffer.alloc(0);
  const say = (m) => { const b = Buffer.from(JSON.stringify(m)); const h = Buffer.alloc(4); h.writeUInt32LE(b.length); process.stdout.write(Buffer.concat([h, b])); };
  process.stdin.on("data", (d) => {
    held = Buffer.concat([held, d]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32LE()) {
      const n = held.readUInt32LE(); const m = JSON.parse(held.subarray(4, 4 + n)); held = held.subarray(4 + n);
      if (m.method === "stats") process.stdout.write("Hello world");
      else say({ jsonrpc: "2.0", id: m.id, result: m.method === "hello" ? { protocol: 1, host: { name: "auricle", argv: process.argv.slice(1) }, unfinished: [] } : {} });
    }
  }).on("end", () => process.exit(0));`;

function start(record: SeenFrame[] = []): ReturnType<typeof childPort> {
  return childPort({ program: process.execPath, args: ["-e", SCRIPT, "--"], record });
}

test("a child is spoken to in frames, gets the origin as its argument, and leaves when it is disconnected", async () => {
  const record: SeenFrame[] = [];
  const port = start(record);
  const bridge = new Bridge({ client: { name: "test", version: "1" }, open: () => port });
  const hello = await bridge.connect();
  assert.match(JSON.stringify(hello.host), /chrome-extension:\/\/eifomnnboajlnambmpbbmkdaibgfclnl\//);
  bridge.close();
  assert.deepEqual(await port.exited, { code: 0, signal: null });
  assert.deepEqual(record.map((one) => one.from), ["client", "host"]);
});

test("stray text from a child ends the port in the browser's words", async () => {
  const bridge = new Bridge({ client: { name: "test", version: "1" }, open: () => start(), reconnect: false });
  await bridge.connect();
  await assert.rejects(bridge.request("stats", {}), { problem: "host_spoiled", message: /Stray text beginning with "Hell"/ });
});

test("a program that is not there is a missing host", async () => {
  const bridge = new Bridge({ client: { name: "test", version: "1" }, open: () => childPort({ program: "/nowhere/auricle" }) });
  await assert.rejects(bridge.connect(), { problem: "host_missing" });
});

test("a frame is its length in four bytes and its text", () => {
  assert.deepEqual([...encodeFrame({})], [2, 0, 0, 0, 0x7b, 0x7d]);
});
