import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cookie } from "@auricle/bridge";
import { fingerprint, ofJar, ofOneLogin, readCookies, withoutRepeats, type CookieSource, type Wanted } from "../src/background/cookies.ts";
import { endpoints, isLoginName, loginOf, signInUrl } from "../src/background/site-session.ts";

const ORIGIN = "https://uni.hosted.panopto.com";
const JAR: Wanted = { site: "panopto", origin: ORIGIN, jar: { store: "0" } };

function cookie(name: string, more: Partial<Cookie> = {}): Cookie {
  return { name, value: `value of ${name}`, domain: "uni.hosted.panopto.com", path: "/", ...more };
}

interface Query {
  url: string;
  storeId?: string;
  partitionKey?: object;
  firstPartyDomain?: null;
}

function source(answer: (query: Query) => Cookie[]): CookieSource & { queries: Query[] } {
  const queries: Query[] = [];
  return {
    queries,
    async getAll(query) {
      queries.push(query);
      return answer(query);
    },
  };
}

test("each address that the host asks is asked for, with the tab's store and every partition", async () => {
  const asked = source(() => []);
  await readCookies(asked, { ...JAR, url: `${ORIGIN}/Panopto/Pages/Viewer.aspx?id=1`, id: "1" }, false);
  assert.deepEqual(asked.queries.map((query) => query.url), [
    `${ORIGIN}/Panopto/Pages/Viewer.aspx?id=1`,
    `${ORIGIN}/Panopto/Pages/Viewer/DeliveryInfo.aspx`,
    `${ORIGIN}/Panopto/Podcast/Download/1.mp4`,
  ]);
  assert.ok(asked.queries.every((query) => query.storeId === "0" && query.partitionKey && !("firstPartyDomain" in query)));
});

test("a browser that does not know partitions is asked again without", async () => {
  const asked = source((query) => {
    if (query.partitionKey) throw new TypeError("Unexpected property: 'partitionKey'.");
    return [cookie(".ASPXAUTH")];
  });
  assert.deepEqual(await readCookies(asked, JAR, false), [cookie(".ASPXAUTH")]);
});

test("Firefox is asked for cookies whatever their first party", async () => {
  const asked = source(() => []);
  await readCookies(asked, { ...JAR, jar: { store: "firefox-container-2" } }, true);
  assert.ok(asked.queries.every((query) => query.firstPartyDomain === null && query.storeId === "firefox-container-2"));
});

test("a browser that refuses to show cookies yields none, and no failure", async () => {
  const asked = source(() => {
    throw new Error("No host permissions for cookies at url");
  });
  assert.deepEqual(await readCookies(asked, JAR, false), []);
});

test("a cookie that every endpoint gets is sent once", async () => {
  assert.equal((await readCookies(source(() => [cookie("a"), cookie("b")]), JAR, false)).length, 2);
});

test("the same cookie in two partitions stays two cookies", () => {
  const two = [cookie("a"), cookie("a", { partitionKey: { topLevelSite: "https://uni.edu" } })];
  assert.equal(withoutRepeats([...two, ...two]).length, 2);
});

test("embedded in another site's page, partitions of third sites are left out, that site's and the unpartitioned stay", () => {
  const own = cookie("own", { partitionKey: { topLevelSite: "https://uni.edu" } });
  const panoptos = cookie("Panopto's own", { partitionKey: { topLevelSite: "https://panopto.com" } });
  const foreign = cookie("foreign", { partitionKey: { topLevelSite: "https://elsewhere.example" } });
  const lookalike = cookie("lookalike", { partitionKey: { topLevelSite: "https://i.edu" } });
  const open = cookie("open", { partitionKey: { topLevelSite: "http://uni.edu" } });
  const plain = cookie("plain", { partitionKey: null });
  assert.deepEqual(ofJar([own, panoptos, foreign, lookalike, open, plain], { store: "0", within: "https://uni.edu" }, ORIGIN), [own, plain]);
});

test("on Panopto's own page its own partition counts, but not the one within another site's page there", () => {
  const own = cookie("own", { partitionKey: { topLevelSite: "https://panopto.com" } });
  const direct = cookie("direct", { partitionKey: { topLevelSite: "https://panopto.com", hasCrossSiteAncestor: false } });
  const nested = cookie("nested", { partitionKey: { topLevelSite: "https://panopto.com", hasCrossSiteAncestor: true } });
  assert.deepEqual(ofJar([own, direct, nested], { store: "0" }, ORIGIN), [own, direct]);
  assert.deepEqual(ofJar([own, direct, nested], { store: "0", within: "https://panopto.com" }, ORIGIN), [own, nested]);
});

test("what first-party isolation keeps for another site is left out, in both ways of writing it", () => {
  const own = cookie("own", { firstPartyDomain: "panopto.com" });
  const bySite = cookie("by site", { firstPartyDomain: "(https,panopto.com)" });
  const foreign = cookie("foreign", { firstPartyDomain: "moodle.example" });
  const foreignBySite = cookie("foreign by site", { firstPartyDomain: "(https,moodle.example)" });
  const none = cookie("none", { firstPartyDomain: "" });
  const all = [own, bySite, foreign, foreignBySite, none];
  assert.deepEqual(ofJar(all, { store: "firefox-default" }, ORIGIN), [own, bySite, none]);
  assert.deepEqual(ofJar(all, { store: "firefox-default", within: "https://moodle.example" }, ORIGIN), [foreign, foreignBySite, none]);
  assert.equal(withoutRepeats([cookie("a", { firstPartyDomain: "panopto.com" }), cookie("a", { firstPartyDomain: "" })]).length, 2);
});

test("cookies go along without the browser's name of their store, which the jar's may only begin with", async () => {
  assert.deepEqual(await readCookies(source(() => [cookie("a", { storeId: "0" })]), JAR, false), [cookie("a")]);
});

test("the login is the cookie of that name that has a value", () => {
  assert.equal(loginOf("panopto", [cookie("csrfToken")]), null);
  assert.equal(loginOf("panopto", [cookie(".ASPXAUTH", { value: "" })]), null);
  assert.equal(loginOf("panopto", [cookie("csrfToken"), cookie(".ASPXAUTH", { value: "A" })]), "A");
});

test("a session at YouTube is two cookies, and newer when any of them all has changed", () => {
  const session = [cookie("LOGIN_INFO"), cookie("__Secure-3PAPISID"), cookie("SIDCC", { value: "1" })];
  assert.equal(loginOf("youtube", session.slice(1)), null);
  assert.equal(loginOf("youtube", session.slice(0, 1)), null);
  assert.equal(loginOf("youtube", session), loginOf("youtube", [...session].reverse()));
  assert.notEqual(loginOf("youtube", session), loginOf("youtube", [...session.slice(0, 2), cookie("SIDCC", { value: "2" })]));
  assert.deepEqual(["LOGIN_INFO", "SAPISID", "SIDCC"].map((name) => isLoginName("youtube", name)), [true, true, false]);
});

test("a sign-in is at the site itself", () => {
  assert.equal(signInUrl("mubi", "https://mubi.com"), "https://mubi.com/login");
  assert.ok(signInUrl("panopto", ORIGIN).startsWith(`${ORIGIN}/`));
});

test("of two logins the partition's is used with its own cookies, and never a mixture", () => {
  const partitionKey = { topLevelSite: "https://uni.edu" };
  const inMoodle = [cookie(".ASPXAUTH", { partitionKey }), cookie("csrfToken", { partitionKey })];
  const outside = [cookie(".ASPXAUTH"), cookie("csrfToken")];
  assert.deepEqual(ofOneLogin("panopto", [...outside, ...inMoodle], false), inMoodle);
  assert.deepEqual(ofOneLogin("panopto", [...outside, ...inMoodle.slice(1)], false), outside);
  assert.deepEqual(ofOneLogin("panopto", [...outside, ...inMoodle.slice(1)], true), inMoodle.slice(1));
});

test("a fingerprint tells two logins apart and holds neither", async () => {
  assert.equal(await fingerprint("A"), await fingerprint("A"));
  assert.notEqual(await fingerprint("A"), await fingerprint("B"));
  assert.ok(!(await fingerprint("SECRET")).includes("SECRET"));
});

test("without a recording's id there are still addresses to ask for", () => {
  assert.equal(endpoints("panopto", { origin: ORIGIN }).length, 3);
});

test("at a player its page and its session are asked for, and any cookie but its own session may be the login", () => {
  assert.deepEqual(endpoints("playback", { origin: "https://play.uni.example", url: "https://play.uni.example/watch/vid_1" }), ["https://play.uni.example/watch/vid_1", "https://play.uni.example/api/v1/session"]);
  assert.equal(loginOf("playback", [cookie("sessionToken")]), null);
  assert.equal(loginOf("playback", [cookie("b"), cookie("sessionToken"), cookie("a")]), "a=value of a\nb=value of b");
  assert.deepEqual(["login", "sessionToken"].map((name) => isLoginName("playback", name)), [true, false], "a session that the player begins is no sign-in");
});

test("at YouTube somebody is signed in who has both its login and an account's cookie, and any other value makes it a newer session", () => {
  const youtubes = (name: string, value = "v"): Cookie => cookie(name, { value, domain: ".youtube.com" });
  const loginAt = (cookies: readonly Cookie[]) => loginOf("youtube", cookies);
  assert.deepEqual(endpoints("youtube", { origin: "https://www.youtube.com", url: "https://www.youtube.com/watch?v=dQw4w9WgXcQ" }), ["https://www.youtube.com/"]);
  assert.equal(loginAt([youtubes("LOGIN_INFO")]), null);
  assert.equal(loginAt([youtubes("SAPISID"), youtubes("PREF")]), null);
  assert.equal(loginAt([youtubes("LOGIN_INFO", ""), youtubes("SAPISID")]), null);
  const session = [youtubes("LOGIN_INFO"), youtubes("__Secure-3PAPISID"), youtubes("SIDCC", "a")];
  assert.notEqual(loginAt(session), null);
  assert.notEqual(loginAt(session), loginAt([...session.slice(0, 2), youtubes("SIDCC", "b")]));
  assert.deepEqual(["LOGIN_INFO", "SAPISID", "PREF"].map((name) => isLoginName("youtube", name)), [true, true, false]);
});
