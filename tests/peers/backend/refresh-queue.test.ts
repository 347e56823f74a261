import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Counts, HandedJob, JobOutcome, RefreshQueue, Wish } from "./refresh-queue.ts";
import { testQueues } from "./test-queues.ts";

const POLICY = { attempts: 3, backoffMs: 20, stalledAfterMs: 150, mostStalls: 1, kept: 5 };
const PATIENT = { ...POLICY, stalledAfterMs: 60_000 };
const REFRESH: Wish = { kind: "refresh", site: "panopto", url: null, reason: "bot_detection" };
const CAPTURE: Wish = { kind: "capture", site: "panopto", url: "https://uni.example/1", reason: "manual_trigger" };
const NONE: Counts = { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0 };
const DONE: JobOutcome = { outcome: "completed", detail: null, retryable: false };
const AGAIN: JobOutcome = { outcome: "failed", detail: "not yet", retryable: true };
const NEVER: JobOutcome = { outcome: "failed", detail: "never", retryable: false };

for (const queues of testQueues()) describe(`the refresh queue as ${queues.name}`, () => {
  let queue: RefreshQueue;

  before(() => queues.open());
  after(() => queues.close());
  beforeEach(async () => {
    queue = await queues.take(PATIENT);
  });
  afterEach(() => queue.close());

  /** The next job that the person is given, whenever that is. */
  const next = async (person = "ada"): Promise<HandedJob> => {
    for (;;) {
      let wake = (): void => undefined;
      const changed = new Promise<void>((resolve) => (wake = resolve));
      const stop = queue.listen(person, wake);
      const [job] = await queue.take(person, 1);
      if (job === undefined) await changed;
      stop();
      if (job !== undefined) return job;
    }
  };

  it("gives each person their own jobs, the oldest first, and counts them", async () => {
    assert.deepEqual(await queue.counts("ada"), NONE);
    const first = await queue.add("ada", REFRESH);
    const second = await queue.add("ada", CAPTURE);
    await queue.add("bob", REFRESH);
    assert.deepEqual([first.isNew, second.isNew], [true, true]);
    assert.deepEqual(await queue.take("ada", 1), [{ ...REFRESH, id: first.id, attempt: 1 }]);
    assert.deepEqual(await queue.take("ada", 9), [{ ...CAPTURE, id: second.id, attempt: 1 }]);
    assert.deepEqual(await queue.take("ada", 9), []);
    assert.deepEqual(await queue.counts("ada"), { ...NONE, active: 2 });
    assert.deepEqual(await queue.totals(), { ...NONE, active: 2, waiting: 1 });
  });

  it("takes the same wish once until it is over", async () => {
    const { id } = await queue.add("ada", REFRESH);
    assert.deepEqual(await queue.add("ada", { ...REFRESH, reason: "stale" }), { id, isNew: false });
    await queue.take("ada", 1);
    assert.deepEqual(await queue.add("ada", REFRESH), { id, isNew: false });
    assert.equal((await queue.finish("ada", id, DONE))?.standing, "completed");
    const again = await queue.add("ada", REFRESH);
    assert.equal(again.isNew, true);
    assert.notEqual(again.id, id);
    assert.deepEqual(await queue.counts("ada"), { ...NONE, waiting: 1, completed: 1 });
  });

  it("tries what failed again, later each time, and in the end gives up", async () => {
    const { id } = await queue.add("ada", REFRESH);
    let failedAt = 0;
    for (const attempt of [1, 2, 3]) {
      assert.deepEqual(await next(), { ...REFRESH, id, attempt });
      const waited = performance.now() - failedAt;
      // Never sooner, but for what a clock of whole milliseconds leaves out; a busy machine may be later.
      if (attempt > 1) assert.ok(waited >= POLICY.backoffMs * 2 ** (attempt - 2) - 2, `attempt ${String(attempt)} came after ${String(waited)} ms`);
      failedAt = performance.now();
      assert.equal((await queue.finish("ada", id, AGAIN))?.standing, attempt < 3 ? "delayed" : "failed");
      assert.deepEqual(await queue.counts("ada"), attempt < 3 ? { ...NONE, delayed: 1 } : { ...NONE, failed: 1 });
    }
  });

  it("does not try again what can never be done", async () => {
    const { id } = await queue.add("ada", CAPTURE);
    await queue.take("ada", 1);
    const finished = await queue.finish("ada", id, NEVER);
    assert.deepEqual(finished, { job: { ...CAPTURE, id, attempt: 1 }, standing: "failed" });
    assert.deepEqual(await queue.counts("ada"), { ...NONE, failed: 1 });
  });

  it("takes an answer once, from whom the job was given to", async () => {
    const { id } = await queue.add("ada", REFRESH);
    assert.equal(await queue.finish("ada", id, DONE), undefined, "it has not been given out");
    await queue.take("ada", 1);
    assert.equal(await queue.finish("bob", id, DONE), undefined);
    assert.equal(await queue.finish("ada", "nonsense", DONE), undefined);
    assert.equal((await queue.finish("ada", id, DONE))?.standing, "completed");
    assert.equal(await queue.finish("ada", id, DONE), undefined);
  });

  it("remembers no more of what is over than it is told to", async () => {
    for (let n = 0; n < 8; n += 1) {
      const { id } = await queue.add("ada", REFRESH);
      await queue.take("ada", 1);
      await queue.finish("ada", id, n % 4 === 3 ? NEVER : DONE);
    }
    assert.deepEqual(await queue.counts("ada"), { ...NONE, completed: 5, failed: 2 });
  });

  it("gives a stalled job out again, and at last gives it up", async () => {
    await queue.close();
    queue = await queues.take(POLICY);
    const { id } = await queue.add("ada", REFRESH);
    assert.deepEqual(await next(), { ...REFRESH, id, attempt: 1 });
    assert.deepEqual(await next(), { ...REFRESH, id, attempt: 2 });
    // Nothing is given out any more: the end of the second stall is seen by asking.
    while ((await queue.counts("ada")).failed === 0) {
      assert.deepEqual(await queue.take("ada", 9), []);
      await new Promise((resolve) => setTimeout(resolve, POLICY.stalledAfterMs / 5));
    }
    assert.deepEqual(await queue.counts("ada"), { ...NONE, failed: 1 });
    assert.equal((await queue.add("ada", REFRESH)).isNew, true);
  });

  it("lets nothing stall that its machine still works at", async () => {
    await queue.close();
    // Long, so that a busy machine keeps it in time.
    queue = await queues.take({ ...POLICY, stalledAfterMs: 2_000 });
    const { id } = await queue.add("ada", REFRESH);
    await queue.add("ada", CAPTURE);
    await queue.take("ada", 2);
    // Until the other one, which nobody keeps, has stalled for good: that is as long as it takes twice.
    while ((await queue.counts("ada")).failed === 0) {
      await queue.keep("ada", [id, "nonsense"]);
      for (const given of await queue.take("ada", 9)) assert.equal(given.kind, "capture");
      await new Promise((resolve) => setTimeout(resolve, 75));
    }
    assert.deepEqual(await queue.counts("ada"), { ...NONE, active: 1, failed: 1 });
    assert.equal((await queue.finish("ada", id, DONE))?.standing, "completed");
  });
});
