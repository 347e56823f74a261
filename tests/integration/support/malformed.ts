// Frames that no client should send: each must be answered by a typed error, or by nothing where it has no id.
import { frameOf } from "./raw-host.ts";
import type { Dice } from "./seeded.ts";

const METHODS = [
  "hello", "session.open", "session.info", "session.refresh", "session.close", "vault.put", "capture.start", "capture.list", "capture.get",
  "capture.pause", "capture.cancel", "capture.retry", "capture.remove", "capture.reveal", "refresh.done", "refresh.failed",
] as const;

const START = {
  page: "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=49d05f87-0000-4000-8000-ae2400ac29ba",
  deliver: { to: "nowhere" },
};

/** A value that none of the fields takes. */
function wrongValue(dice: Dice, depth = 0): unknown {
  return dice.pick<() => unknown>([
    () => null,
    () => true,
    () => -1,
    () => 1e308,
    () => "",
    () => "\u0000",
    () => "../../etc/passwd",
    () => "x".repeat(dice.below(5_000)),
    () => [],
    () => (depth > 3 ? {} : [wrongValue(dice, depth + 1), wrongValue(dice, depth + 1)]),
    () => (depth > 3 ? [] : { [dice.pick(["id", "page", "sealed", "protocol", "__proto__"])]: wrongValue(dice, depth + 1) }),
  ])();
}

/** Params that are refused whatever the method: a required field is wrong or missing. */
function wrongParams(dice: Dice, method: (typeof METHODS)[number]): unknown {
  if (method === "capture.list") return { limit: dice.pick<unknown>([-1, 0, "many", 1.5, null]) };
  if (method === "capture.start") return { ...START, [dice.pick(["page", "deliver"])]: wrongValue(dice) };
  const field = method === "hello" ? "protocol" : method === "session.open" ? "clientPubKey" : method.startsWith("session") ? "sessionId" : method === "vault.put" ? "sealed" : "id";
  return dice.chance(0.2) ? wrongValue(dice) : { [field]: wrongValue(dice), [`extra${String(dice.below(9))}`]: wrongValue(dice) };
}

function request(dice: Dice): string {
  const method = dice.pick(METHODS);
  return JSON.stringify({ jsonrpc: "2.0", id: dice.below(1_000_000), method, params: wrongParams(dice, method) });
}

/** One frame; `answered` false where it has no id and so gets no answer. */
export function malformed(dice: Dice): Buffer {
  const body = dice.pick<() => Buffer | string>([
    () => dice.bytes(dice.below(200)),
    () => "",
    () => request(dice).slice(0, -1 - dice.below(20)),
    () => `${request(dice)}${dice.pick(["}", "]", ",", "\u0000", "{}"])}`,
    () => `[${request(dice)},${request(dice)}]`,
    () => "[".repeat(1 + dice.below(5_000)),
    () => `{"a":`.repeat(1 + dice.below(2_000)),
    () => JSON.stringify(wrongValue(dice)),
    () => JSON.stringify({ jsonrpc: dice.pick<unknown>(["1.0", 2, null]), id: 1, method: "vault.status", params: {} }),
    () => JSON.stringify({ jsonrpc: "2.0", id: dice.pick<unknown>([{}, [], true]), method: "vault.status", params: {} }),
    () => JSON.stringify({ jsonrpc: "2.0", id: 1, method: dice.pick<unknown>(["nothing", "", 7, null, "capture.start\u0000", "__proto__"]), params: {} }),
    () => JSON.stringify({ jsonrpc: "2.0", id: 1, method: "capture.get", params: dice.pick<unknown>([[], "id", 7]) }),
    () => Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"capture.get","params":{"id":"'), dice.bytes(20).map((byte) => byte | 0x80), Buffer.from('"}}')]),
    () => `{"jsonrpc":"2.0","id":1,"id":2,"method":"capture.get","params":{"id":"a","id":"b"}}`,
    () => `{"jsonrpc":"2.0","id":${"9".repeat(1 + dice.below(400))},"method":"capture.get","params":{"id":"none"}}`,
    () => request(dice),
    () => request(dice),
    () => request(dice),
  ])();
  return frameOf(body);
}
