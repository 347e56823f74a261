import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RateLimit } from "./rate-limit.ts";

describe("a rate limit", () => {
  it("gives some at once, and then one after the other, to each person their own", () => {
    let now = 0;
    const limit = new RateLimit({ perHour: 6, burst: 2, now: () => now });
    assert.deepEqual([limit.take("ada"), limit.take("ada"), limit.take("ada")], [0, 0, 600]);
    assert.equal(limit.take("bob"), 0);
    now += 599_500;
    assert.equal(limit.take("ada"), 1);
    now += 500;
    assert.deepEqual([limit.take("ada"), limit.take("ada")], [0, 600]);
    now += 24 * 3_600_000;
    assert.deepEqual([limit.take("ada"), limit.take("ada"), limit.take("ada")], [0, 0, 600], "what nobody took does not pile up");
  });
});
