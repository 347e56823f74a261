// Every form in which a site may have its sound, captured by the built program and compared packet by packet with what
// ffmpeg reads at the source; and every form that is refused, with its sentence.
import assert from "node:assert/strict";
import { cpus } from "node:os";
import { extname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { makeCorpus, type Corpus, type CorpusCase } from "../peers/media/corpus.ts";
import { packetsOf } from "../peers/media/packets.ts";
import type { FileSite } from "../peers/files/file-site.ts";
import { assertNoLeak } from "./support/assertions.ts";
import { runFetch, type Fetched } from "./support/fetching.ts";
import { Scene } from "./support/scene.ts";

const corpus: Corpus = await makeCorpus();
let scene: Scene;
let files: FileSite;
before(async () => {
  scene = await Scene.open();
  files = await scene.files();
  files.share("/corpus", corpus.folder);
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

/** Captured into a folder of its own. */
async function fetched(url: string, config: Record<string, unknown> = {}): Promise<Fetched & { readonly folder: string }> {
  const home = await scene.newHome();
  const folder = join(home, "out");
  return { ...(await runFetch([url, "--out", folder], { home, configFile: await scene.configure(home, config) })), folder };
}

async function compare(one: CorpusCase): Promise<void> {
  const { status, err, capture } = await fetched(files.url(`/corpus/${one.entry}`), one.language === undefined ? {} : { captures: { language: one.language } });
  assert.equal(status, 0, err);
  assert.equal(capture?.plan?.how, one.how);
  const file = capture.result?.file ?? "";
  assert.equal(extname(file), one.ending);
  const packets = await packetsOf(file);
  assert.deepEqual(packets.digests, one.packets.digests);
  const distance = Math.abs((capture.result?.durationMs ?? 0) - one.packets.durationMs);
  assert.ok(distance <= one.packets.frameMs, `${String(capture.result?.durationMs)} ms in place of ${String(one.packets.durationMs)}`);
}

describe("the sound of", { concurrency: Math.max(2, cpus().length) }, () => {
  for (const one of corpus.cases) it(`${one.name} is the source's, packet by packet`, () => compare(one));
});
