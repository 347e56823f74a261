import assert from "node:assert/strict";
import { test } from "node:test";
import type { SiteItem } from "../src/protocol.ts";
import { refusal } from "../testing/fake-host.ts";
import { stage } from "./support.ts";
import { validateTraffic } from "../testing/index.ts";

const FOLDER = 'https://uni.hosted.panopto.com/Panopto/Pages/Sessions/List.aspx#folderID="e4c6a2fc-1214-4ca0-8fb7-aef2e29ff63a"';

const item = (n: number): SiteItem => ({ page: `https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=${n}`, title: `Lecture ${n}`, durationMs: n * 1000, downloadable: n !== 2, captured: n === 1 ? "c1" : null });

test("a list is asked for by the page's address, with its fragment", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  host.answers["site.list"] = () => ({ result: { items: [item(1), item(2)], total: 2 } });
  assert.deepEqual(await bridge.sites.list({ page: FOLDER, store: "0", limit: 100 }), { items: [item(1), item(2)], total: 2 });
  assert.deepEqual(host.asked.at(-1), { ...host.asked.at(-1), method: "site.list", params: { page: FOLDER, store: "0", limit: 100 } });
  assert.deepEqual(validateTraffic(host.traffic), []);
});

test("a long list is read part by part, no further than the reader goes", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  host.answers["site.list"] = ({ after }) => {
    const first = Number(after ?? 0);
    return { result: { items: [item(first + 1), item(first + 2)], total: 5, ...(first < 4 ? { next: String(first + 2) } : {}) } };
  };
  const seen: string[] = [];
  for await (const { title } of bridge.sites.all({ page: FOLDER })) seen.push(title);
  assert.deepEqual(seen, ["Lecture 1", "Lecture 2", "Lecture 3", "Lecture 4", "Lecture 5", "Lecture 6"]);
  assert.deepEqual(host.asked.slice(1).map(({ params }) => params["after"]), [undefined, "2", "4"]);
  for await (const { title } of bridge.sites.all({ page: FOLDER })) if (title === "Lecture 2") break;
  assert.equal(host.asked.length, 5);
});

test("a list that needs a sign-in fails with the host's words", async () => {
  const { bridge, host } = stage();
  await bridge.connect();
  host.answers["site.list"] = () => refusal("login_required", "Sign in first.");
  await assert.rejects(bridge.sites.list({ page: FOLDER }), { kind: "login_required", message: "Sign in first." });
});
