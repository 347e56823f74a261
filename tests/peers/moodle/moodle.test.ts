import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { NEIGHBOUR } from "../panopto/session.ts";
import type { Peers } from "../peers.ts";
import { startPeers } from "../peers.ts";
import { ask } from "../wire/client.ts";
import type { Ask, Got } from "../wire/client.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };

describe("the stand-in for Moodle", () => {
  let dir: string;
  let peers: Peers;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "auricle-moodle-"));
    peers = await startPeers({ dir, hour: false });
  });
  after(async () => {
    await peers.stop();
    await rm(dir, { recursive: true });
  });

  const at = (port: number, url: string, options: Ask = {}): Promise<Got> => ask({ caFile: peers.caFile, port }, url, options);
  const fields = (page: string): URLSearchParams => new URLSearchParams([...page.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name = "", value = ""]): [string, string] => [name, value]));
  const cookieOf = (got: Got): string => String(got.headers["set-cookie"]).split(";")[0] ?? "";

  async function launch(): Promise<{ form: URLSearchParams; post: () => Promise<Got> }> {
    const course = peers.moodle.courseUrl({ lectures: [peers.lectures.short.deliveryId] });
    const sent = await at(peers.moodle.port, course);
    assert.equal(sent.status, 302);
    const login = new URL(String(sent.headers["location"]), course).href;
    const body = new URLSearchParams({ username: NEIGHBOUR.user, password: NEIGHBOUR.password }).toString();
    const signedIn = await at(peers.moodle.port, login, { method: "POST", body, headers: FORM });
    const page = await at(peers.moodle.port, course, { headers: { cookie: cookieOf(signedIn) } });
    const frame = /<iframe[^>]* src="([^"]+)"/.exec(page.text)?.[1] ?? assert.fail("nothing is embedded");
    const form = fields((await at(peers.moodle.port, frame)).text);
    return { form, post: () => at(peers.site.port, "https://uni.hosted.panopto.com/Panopto/lti/lti.aspx", { method: "POST", body: form.toString(), headers: FORM }) };
  }

  it("signs the person in at the site by a launch, with cookies for the page around alone", async () => {
    const { post } = await launch();
    const answer = await post();
    assert.equal(answer.headers["location"], `/Panopto/Pages/Embed.aspx?id=${peers.lectures.short.deliveryId}`);
    const set = [answer.headers["set-cookie"] ?? []].flat();
    assert.ok(set.length > 1 && set.every((line) => line.endsWith("; Partitioned")));
    const value = /\.ASPXAUTH=([0-9A-F]+)/.exec(set.join("\n"))?.[1] ?? "";
    assert.equal(peers.site.personOf(value)?.user, NEIGHBOUR.user);
  });

  it("gives a launch that is good once, and the site takes none that nobody signed", async () => {
    const { form, post } = await launch();
    assert.equal((await post()).status, 302);
    assert.equal((await post()).status, 401);
    form.set("oauth_signature", "made up");
    assert.equal((await post()).status, 401);
  });
});
