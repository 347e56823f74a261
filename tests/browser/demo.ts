// The main job before a person's eyes, on stand-ins; scripts/run starts it. Whatever happens, nothing is left running.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { holds, measure } from "./demo/figures.ts";
import { howToLook } from "./demo/keep.ts";
import { doMainJob } from "./demo/main-job.ts";
import { readOptions } from "./demo/options.ts";
import type { DemoOptions } from "./demo/options.ts";
import { ownUniversity, table } from "./demo/report.ts";
import { Terminal } from "./demo/terminal.ts";
import { Belongings } from "./support/belongings.ts";
import { holdBrowser, holdHome, holdPeers } from "./support/stage.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const PICTURES = join(PROJECT, "artifacts", "run");
const MEDIA = join(PROJECT, ".cache", "media");

/** Exit statuses, as shells know them. */
const FAILED = 1;
const SIGNALLED = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Returns whether all is as promised. */
async function run(options: DemoOptions, belongings: Belongings, terminal: Terminal, signalled: Promise<void>): Promise<boolean> {
  await rm(PICTURES, { recursive: true, force: true });
  await mkdir(PICTURES, { recursive: true });

  const peers = await holdPeers(belongings, { hour: true, cacheDir: MEDIA });
  terminal.step("Stand-ins for Panopto, its CDN and the study backend are up, under their true names");
  const registration = await holdHome(belongings, peers, options.program, options.browser);
  await registration.install();
  terminal.step(`Registered the host: auricle ${registration.installArguments.join(" ")}`);
  const browser = await holdBrowser(belongings, peers, registration, { headed: options.headed });
  terminal.step(`${await browser.version()} with the extension`);

  const lecture = peers.lectures.hour;
  const seconds = await doMainJob({ peers, browser, lecture, pictures: PICTURES, terminal });
  const figures = await measure(peers, lecture, seconds);
  peers.assertSound();
  if (options.jsonFile !== undefined) await writeFile(options.jsonFile, `${JSON.stringify(figures, null, 2)}\n`);
  terminal.say(`\n${table(figures)}\n\nPictures: ${relative(PROJECT, PICTURES)}/\n\n${ownUniversity(PROJECT, options.program, browser)}`);

  if (options.keep) {
    const [delivered] = await peers.backend.lectures();
    terminal.say(`\n${howToLook(peers, delivered?.id ?? "", options)}`);
    await Promise.race([signalled, browser.closed()]);
  }
  return holds(figures);
}

const options = readOptions(process.argv.slice(2), process.env["INIT_CWD"] ?? process.cwd());
const terminal = new Terminal(process.stdout);
const belongings = new Belongings();

let status = 0;
const signalled = new Promise<void>((resolve) => {
  for (const [signal, code] of Object.entries(SIGNALLED)) {
    process.on(signal, () => {
      status ||= code;
      resolve();
    });
  }
});

const job = run(options, belongings, terminal, signalled).then(
  (isAsPromised) => {
    if (!isAsPromised) status ||= FAILED;
  },
  (error: unknown) => {
    // What fails because it is being ended is no news.
    if (status !== 0) return;
    status = FAILED;
    terminal.say(`\nIt did not work out: ${error instanceof Error ? error.message : String(error)}`);
  },
);
await Promise.race([job, signalled]);
terminal.settle();
await belongings.end();
process.exit(status);
