// scripts/run itself: what it writes down, and that nothing is left of it when it is interrupted.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { program } from "../integration/support/program.ts";
import { kill, processesWith } from "./support/processes.ts";
import { eventually } from "./support/sleep.ts";
import { BROWSERS } from "./support/test-browser.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/run", import.meta.url));

interface Run {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Waits until the run has said something like it. */
  says(wanted: RegExp): Promise<void>;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

describe("scripts/run", () => {
  let folder: string;
  before(async () => void (folder = await mkdtemp(join(tmpdir(), "auricle-run-test-"))));
  const runs: Run["child"][] = [];
  after(async () => {
    // Only a run that a failed test has left.
    for (const { pid, exitCode, signalCode } of runs) if (pid !== undefined && exitCode === null && signalCode === null) kill(-pid, "SIGTERM");
    await rm(folder, { recursive: true, maxRetries: 20 });
  });

  /** As from a terminal: a process group of its own, to which Ctrl-C goes as a whole. */
  function start(...options: string[]): Run {
    const env = { ...process.env, TMPDIR: folder, AURICLE: program() };
    const child = spawn(SCRIPT, options, { stdio: ["ignore", "pipe", "pipe"], detached: true, env });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => void (said += text));
    const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
    runs.push(child);
    return { child, said: () => said, ended, says: (wanted) => hears(wanted, () => said, ended) };
  }

  async function nothingIsLeft(): Promise<void> {
    assert.deepEqual(await processesWith(folder), []);
    // The compiler's own cache of TypeScript is nobody's process and no one's secret.
    const left = (await readdir(folder)).filter((name) => !/^(?:tsx-|node-compile-cache)/.test(name));
    assert.deepEqual(left, []);
  }

  for (const browser of BROWSERS) it(`brings the lecture to the backend in ${browser} and writes down what that took, by name`, async () => {
    const file = join(folder, "figures.json");
    const run = start("--json", file, "--browser", browser);
    assert.equal(await run.ended, 0, run.said());
    const figures = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    await rm(file);
    const { video_bytes, fetched_bytes, delivered_bytes, cookies_at_site, seconds, ...rest } = figures;
    assert.deepEqual(rest, { sha256_agrees: true, cookies_at_cdn: 0, cookies_at_backend: 0 });
    for (const number of [video_bytes, fetched_bytes, delivered_bytes, cookies_at_site, seconds]) assert.ok(typeof number === "number" && number > 0);
    assert.ok(Number(delivered_bytes) <= Number(fetched_bytes) && Number(fetched_bytes) < 0.3 * Number(video_bytes), JSON.stringify(figures));
    assert.match(run.said(), /cookies seen by the backend +0\n/);
    await nothingIsLeft();
  });

  it("refuses what it does not know before anything is installed", async () => {
    const run = start("--json");
    assert.equal(await run.ended, 2);
    const other = start("--browser", "lynx");
    assert.equal(await other.ended, 2);
    assert.match(other.said(), /takes chromium or firefox, not 'lynx'/);
  });

  const moments = [
    ["while the stand-ins start", /^/, "chromium"],
    ["while the browser starts", /Registered the host/, "chromium"],
    ["while the browser starts", /Registered the host/, "firefox"],
    ["in mid-capture", /Pressed “Capture audio”/, "chromium"],
    ["in mid-capture", /Pressed “Capture audio”/, "firefox"],
    ["when everything is kept for looking at it", /Ctrl-C ends them/, "chromium"],
  ] as const;
  for (const [moment, sign, browser] of moments) {
    it(`leaves nothing when it is interrupted ${moment}, in ${browser}`, async () => {
      const run = start("--keep", "--browser", browser);
      await run.says(sign);
      // The first moment is when Node itself is there; before that there is nothing that could be left.
      await eventually("the run's own process", async () => (await readFile(`/proc/${String(run.child.pid)}/cmdline`, "utf8").catch(() => "")).includes("demo.ts"), 60_000);
      if (sign.source === "^") await eventually("the home of the stand-ins", async () => (await readdir(folder)).some((name) => name.startsWith("auricle-")), 60_000);
      kill(-(run.child.pid ?? 0), "SIGINT");
      assert.equal(await run.ended, 130, run.said());
      await nothingIsLeft();
    });
  }
});

/** Waits until a run has said something like it; fails at once when it ended before that. */
async function hears(wanted: RegExp, said: () => string, ended: Promise<number | null>): Promise<void> {
  let isOver = false;
  void ended.then(() => (isOver = true));
  await eventually(`the run saying ${String(wanted)}`, () => wanted.test(said()) || isOver, 120_000);
  assert.match(said(), wanted);
}
