// A whole course: what Panopto's folders, shared recordings, subscriptions and playlists hold, and what of it is captured.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { crc32 } from "node:zlib";
import type { SiteItem, SiteListResult } from "../../extension-bridge/bridge/src/index.ts";
import { idFrom } from "../peers/panopto/lecture.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import { assertNoLeak, assertRefused, assertSaved } from "./support/assertions.ts";
import { ORIGIN, Scene } from "./support/scene.ts";
import type { RunningHost } from "./support/scene.ts";

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
afterEach(async () => {
  scene.peers.site.listRefusal = "public-only";
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

const LIST = `${ORIGIN}/Panopto/Pages/Sessions/List.aspx`;
const folderPage = (folder: string): string => `${LIST}#folderID=${encodeURIComponent(JSON.stringify(idFrom("folder", folder)))}`;

/** Lectures of a folder that no other test knows, a week apart. */
function course(name: string, count: number, choices: Partial<Lecture> = {}): Lecture[] {
  return Array.from({ length: count }, (_, n) =>
    scene.lecture({ title: `${name} ${String(n + 1)}`, folder: name, folderId: idFrom("folder", name), startedAt: new Date(Date.UTC(2026, 9, 5 + 7 * n)), ...choices }),
  );
}

async function wholeList(host: RunningHost, page: string, limit?: number): Promise<SiteItem[]> {
  const items: SiteItem[] = [];
  for await (const item of host.bridge.sites.all({ page, store: "0", ...(limit === undefined ? {} : { limit }) })) items.push(item);
  return items;
}

const titles = (items: readonly SiteItem[]): string[] => items.map(({ title }) => title);

describe("a folder's list", () => {
  it("names every recording with its page, its length, and whether it may be downloaded", async () => {
    const [first, second] = course("Acoustics", 2);
    scene.lecture({ title: "A seminar's", folder: "Seminars", folderId: idFrom("folder", "Seminars"), parentFolder: "Acoustics" });
    const off = scene.lecture({ title: "Kept back", folder: "Acoustics", folderId: idFrom("folder", "Acoustics"), downloads: false, startedAt: new Date(Date.UTC(2027, 0, 1)) });
    const host = await scene.start();
    await host.signIn();
    const found = await host.bridge.sites.list({ page: folderPage("Acoustics"), store: "0" });
    const row = (of: Lecture, downloadable: boolean): SiteItem => ({ page: scene.peers.viewerUrl(of), title: of.title, durationMs: Math.round(of.video.durationMs), downloadable, captured: null });
    assert.ok(first && second);
    assert.deepEqual(found, { items: [row(first, true), row(second, true), row(off, false)], total: 3 } satisfies SiteListResult);
  });

  it("is the same however it is cut", async () => {
    const made = course("Physiology", 7);
    const host = await scene.start();
    await host.signIn();
    for (const limit of [1, 2, 3, 5, 7, 250]) assert.deepEqual(titles(await wholeList(host, folderPage("Physiology"), limit)), made.map(({ title }) => title), String(limit));
    const first = await host.bridge.sites.list({ page: folderPage("Physiology"), store: "0", limit: 3 });
    assert.equal(first.total, 7);
    // Another length half-way: no recording is left out and none comes twice.
    const rest = await host.bridge.sites.list({ page: folderPage("Physiology"), store: "0", limit: 100, ...(first.next === undefined ? {} : { after: first.next }) });
    assert.deepEqual(titles(rest.items).slice(0, 1), ["Physiology 4"]);
  });

  it("is told in frames that a browser takes, however many recordings there are and whatever they are called", async () => {
    course("Large", 600, { title: `"\\${"ü".repeat(900)}`, access: "members" });
    const host = await scene.start();
    await host.signIn();
    const items = await wholeList(host, folderPage("Large"), 250);
    assert.equal(items.length, 600);
    assert.ok(items.every(({ title }) => Buffer.byteLength(title) <= 500));
  });

  it("is empty where the folder is", async () => {
    const host = await scene.start();
    await host.signIn();
    assert.deepEqual(await host.bridge.sites.list({ page: folderPage("Nothing in here"), store: "0" }), { items: [], total: 0 });
  });

  it("is asked for with the site's own cookies and its token against forged requests, and nobody else's", async () => {
    course("Cookies", 1);
    const host = await scene.start();
    const value = scene.peers.site.signInDirectly();
    const cookies = [...scene.cookies(value), { ...scene.cookies(value)[1]!, name: "csrfToken", value: "csrf-1" }];
    await host.bridge.putCookies({ site: "panopto", origin: ORIGIN, store: "0", cookies });
    const before = scene.peers.site.requests.length;
    await wholeList(host, folderPage("Cookies"));
    const asked = scene.peers.site.requests.slice(before);
    assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), ["POST /Panopto/Services/Data.svc/GetSessions"]);
    assert.match(asked[0]?.cookie ?? "", new RegExp(`\\.ASPXAUTH=${value}`));
    assert.equal(asked[0]?.headers["x-csrf-token"], "csrf-1");
    assert.equal(asked[0]?.headers["content-type"], "application/json");
  });
});

describe("the other lists", () => {
  it("are what is shared with a person, what they subscribed to, what they search for, and a playlist", async () => {
    const shared = scene.lecture({ title: "Shared: hearing aids", sharedWithMe: true });
    const subscribed = scene.lecture({ title: "Subscribed: cochlea", subscribed: true });
    const playlist = scene.peers.site.addPlaylist(`Before the exam ${randomUUID()}`, [subscribed, scene.peers.lectures.forbidden, shared]);
    const host = await scene.start();
    await host.signIn();
    assert.deepEqual(titles(await wholeList(host, `${LIST}#isSharedWithMe=true`)), [shared.title]);
    assert.deepEqual(titles(await wholeList(host, `${LIST}#isSubscriptionsPage=true`)), [subscribed.title]);
    assert.deepEqual(titles(await wholeList(host, `${LIST}#query=%22hearing%20aids%22`)), [shared.title]);
    for (const limit of [1, 100]) {
      const items = await wholeList(host, `${ORIGIN}/Panopto/Pages/Viewer.aspx?pid=${playlist.id}`, limit);
      assert.deepEqual(items.map(({ page }) => page), [subscribed, shared].map((lecture) => scene.peers.viewerUrl(lecture)));
    }
    assert.ok((await wholeList(host, LIST)).length >= 22, "everything");
  });

  it("are refused where there is none", async () => {
    const host = await scene.start();
    await host.signIn();
    const list = (page: string): Promise<unknown> => host.bridge.sites.list({ page, store: "0" });
    await assertRefused(list("https://example.com/Panopto/Pages/Sessions/List.aspx"), "unsupported_site");
    await assertRefused(list(scene.peers.viewerUrl(scene.peers.lectures.short)), "unsupported_site");
    await assertRefused(list(`${LIST}#folderID=%22..%2F..%2Fetc%22`), "unsupported_site");
    await assertRefused(list("not an address"), "bad_params", "/page");
    await assertRefused(list(`${ORIGIN}/Panopto/Pages/Viewer.aspx?pid=${randomUUID()}`), "not_found");
    await assertRefused(host.bridge.sites.list({ page: LIST, store: "0", after: "somewhere" }), "bad_params", "/after");
  });
});

describe("somebody who is not signed in", () => {
  for (const refusal of ["public-only", "html-200", "redirect-to-login"] as const) {
    it(`is told so at once where Panopto answers with ${refusal}`, async () => {
      course("Members only", 1);
      const playlist = scene.peers.site.addPlaylist(`Members' ${randomUUID()}`, [scene.peers.lectures.short]);
      scene.peers.site.listRefusal = refusal;
      const host = await scene.start();
      for (const page of [folderPage("Members only"), `${LIST}#isSharedWithMe=true`, `${ORIGIN}/Panopto/Pages/Viewer.aspx?pid=${playlist.id}`]) {
        await assertRefused(host.bridge.sites.list({ page, store: "0" }), "login_required");
      }
      const value = await host.signIn();
      assert.equal((await host.bridge.sites.list({ page: folderPage("Members only"), store: "0" })).items.length >= 1, true);
      scene.peers.site.endSession(value);
      await assertRefused(host.bridge.sites.list({ page: folderPage("Members only"), store: "0" }), "login_required");
      assert.deepEqual(host.wanted, [], "nobody is asked for a refresh: a person looks at the list");
    });
  }
});

describe("what is captured already", () => {
  it("is marked, whoever captured it, and what failed is not", async () => {
    const [done, fresh] = course("Marked", 2);
    const failed = scene.lecture({ title: "Archived", folder: "Marked", folderId: idFrom("folder", "Marked"), startedAt: new Date(Date.UTC(2027, 0, 1)), purged: true });
    assert.ok(done && fresh);
    const home = await scene.newHome();
    const host = await scene.start({ home });
    await host.signIn();
    const saved = await host.capture(scene.peers.viewerUrl(done));
    await assertSaved(saved, done.audio);
    assert.equal((await host.capture(scene.peers.viewerUrl(failed))).state, "failed");
    const marks = async (one: RunningHost): Promise<(string | null)[]> => (await wholeList(one, folderPage("Marked"))).map(({ captured }) => captured);
    assert.deepEqual(await marks(host), [saved.id, null, null]);
    await host.leave();
    const later = await scene.start({ home });
    await later.signIn();
    assert.deepEqual(await marks(later), [saved.id, null, null]);
    const held = scene.peers.cdn.fail({ kind: "stall", afterBytes: 10_000 }, { method: "GET" });
    const running = await later.start(scene.peers.viewerUrl(fresh));
    await later.satisfies(running.id, ({ state }) => state === "downloading");
    assert.deepEqual(await marks(later), [saved.id, running.id, null]);
    held.release();
    await later.bridge.captures.remove(saved.id);
    assert.deepEqual((await marks(later))[0], null);
  });

  it("is known among ten thousand that were done before", async () => {
    const [lecture] = course("Long ago", 1);
    assert.ok(lecture);
    const home = await scene.newHome();
    const page = scene.peers.viewerUrl(lecture);
    await writeHistory(home, page, 10_000);
    const host = await scene.start({ home });
    await host.signIn();
    const [item] = await wholeList(host, folderPage("Long ago"));
    assert.equal(item?.captured, "old05000");
    // The same key again is the capture that was done, not a new one.
    assert.equal((await host.start(page, { key: "key 7" })).id, "old00007");
  });
});

describe("a course that is captured at once", () => {
  it("is captured in order, as many at a time as is configured, each once", async () => {
    const made = course("In order", 5);
    const host = await scene.start({ config: { captures: { atOnce: 1 } }, home: await scene.newHome() });
    await host.signIn();
    const items = await wholeList(host, folderPage("In order"));
    const before = scene.peers.site.requests.length;
    const started = [];
    for (const { page } of items) started.push(await host.start(page, { key: `course:${page}` }));
    for (const { page } of items) started.push(await host.start(page, { key: `course:${page}` }));
    assert.equal(new Set(started.map(({ id }) => id)).size, 5);
    for (const [n, lecture] of made.entries()) await assertSaved(await host.reaches(started[n]?.id ?? "", ["done", "failed"]), lecture.audio);
    const podcasts = scene.peers.site.requests.slice(before).flatMap(({ path }) => /Podcast\/Download\/([0-9a-f-]+)\.mp4/.exec(path)?.[1] ?? []);
    assert.deepEqual(podcasts, made.map(({ deliveryId }) => deliveryId));
  });
});

/** A history as the host writes it; the one in the middle is of this page. */
async function writeHistory(home: string, page: string, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, n) => {
    const record = {
      id: `old${String(n).padStart(5, "0")}`, key: `key ${String(n)}`, page: n === count / 2 ? page : `${page.slice(0, -6)}${String(n).padStart(6, "0")}`, site: "panopto", title: "Old",
      state: "done", total: 1, attempt: 1, startedAt: 1_700_000_000_000 + n, store: "0", deliver: { to: "folder", origin: "", courseId: "", api: "auto", subfolder: "" },
      part: { bytes: 1, etag: "", lastModified: "", total: 1, cursor: 0, isWhole: true }, about: { title: "Old", course: "", stableId: "x", durationMs: 1 }, hasOwnTitle: false, lecture: "",
    };
    const text = JSON.stringify(record);
    return `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
  });
  const folder = join(home, ".local", "state", "auricle", "captures");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, "history"), lines.join(""));
}
