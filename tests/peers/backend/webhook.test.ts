// What a webhook is told, and how long it is told it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { HandedJob } from "./refresh-queue.ts";
import { Webhook } from "./webhook.ts";

const JOB: HandedJob = { id: "7", kind: "refresh", site: "panopto", url: null, reason: "stale", attempt: 2 };
const AT = new Date("2026-11-22T09:00:00Z");

describe("a webhook", () => {
  let server: Server;
  let hook: Webhook;
  let heard: { readonly path: string; readonly event: unknown }[];
  let status: number;
  let outcome: Promise<string>;

  beforeEach(async () => {
    heard = [];
    status = 204;
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        heard.push({ path: request.url ?? "", event: body === "" ? null : (JSON.parse(body) as { event: string }).event });
        response.writeHead(status, status >= 300 && status < 400 ? { location: "/elsewhere" } : {}).end();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    outcome = new Promise((told) => {
      hook = new Webhook({ url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook`, attempts: 3, backoffMs: 1, told });
    });
  });
  afterEach(async () => {
    await hook.close();
    server.close();
  });

  for (const [kind, end, event] of [
    ["refresh", "completed", "cookies.refreshed"],
    ["refresh", "failed", "cookies.refresh_failed"],
    ["capture", "completed", "capture.completed"],
    ["capture", "failed", "capture.failed"],
  ] as const) {
    it(`hears of a ${kind} that ${end} as ${event}`, async () => {
      hook.tell({ ...JOB, kind }, end, AT);
      assert.equal(await outcome, "delivered");
      assert.deepEqual(heard, [{ path: "/hook", event }]);
    });
  }

  for (const code of [301, 302, 307, 308]) {
    it(`is followed nowhere else (${String(code)})`, async () => {
      status = code;
      hook.tell(JOB, "completed", AT);
      assert.equal(await outcome, "failed");
      assert.deepEqual(heard.map(({ path }) => path), ["/hook"]);
    });
  }

  for (const [code, times] of [[400, 1], [404, 1], [410, 1], [408, 3], [429, 3], [500, 3], [503, 3]] as const) {
    it(`that answers ${String(code)} is told ${times === 1 ? "once" : "again, until it is given up"}`, async () => {
      status = code;
      hook.tell(JOB, "completed", AT);
      assert.equal(await outcome, "failed");
      assert.equal(heard.length, times);
    });
  }
});
