import "../testing/fake-browser.ts";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Jar } from "../src/shared/jar.ts";
import { recogniseNamed, serverOf, unseenServers } from "../src/shared/own-servers.ts";
import { captureKey, jarOfKey, recognise, siteOfPage } from "../src/shared/page.ts";

const ID = "26b3ae9e-4a48-4dcc-96ba-0befba08a0fb";
const OTHER = "ed01b077-c9e5-4c7b-b8ff-15fa306d7a59";
const at = (tail: string, host = "uni.hosted.panopto.com"): string => `https://${host}/Panopto/Pages/${tail}`;

const LECTURES: readonly (readonly [string, string, "id" | "tid"])[] = [
  [at(`Viewer.aspx?id=${ID}`), ID, "id"],
  [at(`Embed.aspx?id=${ID}&autoplay=false&offerviewer=true`), ID, "id"],
  [at(`Viewer.aspx?randomparam=x&id=${ID}&advance=true`), ID, "id"],
  [at(`Viewer.aspx?start=60&id=${ID.toUpperCase()}#t=3`), ID, "id"],
  [at(`Viewer.aspx?tid=${ID}`), ID, "tid"],
  [at(`Viewer.aspx?tid=${OTHER}&id=${ID}`), ID, "id"],
  [at(`Viewer.aspx?id=${ID}&tid=${OTHER}`), ID, "id"],
  [at(`Viewer.aspx?pid=${OTHER}&id=${ID}`), ID, "id"],
  [at(`viewer.aspx?id=${ID}`, "uni.cloud.panopto.eu"), ID, "id"],
  [at(`Viewer.aspx?id=${ID}`, "unisa.au.panopto.com"), ID, "id"],
  [at(`Viewer.aspx?id=${ID}`, "westernsydney.ap.panopto.com"), ID, "id"],
];

for (const [url, id, kind] of LECTURES) {
  test(`${url} is a lecture, known by its ${kind}`, () => {
    const page = recognise(url);
    assert.deepEqual([page?.id, page?.idKind], [id, kind]);
  });
}

const OTHERS: readonly string[] = [
  "",
  "about:blank",
  at("Viewer.aspx"),
  at("Viewer.aspx?id=nonsense"),
  at(`Viewer.aspx?pid=${ID}`),
  at(`Sessions/List.aspx#folderID="${ID}"`),
  `http://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=${ID}`,
  at(`Viewer.aspx?id=${ID}`, "panopto.com.evil.example"),
  at(`Viewer.aspx?id=${ID}`, "evilpanopto.com"),
  at(`Viewer.aspx?id=${ID}`, "player.kent.ac.uk"),
  `https://uni.hosted.panopto.com/Elsewhere/Viewer.aspx?id=${ID}`,
];

for (const url of OTHERS) test(`“${url}” is no lecture`, () => assert.equal(recognise(url), null));

const VIDEO = "dQw4w9WgXcQ";
for (const url of [`https://www.youtube.com/watch?v=${VIDEO}&t=4s`, `https://m.youtube.com/watch?list=PL1&v=${VIDEO}`, `https://music.youtube.com/watch?v=${VIDEO}`, `https://www.youtube.com/shorts/${VIDEO}`, `https://www.youtube.com/live/${VIDEO}?feature=share`, `https://www.youtube.com/embed/${VIDEO}`]) {
  test(`“${url}” is a video of YouTube's, in whose session it is seen`, () =>
    assert.deepEqual(recognise(url), { site: "youtube", url: `https://www.youtube.com/watch?v=${VIDEO}`, origin: "https://www.youtube.com", host: "www.youtube.com", id: VIDEO, idKind: "id" }));
}
for (const url of ["https://www.youtube.com/", "https://www.youtube.com/watch?v=short", "https://www.youtube.com/embed/videoseries?list=PL1", "https://www.youtube.com/embed/live_stream", `https://studio.youtube.com/watch?v=${VIDEO}`, `https://youtube.com.evil.example/watch?v=${VIDEO}`, `http://www.youtube.com/watch?v=${VIDEO}`]) {
  test(`“${url}” is no video`, () => assert.equal(recognise(url), null));
}

test("a video's key has its site and its id, whose case counts", () => {
  const page = recognise(`https://www.youtube.com/watch?v=${VIDEO}`) ?? assert.fail();
  assert.equal(captureKey(page, "folder", { store: "0" }), `youtube:www.youtube.com:${VIDEO}>folder`);
});

test("a host that the person granted is Panopto too", () => {
  assert.equal(recognise(at(`Viewer.aspx?id=${ID}`, "player.kent.ac.uk"), ["player.kent.ac.uk"])?.origin, "https://player.kent.ac.uk");
});

test("a page of a player is a lecture where the person granted its host, and nowhere else", () => {
  const page = recognise("https://play.uni.example/watch/vid_1?t=30#now", ["play.uni.example"]) ?? assert.fail();
  assert.deepEqual(page, { site: "playback", url: "https://play.uni.example/watch/vid_1", origin: "https://play.uni.example", host: "play.uni.example", id: "vid_1", idKind: "id" });
  assert.equal(captureKey(page, "folder", { store: "0" }), "playback:play.uni.example:vid_1>folder");
  assert.deepEqual([siteOfPage(page.url), siteOfPage(at(`Viewer.aspx?id=${ID}`))], ["playback", "panopto"]);
  for (const other of ["https://play.uni.example/watch/", "https://play.uni.example/watch/a/b", "https://play.uni.example/watch/a%20b", `https://play.uni.example/watch/${"a".repeat(65)}`, "http://play.uni.example/watch/vid_1"]) {
    assert.equal(recognise(other, ["play.uni.example"]), null, other);
  }
  assert.equal(recognise("https://play.uni.example/watch/vid_1"), null);
  assert.equal(recognise("https://uni.hosted.panopto.com/watch/vid_1", ["uni.hosted.panopto.com"]), null);
});

test("a page on a server that the program names is a recording of the site that it says, at that origin", () => {
  const servers = [{ site: "playback", origin: "https://play.uni.example" }, { site: "panopto", origin: "https://lectures.uni.example" }] as const;
  assert.equal(recogniseNamed("https://play.uni.example/watch/vid_1", servers)?.site, "playback");
  assert.equal(recogniseNamed(at(`Viewer.aspx?id=${ID}`, "lectures.uni.example"), servers)?.site, "panopto");
  for (const other of ["", "https://play.uni.example/", "https://play.uni.example:8443/watch/vid_1", "https://other.uni.example/watch/vid_1", "https://lectures.uni.example/watch/vid_1", at(`Viewer.aspx?id=${ID}`, "play.uni.example")]) {
    assert.equal(recogniseNamed(other, servers), null, other);
  }
  assert.equal(serverOf("https://lectures.uni.example/Panopto/Pages/Home.aspx", servers)?.site, "panopto");
  assert.deepEqual(unseenServers([...servers, { site: "playback", origin: "http://127.0.0.1:8080" }], ["https://play.uni.example/*"]), [servers[1]]);
});

test("the key is the same from viewer and embed, and differs by target and by kind of id", () => {
  const key = (tail: string, target: string): string => captureKey(recognise(at(tail)) ?? assert.fail(), target, { store: "0" });
  assert.equal(key(`Viewer.aspx?id=${ID}&start=5`, "folder"), key(`Embed.aspx?id=${ID}`, "folder"));
  assert.equal(key(`Viewer.aspx?id=${ID}`, "folder"), `panopto:uni.hosted.panopto.com:${ID}>folder`);
  assert.notEqual(key(`Viewer.aspx?id=${ID}`, "folder"), key(`Viewer.aspx?id=${ID}`, "https://api.example.edu"));
  assert.notEqual(key(`Viewer.aspx?id=${ID}`, "folder"), key(`Viewer.aspx?tid=${ID}`, "folder"));
});

test("each jar has keys of its own, from which it can be told", () => {
  const jars: Jar[] = [{ store: "firefox-container-2" }, { store: "firefox-private" }, { store: "0", within: "https://uni.example" }, { store: "0", within: "https://other.example" }];
  const page = recognise(at(`Embed.aspx?id=${ID}`)) ?? assert.fail();
  const keys = jars.map((jar) => captureKey(page, "https://api.example.edu", jar));
  assert.equal(new Set([...keys, captureKey(page, "https://api.example.edu", { store: "0" })]).size, 5);
  assert.deepEqual(keys.map(jarOfKey), jars);
  assert.ok(keys.every((key) => key.endsWith(">https://api.example.edu")));
  assert.deepEqual([captureKey(page, "folder", { store: "0" }), "c1", null].map(jarOfKey), [{ store: "0" }, { store: "0" }, { store: "0" }]);
});
