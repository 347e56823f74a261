// Builds the extension for both browsers into dist/, readable: a store's reviewer and a curious student can follow it.
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { manifest, type Target } from "./manifest.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ENGINES: Readonly<Record<Target, string>> = { chromium: "chrome133", firefox: "firefox130" };

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** Brings a folder up to date file by file: a browser that has loaded the extension from there never misses one. */
async function update(folder: string, made: string): Promise<void> {
  const files = await filesOf(made);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    const [now, before] = await Promise.all([readFile(join(made, file)), readFile(join(folder, file)).catch(() => null)]);
    if (before === null || !now.equals(before)) await rename(join(made, file), join(folder, file));
  }
  const left = (await filesOf(folder)).filter((file) => !files.includes(file));
  await Promise.all(left.map((file) => rm(join(folder, file))));
}

/** Returns the folder from which a browser loads it. */
async function buildFor(target: Target, version: string): Promise<string> {
  const folder = `${HERE}dist/${target}`;
  await mkdir(`${HERE}dist`, { recursive: true });
  const outdir = await mkdtemp(`${HERE}dist/.${target}-`);
  try {
    await make(target, version, outdir);
    await update(folder, outdir);
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
  return folder;
}

async function make(target: Target, version: string, outdir: string): Promise<void> {
  const common: BuildOptions = { absWorkingDir: HERE, outdir, bundle: true, charset: "utf8", legalComments: "none", target: ENGINES[target], logLevel: "warning" };
  const pages = { background: "src/background/main.ts", popup: "src/popup/main.ts", options: "src/options/main.ts", course: "src/course/main.ts" };
  await Promise.all([
    build({ ...common, entryPoints: pages, format: "esm" }),
    build({ ...common, entryPoints: { content: "src/content/main.ts" }, format: "iife", loader: { ".css": "text" } }),
    build({ ...common, entryPoints: { popup: "src/popup/popup.css", options: "src/options/options.css", course: "src/course/course.css" } }),
    cp(`${HERE}src/popup/popup.html`, `${outdir}/popup.html`),
    cp(`${HERE}src/options/options.html`, `${outdir}/options.html`),
    cp(`${HERE}src/course/course.html`, `${outdir}/course.html`),
    cp(`${HERE}static`, outdir, { recursive: true }),
    writeFile(`${outdir}/manifest.json`, `${JSON.stringify(manifest(target, version), null, 2)}\n`),
  ]);
}

const { version } = JSON.parse(await readFile(`${HERE}package.json`, "utf8")) as { version: string };
for (const target of ["chromium", "firefox"] as const) console.log(await buildFor(target, version));
