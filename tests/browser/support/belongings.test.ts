import assert from "node:assert/strict";
import { it } from "node:test";
import { Belongings } from "./belongings.ts";

function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

it("ends in reverse order, also what comes to life only while all is being ended", async () => {
  const belongings = new Belongings();
  const ended: string[] = [];
  const late = gate();
  const end = (name: string): Promise<void> => Promise.resolve(void ended.push(name));
  await belongings.hold(() => Promise.resolve("first"), end);
  const starting = belongings.hold(() => late.opened.then(() => "late"), end);
  const ending = belongings.end();
  late.open();
  await Promise.all([starting, ending]);
  assert.deepEqual(ended, ["late", "first"]);
});

it("starts nothing once all is being ended", async () => {
  const belongings = new Belongings();
  await belongings.end();
  let isStarted = false;
  const start = (): Promise<void> => Promise.resolve(void (isStarted = true));
  await assert.rejects(belongings.hold(start, () => Promise.resolve()), /nothing is started any more/);
  assert.equal(isStarted, false);
});

it("ends all, even where one of them fails, and then says so", async () => {
  const belongings = new Belongings();
  let isEnded = false;
  await belongings.hold(() => Promise.resolve(), () => Promise.resolve(void (isEnded = true)));
  await belongings.hold(() => Promise.resolve(), () => Promise.reject(new Error("stuck")));
  await assert.rejects(belongings.end(), /stuck/);
  assert.equal(isEnded, true);
});
