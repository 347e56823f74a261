import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createAuthority, type Authority } from "../authority/authority.ts";
import { ask } from "../wire/client.ts";
import { DASH, film } from "./film.ts";
import { MEMBER, webToken } from "./member.ts";
import { MUBI_API_HOST, MUBI_HOST, MUBI_HOSTS, Mubi } from "./mubi.ts";

const CLIENT = { client: "web", "client-country": "DE" };
const API = `https://${MUBI_API_HOST}`;

let dir: string;
let authority: Authority;
let mubi: Mubi;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "auricle-mubi-"));
  authority = await createAuthority(dir);
  const certificate = await authority.certificateFor([...MUBI_HOSTS]);
  mubi = new Mubi({ certificate, byName: new Map(MUBI_HOSTS.map((name) => [name, certificate])) });
  await mubi.start();
});
after(async () => {
  await mubi.stop();
  await rm(dir, { recursive: true, force: true });
});

async function api(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await ask({ caFile: authority.caFile, port: mubi.port }, `${API}${path}`, { method, headers: { ...CLIENT, ...headers } });
  return { status: answer.status, body: JSON.parse(answer.body.toString("utf8")) as Record<string, unknown> };
}

describe("the stand-in for MUBI", () => {
  it("tells anybody of a film, by its number and by its word", async () => {
    const one = mubi.add(film({ title: "A film" }));
    for (const name of [String(one.id), one.slug]) assert.deepEqual((await api(`/v4/films/${name}`)).body["id"], one.id);
    assert.equal((await api("/v4/films/nothing-of-that-name")).status, 404);
  });

  it("asks for the client's headers", async () => {
    const one = mubi.add(film());
    assert.equal((await api(`/v4/films/${one.slug}`, { "client-country": "" })).status, 422);
  });

  it("knows a member by the token, and says so in its own words when it is over", async () => {
    const session = mubi.signInDirectly();
    const authorization = `Bearer ${session.token}`;
    assert.equal((await api("/v4/account", { authorization })).body["id"], MEMBER.id);
    mubi.endSession(session);
    for (const status of [401, 422] as const) {
      mubi.invalidTokenStatus = status;
      const refused = await api("/v4/account", { authorization });
      assert.deepEqual([refused.status, refused.body["code"]], [status, 8]);
    }
    mubi.invalidTokenStatus = 401;
  });

  it("names a film's streams only to whoever has said that they are watching it", async () => {
    const one = mubi.add(film({ streams: [{ src: "https://streams.mubicdn.net/a.mpd", content_type: DASH }] }));
    const headers = { authorization: `Bearer ${mubi.signInDirectly(webToken(new Date(Date.now() + 3_600_000))).token}` };
    const secureUrl = `/v4/films/${String(one.id)}/viewing/secure_url`;
    assert.equal((await api(secureUrl, headers)).status, 422);
    assert.equal((await api(`/v4/films/${String(one.id)}/viewing?parental_lock_enabled=true`, headers, "POST")).status, 200);
    assert.deepEqual((await api(secureUrl, headers)).body["urls"], one.streams);
  });

  it("signs a person in on its own page, with cookies for all of mubi.com", async () => {
    const form = new URLSearchParams({ username: MEMBER.user, password: MEMBER.password }).toString();
    const answer = await ask({ caFile: authority.caFile, port: mubi.port }, `https://${MUBI_HOST}/login`, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: form });
    assert.equal(answer.status, 302);
    assert.match(JSON.stringify(answer.headers["set-cookie"]), /lt=[0-9a-f]{64}; Domain=mubi\.com/);
  });
});
