import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Peers } from "../peers.ts";
import { startPeers } from "../peers.ts";
import { ask } from "../wire/client.ts";
import type { Got } from "../wire/client.ts";
import { idFrom, lecture } from "./lecture.ts";
import type { Lecture } from "./lecture.ts";

const SITE = "https://uni.hosted.panopto.com";

interface Rows {
  readonly d: { readonly Results: readonly { readonly DeliveryID: string; readonly SessionName: string; readonly IsDownloadAvailable: boolean }[]; readonly TotalNumber: number; readonly Subfolders: readonly { readonly ID: string; readonly Name: string }[] | null };
}

describe("the stand-in's lists", () => {
  let dir: string;
  let peers: Peers;
  let auth: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-listing-"));
    peers = await startPeers({ dir, hour: false });
    auth = peers.site.signInDirectly();
  });
  afterEach(() => void (peers.site.listRefusal = "public-only"));
  after(async () => {
    await peers.stop();
    await rm(dir, { recursive: true });
  });

  const site = (path: string, body?: unknown, cookie: string | undefined = auth): Promise<Got> =>
    ask({ caFile: peers.caFile, port: peers.site.port }, SITE + path, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers: cookie === "" ? {} : { cookie: `.ASPXAUTH=${cookie}` },
    });
  const rows = async (query: object, cookie?: string): Promise<Rows["d"]> => {
    const got = await site("/Panopto/Services/Data.svc/GetSessions", { queryParameters: { maxResults: 250, page: 0, sortColumn: 1, sortAscending: true, getFolderData: true, ...query } }, cookie);
    assert.equal(got.status, 200);
    return (JSON.parse(got.text) as Rows).d;
  };
  const add = (title: string, choices: Partial<Lecture> = {}): Lecture => peers.site.add(lecture({ audio: peers.media.short.audio, video: peers.media.short.video, title, ...choices }));

  it("give a folder's recordings in the order of their dates, page by page, and its subfolders", async () => {
    const day = (n: number): Date => new Date(Date.UTC(2026, 9, n));
    const folder = { folder: "Acoustics", folderId: idFrom("folder", "Acoustics") };
    const made = [3, 1, 2].map((n) => add(`Acoustics ${String(n)}`, { ...folder, startedAt: day(n) }));
    add("A seminar", { folder: "Seminars", folderId: idFrom("folder", "Seminars"), parentFolder: "Acoustics" });
    const found = await rows({ folderID: folder.folderId });
    assert.deepEqual(found.Results.map(({ SessionName }) => SessionName), ["Acoustics 1", "Acoustics 2", "Acoustics 3"]);
    assert.deepEqual(found.Subfolders?.map(({ ID, Name }) => [ID, Name]), [[idFrom("folder", "Seminars"), "Seminars"]]);
    const second = await rows({ folderID: folder.folderId, maxResults: 2, page: 1 });
    assert.deepEqual(second.Results.map(({ DeliveryID }) => DeliveryID), [made[0]?.deliveryId]);
    assert.equal(second.TotalNumber, 3);
    assert.equal((JSON.parse((await site("/Panopto/Services/Data.svc/GetFolderInfo", { folderID: folder.folderId })).text) as { d: { Name: string } }).d.Name, "Acoustics");
  });

  it("know what is shared with a person, what they have subscribed to, and what they search for", async () => {
    const shared = add("Shared with me", { sharedWithMe: true, downloads: false });
    const subscribed = add("Subscribed to", { subscribed: true });
    assert.deepEqual((await rows({ isSharedWithMe: true })).Results.map(({ DeliveryID, IsDownloadAvailable }) => [DeliveryID, IsDownloadAvailable]), [[shared.deliveryId, false]]);
    assert.deepEqual((await rows({ isSubscriptionsPage: true })).Results.map(({ DeliveryID }) => DeliveryID), [subscribed.deliveryId]);
    assert.deepEqual((await rows({ query: "SUBSCRIBED" })).Results.map(({ DeliveryID }) => DeliveryID), [subscribed.deliveryId]);
  });

  it("give a playlist's recordings by way of its list", async () => {
    const { short, mp3, forbidden } = peers.lectures;
    const { id } = peers.site.addPlaylist("Before the exam", [mp3, forbidden, short]);
    const named = JSON.parse((await site(`/Panopto/Api/Playlists/${id}`)).text) as { SessionListId: string; Name: string };
    assert.equal(named.Name, "Before the exam");
    const path = `/Panopto/Api/SessionLists/${named.SessionListId}?collections[0].maxCount=500&collections[0].name=items`;
    const list = JSON.parse((await site(path)).text) as { Items: { TypeName: string; Id: string }[] };
    assert.deepEqual(list.Items.map(({ TypeName, Id }) => [TypeName, Id]), [["Session", mp3.deliveryId], ["Session", short.deliveryId]]);
    assert.equal((await site(`/Panopto/Pages/Viewer.aspx?pid=${id}`)).status, 200);
    assert.equal((await site(`/Panopto/Api/Playlists/${id}`, undefined, "")).status, 401);
  });

  it("send away whoever is not signed in, in each of the forms that were met", async () => {
    assert.deepEqual((await rows({}, "")).Results.map(({ DeliveryID }) => DeliveryID), [peers.lectures.public.deliveryId]);
    const page = await site("/Panopto/Pages/Sessions/List.aspx", undefined, "");
    assert.equal(page.status, 302);
    assert.match(String(page.headers["location"]), /Login\.aspx\?Auth=FolderView.*ErrorKey=Controls_Login_NoFolderAccess/);
    peers.site.listRefusal = "html-200";
    const html = await site("/Panopto/Services/Data.svc/GetSessions", { queryParameters: {} }, "");
    assert.equal(html.status, 200);
    assert.match(html.text, /^<!DOCTYPE html>/);
    peers.site.listRefusal = "redirect-to-login";
    const redirected = await site("/Panopto/Services/Data.svc/GetSessions", { queryParameters: {} }, "");
    assert.equal(redirected.status, 302);
    assert.match(String(redirected.headers["location"]), /Auth\/Login\.aspx\?Auth=FolderView&panoptoState=/);
  });
});
