// Draws the icons into static/icons/. They are checked in: only a change of the drawing needs this, and a Chromium.
import { mkdir, writeFile } from "node:fs/promises";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { EAR_LINES } from "./src/shared/dom.ts";

const OUT = fileURLToPath(new URL("static/icons/", import.meta.url));
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/lib/chromium/chromium";

/** Small sizes get a heavier line and less margin, or the ear would be a smudge. */
function drawing(size: number): string {
  const weight = size <= 16 ? 2.9 : size <= 32 ? 2.3 : 1.9;
  const margin = size <= 16 ? 2.2 : size <= 32 ? 3.2 : 4.6;
  const scale = (24 - 2 * margin) / 18;
  const lines = EAR_LINES.map((line) => `<path d="${line}"/>`).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="${size}" height="${size}"><defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="#14998d"/><stop offset="1" stop-color="#0b5d57"/></linearGradient></defs><rect width="24" height="24" rx="5.6" fill="url(#g)"/><g fill="none" stroke="#fff" stroke-linecap="round" stroke-linejoin="round" stroke-width="${weight}" transform="translate(12 12) scale(${scale}) translate(-12.4 -12)">${lines}</g></svg>`;
}

await mkdir(OUT, { recursive: true });
await writeFile(`${OUT}auricle.svg`, `${drawing(128)}\n`);
for (const size of [16, 32, 48, 128]) {
  const page = `${tmpdir()}/auricle-icon-${size}.html`;
  await writeFile(page, `<style>body{margin:0;background:transparent}svg{display:block}</style>${drawing(size)}`);
  await promisify(execFile)(CHROMIUM, ["--headless", "--no-sandbox", "--hide-scrollbars", "--default-background-color=00000000", `--window-size=${size},${size}`, `--screenshot=${OUT}${size}.png`, `file://${page}`]);
}
