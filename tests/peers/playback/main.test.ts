// The server as a program: what a site's operator does with it, from a film to a player's first opened segment, over TLS.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createAuthority } from "../authority/authority.ts";
import { PostgresCluster } from "../backend/postgres-cluster.ts";
import { makeMedia } from "../media/media.ts";
import type { Manifest } from "./manifest.ts";
import { TestPlayer } from "./test-player.ts";
import type { KeySaid } from "./test-player.ts";

const run = promisify(execFile);
const PROGRAM = ["--import", "tsx", fileURLToPath(new URL("main.ts", import.meta.url))];
const [FIRST_KEY, SECOND_KEY] = [Buffer.alloc(32, 1).toString("base64"), Buffer.alloc(32, 2).toString("base64")];

describe("the program", () => {
  let dir: string;
  let cluster: PostgresCluster;
  let environment: NodeJS.ProcessEnv;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-playback-main-"));
    cluster = await PostgresCluster.start();
    environment = { ...process.env, DATABASE_URL: await cluster.createDatabase(), PLAYBACK_ENVELOPE_KEY: FIRST_KEY };
  });
  after(async () => {
    await cluster.stop();
    await rm(dir, { recursive: true });
  });

  const does = async (...given: string[]): Promise<string> => (await run(process.execPath, [...PROGRAM, ...given, "--media", join(dir, "sealed")], { env: environment })).stdout.trim();
  const fails = async (...given: string[]): Promise<{ code: number; stderr: string }> => does(...given).then((said) => assert.fail(said), (error: { code: number; stderr: string }) => error);

  it("seals a film, serves it, and keeps serving it under a new envelope key", async () => {
    const media = await makeMedia({ hour: false });
    const origin = "https://play.uni.example";
    assert.equal(await does("encode", media.short.video.file, "--id", "lecture", "--title", "A lecture", "--rendition", "tiny:90:40", "--rendition", "small:180:80", "--origin", origin), `Sealed lecture: ${origin}/watch/lecture`);
    assert.equal(await does("list"), "lecture\t20.0 s\tA lecture");
    assert.deepEqual((await readdir(join(dir, "sealed", "lecture", "tiny"))).sort(), ["0.m4s", "1.m4s", "2.m4s", "3.m4s", "4.m4s", "init.mp4"]);
    for (const name of ["0.m4s", "4.m4s"]) assert.notEqual((await readFile(join(dir, "sealed", "lecture", "tiny", name))).toString("latin1", 4, 8), "styp", name);

    environment = { ...environment, PLAYBACK_ENVELOPE_KEY: SECOND_KEY, PLAYBACK_ENVELOPE_KEYS_BEFORE: FIRST_KEY };
    assert.equal(await does("rotate"), "Moved 2 secrets to the current envelope key");
    delete environment["PLAYBACK_ENVELOPE_KEYS_BEFORE"];

    const authority = await createAuthority(join(dir, "authority"));
    const { cert, key } = await authority.certificateFor(["play.uni.example"]);
    await Promise.all([writeFile(join(dir, "cert.pem"), cert), writeFile(join(dir, "key.pem"), key)]);
    const serving = spawn(process.execPath, [...PROGRAM, "serve", "--media", join(dir, "sealed"), "--origin", origin, "--port", "0", "--cert", join(dir, "cert.pem"), "--key", join(dir, "key.pem")], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [line] = (await once(createInterface({ input: serving.stdout }), "line")) as [string];
      const player = new TestPlayer({ origin, port: Number(line.split(":").at(-1)) }, authority.caFile);
      const { renditions } = (await player.get("/api/v1/videos/lecture/manifest")).body as unknown as Manifest;
      assert.deepEqual(renditions.map(({ name, height, segments }) => [name, height, segments.length]), [["tiny", 90, 5], ["small", 180, 5]]);
      const { kek } = await player.begin("lecture");
      const { body } = await player.post("/api/v1/key/batch", { rendition: "tiny", segIndices: [0, 4] }, { origin });
      for (const one of body["keys"] as KeySaid[]) assert.ok(Buffer.from(await player.open(kek, one, `/media/lecture/tiny/${String(one.segIdx)}.m4s`)).includes("moof"));
      assert.equal((await player.post("/api/v1/session/refresh", undefined, { origin: "https://stranger.example" })).status, 403);
      const part = await player.get("/media/lecture/tiny/0.m4s", { range: "bytes=5-9" });
      assert.deepEqual([part.status, part.got.body.length], [206, 5]);
    } finally {
      serving.kill("SIGTERM");
    }
    assert.deepEqual(await once(serving, "exit"), [0, null]);
    assert.equal(await does("sweep"), "Deleted 0 sessions and 0 log entries");
    // What the server still had in hand when it was ended is written.
    assert.equal(await does("forget", "--device", "nobody"), "Deleted 0 log entries");
    assert.equal(await does("remove", "lecture"), "Removed lecture");
    assert.equal(await does("list"), "");
  });

  it("says what is wrong in a sentence, and begins nothing", async () => {
    assert.match((await fails("encode", "no-such-file", "--id", "x")).stderr, /no-such-file/);
    assert.match((await fails("encode", "x", "--id", "x", "--rendition", "big")).stderr, /"big" is not NAME:HEIGHT:KBITS/);
    assert.match((await fails("forget")).stderr, /forget needs --person, --device or --session/);
    assert.match((await fails("serve")).stderr, /serve needs --origin/);
    assert.match((await fails("remove", "none")).stderr, /There is no video none/);
    assert.deepEqual([(await fails("dance")).code, (await fails()).code], [2, 2]);
    const key = environment["PLAYBACK_ENVELOPE_KEY"];
    delete environment["PLAYBACK_ENVELOPE_KEY"];
    assert.match((await fails("list")).stderr, /PLAYBACK_ENVELOPE_KEY is missing/);
    environment["PLAYBACK_ENVELOPE_KEY"] = key;
  });
});
