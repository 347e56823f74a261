#!/usr/bin/env node
// A native host without substance for looking at the extension: answers as the protocol has it, captures are make-believe.
// argv[2] names a file with {"captures":[…],"onStart":"progress"|"waiting"|"failed"|"done","error":{…}}.
import { readFileSync } from "node:fs";

const scene = JSON.parse(readFileSync(process.argv[2], "utf8"));
const captures = new Map(scene.captures.map((capture) => [capture.id, capture]));

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
  const header = Buffer.alloc(4);
  header.writeUInt32LE(body.length);
  process.stdout.write(Buffer.concat([header, body]));
}

const key32 = Buffer.alloc(32, 9).toString("base64");

function started(params) {
  const base = { id: `c${captures.size + 1}`, key: params.key, page: params.page, site: "panopto", title: params.title ?? null, state: "downloading", done: 0, total: 58_200_000, rate: 3_100_000, etaMs: 12_000, saved: 0.88, attempt: 1, startedAt: Date.now(), plan: { how: "audio-direct", bytes: 58_200_000, wholeBytes: 465_000_000 } };
  const changes = {
    progress: { done: 24_600_000 },
    waiting: { state: "waiting_for_cookies", done: 24_600_000, rate: 0 },
    done: { state: "done", done: 58_200_000, result: { file: "/home/me/Music/Auricle/Lecture.m4a", bytes: 58_200_000, sha256: "0".repeat(64), mime: "audio/mp4", durationMs: 3_600_000, confirmed: false } },
    failed: { state: "failed", error: scene.error },
  };
  const capture = { ...base, ...changes[scene.onStart] };
  captures.set(capture.id, capture);
  return capture;
}

const answers = {
  hello: () => ({ protocol: 1, host: { name: "auricle", version: "0.1.0", os: "linux", arch: "x86_64", pid: process.pid }, limits: { reply_bytes: 1_048_576, request_bytes: 8_388_608, captures: 3 }, sites: ["panopto"], unfinished: [] }),
  "session.open": () => ({ sessionId: "s", serverPubKey: key32, serverNonce: Buffer.alloc(12).toString("base64"), expiresAt: Date.now() + 1_800_000 }),
  "vault.put": () => ({ kept: 1, dropped: [], generation: 1, expiresAt: null }),
  "vault.status": () => ({ entries: [] }),
  "vault.forget": () => ({ forgotten: captures.size }),
  "capture.list": () => ({ captures: [...captures.values()] }),
  "capture.start": (params) => ({ capture: started(params) }),
  "capture.get": (params) => ({ capture: captures.get(params.id) }),
  "capture.cancel": (params) => ({ capture: { ...captures.get(params.id), state: "cancelled" } }),
  "capture.retry": (params) => ({ capture: { ...captures.get(params.id), state: "downloading" } }),
};

let held = Buffer.alloc(0);
process.stdin.on("data", (bytes) => {
  held = Buffer.concat([held, bytes]);
  while (held.length >= 4 && held.length >= 4 + held.readUInt32LE()) {
    const length = held.readUInt32LE();
    const { id, method, params } = JSON.parse(held.subarray(4, 4 + length));
    held = held.subarray(4 + length);
    send({ id, result: answers[method]?.(params) ?? {} });
  }
});
process.stdin.on("end", () => process.exit(0));
