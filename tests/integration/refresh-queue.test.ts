// The host's queue of refreshes and real BullMQ on a real Redis live through the same random histories.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { BullHistories, type Step } from "../peers/redis/bull-history.ts";
import { PrivateRedis } from "../peers/redis/redis.ts";
import { program } from "./support/program.ts";
import { seeded } from "./support/seeded.ts";

const HISTORIES = 1_000;
const OPERATIONS = 20;

/** Plays operations on the host's own queue; built beside the host. */
class Replay {
  readonly #child;
  readonly #lines;

  constructor() {
    const file = join(dirname(program()), "refresh_queue_replay");
    if (!existsSync(file)) throw new Error(`There is no ${file}. Run scripts/build.`);
    this.#child = spawn(file, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async play(operations: readonly string[]): Promise<string[]> {
    this.#child.stdin.write(`${operations.join("\n")}\n`);
    const answers: string[] = [];
    while (answers.length < operations.length) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error("the queue's program has ended");
      answers.push(value);
    }
    return answers;
  }

  async end(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.stdin.end();
    assert.deepEqual(await exited, [0, null]);
  }
}

let redis: PrivateRedis;
let bull: BullHistories;
let replay: Replay;
before(async () => {
  redis = await PrivateRedis.start();
  bull = await BullHistories.open(redis.socket);
  replay = new Replay();
});
after(async () => {
  await replay.end();
  await bull.close();
  await redis.stop();
});

function assertSame(seed: number, steps: readonly Step[], answers: readonly string[]): void {
  const first = steps.findIndex(({ outcome }, index) => outcome !== answers[index]);
  if (first < 0) return;
  const told = steps.slice(0, first + 1).map(({ operation }) => operation).join("\n");
  assert.equal(answers[first], steps[first]?.outcome, `history ${String(seed)} after\n${told}`);
}

describe("the queue of refreshes", () => {
  it(`answers and counts as BullMQ does in ${String(HISTORIES)} random histories`, async () => {
    const seen = new Map<string, number>();
    for (let seed = 1; seed <= HISTORIES; seed += 1) {
      const chance = seeded(seed);
      const rules = BullHistories.rules(chance);
      const steps = await bull.live(rules, OPERATIONS, chance);
      const [begun, ...answers] = await replay.play([`begin ${String(rules.lockMs)} ${String(rules.maxStalled)} ${String(rules.keep)}`, ...steps.map(({ operation }) => operation)]);
      assert.equal(begun, "begun");
      assertSame(seed, steps, answers);
      for (const { operation, outcome } of steps) {
        const what = `${operation.split(" ")[0] ?? ""} ${/^(yes|no|none)\b/.exec(outcome)?.[0] ?? "some"}`;
        seen.set(what, (seen.get(what) ?? 0) + 1);
        if (/^\d+ start \d+ stalled/.test(outcome)) seen.set("stalled too often", (seen.get("stalled too often") ?? 0) + 1);
      }
    }
    // Every answer was come across many times: histories in which nothing happens would agree as well.
    const must = ["add some", "take some", "take none", "complete yes", "complete no", "fail yes", "fail no", "promote yes", "promote no", "remove yes", "remove no", "sweep some", "sweep none", "stalled too often"];
    for (const what of must) assert.ok((seen.get(what) ?? 0) >= 20, `${what}: ${String(seen.get(what) ?? 0)} times`);
  });
});
