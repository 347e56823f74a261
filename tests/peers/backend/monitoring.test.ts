import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Metrics } from "./metrics.ts";

const run = promisify(execFile);
const FOLDER = fileURLToPath(new URL("monitoring/", import.meta.url));
/** Of Debian's package prometheus, which starts a service: nothing installs it for a test. PROMTOOL names another one. */
const PROMTOOL = process.env["PROMTOOL"] ?? "promtool";
const isThere = await run(PROMTOOL, ["--version"]).then(
  () => true,
  () => false,
);
const skip = isThere ? false : "promtool is not there: it is in Debian's package prometheus";

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly { readonly title: string; readonly id: number; readonly targets: readonly { readonly expr: string }[] }[];
}

const dashboard = async (): Promise<Dashboard> => JSON.parse(await readFile(join(FOLDER, "dashboard.json"), "utf8")) as Dashboard;
const expressions = async (): Promise<string[]> => (await dashboard()).panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

async function measured(): Promise<string> {
  const metrics = new Metrics(() => Promise.resolve({ queue: { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0 }, hosts: 0, lackingCookies: 0 }));
  return String((await metrics.answer()).body);
}

/** Every series that the backend has, or that a rule records. */
async function known(): Promise<Set<string>> {
  const text = await measured();
  const rules = await readFile(join(FOLDER, "alerts.yml"), "utf8");
  return new Set([...text.matchAll(/^# TYPE (\S+)/gm), ...rules.matchAll(/record: (\S+)/g)].map(([, name]) => name ?? ""));
}

const named = (text: string): string[] => text.match(/\bauricle[_:][a-z0-9_:]+/g) ?? [];

describe("alerts and dashboard", () => {
  it("name no series that there is not", async () => {
    const series = await known();
    const rules = (await readFile(join(FOLDER, "alerts.yml"), "utf8")).replace(/description:.*/g, "");
    for (const name of [...named(rules), ...(await expressions()).flatMap(named)]) assert.ok(series.has(name), name);
  });

  it("show every series that the backend has", async () => {
    const rules = await readFile(join(FOLDER, "alerts.yml"), "utf8");
    const used = new Set([...named(rules), ...(await expressions()).flatMap(named)]);
    assert.deepEqual([...(await known())].filter((name) => !used.has(name)), []);
  });

  it("have panels with a title and an id of their own", async () => {
    const { panels, uid } = await dashboard();
    assert.notEqual(uid, "");
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
    assert.ok(panels.every(({ targets }) => targets.length > 0));
  });

  it("are rules that Prometheus takes", { skip }, async () => {
    const { stdout } = await run(PROMTOOL, ["check", "rules", join(FOLDER, "alerts.yml")]);
    assert.match(stdout, /SUCCESS: \d+ rules found/);
  });

  it("are about metrics whose names and types are as Prometheus wants them", { skip }, async () => {
    const checked = run(PROMTOOL, ["check", "metrics"]);
    checked.child.stdin?.end(await measured());
    assert.deepEqual(await checked, { stdout: "", stderr: "" });
  });

  it("fire when they are to, and not before", { skip }, async () => {
    const { stdout } = await run(PROMTOOL, ["test", "rules", join(FOLDER, "alerts.test.yml")]);
    assert.match(stdout, /SUCCESS/);
  });

  it("ask in panels what Prometheus understands", { skip }, async () => {
    const dir = await mkdtemp(join(tmpdir(), "auricle-panels-"));
    const rules = (await expressions()).map((expr, at) => ({ record: `panel:n${String(at)}`, expr }));
    // JSON is YAML.
    await writeFile(join(dir, "panels.yml"), JSON.stringify({ groups: [{ name: "panels", rules }] }));
    const { stdout } = await run(PROMTOOL, ["check", "rules", join(dir, "panels.yml")]);
    await rm(dir, { recursive: true });
    assert.match(stdout, new RegExp(`SUCCESS: ${String(rules.length)} rules found`));
  });
});
