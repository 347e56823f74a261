// Builds the extension for both browsers into dist/, readable: a store's reviewer and a curious student can follow it.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { manifest, type Target } from "./manifest.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ENGINES: Readonly<Record<Target, string>> = { chromium: "chrome133", firefox: "firefox130" };

async function buildFor(target: Target, version: string): Promise<string> {
  const outdir = `${HERE}dist/${target}`;
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
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
  return outdir;
}

const { version } = JSON.parse(await readFile(`${HERE}package.json`, "utf8")) as { version: string };
for (const target of ["chromium", "firefox"] as const) console.log(await buildFor(target, version));
