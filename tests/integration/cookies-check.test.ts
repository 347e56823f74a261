// `auricle cookies check`: what a person hears of a cookie file before they use it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { program } from "./support/program.ts";

interface Found {
  readonly site: string;
  readonly origin: string;
  readonly cookies: number;
  readonly complete: boolean;
  readonly missing: string | null;
  readonly expiresAt: string | null;
  readonly dropped: readonly { name: string; why: string }[];
}

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "auricle-cookies-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const NEVER = 4_102_444_800;
const youtubes = (name: string, expires = NEVER): string => `.youtube.com\tTRUE\t/\tTRUE\t${String(expires)}\t${name}\tc4nary-of-${name}`;

async function check(lines: readonly string[], ...options: readonly string[]): Promise<{ status: number | null; out: string; err: string }> {
  const file = join(folder, "cookies.txt");
  await writeFile(file, ["# Netscape HTTP Cookie File", ...lines, ""].join("\n"));
  const { status, stdout, stderr } = spawnSync(program(), ["cookies", "check", file, ...options], { encoding: "utf8", env: { PATH: process.env["PATH"], HOME: folder } });
  assert.doesNotMatch(stdout + stderr, /c4nary/);
  return { status, out: stdout, err: stderr };
}

async function found(...lines: readonly string[]): Promise<{ status: number | null; sites: readonly Found[] }> {
  const { status, out } = await check(lines, "--json");
  return { status, sites: (JSON.parse(out) as { sites: Found[] }).sites };
}

describe("auricle cookies check", () => {
  it("finds a session, and until when", async () => {
    const { status, sites } = await found(youtubes("LOGIN_INFO"), youtubes("__Secure-3PAPISID"), youtubes("SIDCC"), youtubes("unheard-of"));
    assert.equal(status, 0);
    const [one, ...others] = sites;
    assert.deepEqual(others, []);
    assert.deepEqual([one?.site, one?.origin, one?.cookies, one?.complete, one?.missing, one?.dropped], ["youtube", "https://www.youtube.com", 3, true, null, []]);
    assert.match(one?.expiresAt ?? "", /^2\d{3}-.*Z$/);
  });

  it("says what is missing of one", async () => {
    const { status, out } = await check([youtubes("LOGIN_INFO")]);
    assert.equal(status, 1);
    assert.match(out, /^youtube \(https:\/\/www\.youtube\.com\): missing: .*SAPISID/);
    const { sites } = await found(youtubes("SAPISID"));
    assert.deepEqual([sites[0]?.complete, sites[0]?.missing], [false, "LOGIN_INFO"]);
  });

  it("says of a needed cookie why it does not count", async () => {
    const { status, sites } = await found(youtubes("LOGIN_INFO", 1_000_000_000), youtubes("SAPISID"));
    assert.equal(status, 1);
    assert.deepEqual(sites[0]?.dropped.map(({ name }) => name), ["LOGIN_INFO"]);
    assert.match(sites[0].dropped[0]?.why ?? "", /expired/);
  });

  it("tells each university's Panopto apart, and one whole session is enough", async () => {
    const panoptos = (host: string): string => `#HttpOnly_${host}\tFALSE\t/\tTRUE\t0\t.ASPXAUTH\tc4nary-of-${host}`;
    const { status, sites } = await found(panoptos("uni.hosted.panopto.com"), panoptos("other.cloud.panopto.eu"), youtubes("LOGIN_INFO"));
    assert.equal(status, 0);
    assert.deepEqual(sites.map(({ origin, complete }) => [origin, complete]), [["https://other.cloud.panopto.eu", true], ["https://uni.hosted.panopto.com", true], ["https://www.youtube.com", false]]);
  });

  it("of a file without a session says so, and of a broken one which line it is", async () => {
    const none = await check([".example.com\tTRUE\t/\tTRUE\t0\tname\tc4nary"]);
    assert.deepEqual([none.status, none.err], [1, ""]);
    assert.match(none.out, /^No cookie of a session/);
    const broken = await check([youtubes("LOGIN_INFO"), ".youtube.com\tTRUE\t/\tTRUE\tnever\tname\tc4nary"]);
    assert.equal(broken.status, 1);
    assert.match(broken.err, /Line 3 of the cookie file/);
  });
});
