// The figures in a table, and how to go on from here.
import { relative } from "node:path";
import type { TestBrowser } from "../support/test-browser.ts";
import type { Figures } from "./figures.ts";

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function table(figures: Figures): string {
  const share = Math.round((figures.fetched_bytes / figures.video_bytes) * 100);
  const agrees = figures.sha256_agrees ? "SHA-256 agrees" : "SHA-256 DIFFERS";
  const rows: [string, string, string][] = [
    ["the video would have cost", megabytes(figures.video_bytes), ""],
    ["fetched by Auricle", megabytes(figures.fetched_bytes), `${String(share)} % of it`],
    ["the backend has", megabytes(figures.delivered_bytes), agrees],
    ["cookies seen by the site", String(figures.cookies_at_site), "requests, the browser's own among them"],
    ["cookies seen by the CDN", String(figures.cookies_at_cdn), ""],
    ["cookies seen by the backend", String(figures.cookies_at_backend), ""],
    ["from the press to the backend", `${figures.seconds.toFixed(1)} s`, "with a pause for the pictures"],
  ];
  const left = Math.max(...rows.map(([what]) => what.length));
  const right = Math.max(...rows.map(([, value]) => value.length));
  return rows.map(([what, value, note]) => `  ${what.padEnd(left)}  ${value.padStart(right)}  ${note}`.trimEnd()).join("\n");
}

/** Where a person loads an extension that comes from no store. */
const LOADING = {
  chromium: (folder: string) => `In chrome://extensions switch on Developer mode, press “Load unpacked” and choose ${folder}`,
  firefox: (folder: string) => `In about:debugging#/runtime/this-firefox press “Load Temporary Add-on…” and choose ${folder}/manifest.json`,
} as const;

/** Absolute paths in; they are shown as seen from `project`. */
export function ownUniversity(project: string, program: string, { name, extension }: Pick<TestBrowser, "name" | "extension">): string {
  return [
    "For your own university:",
    `  1. ${relative(project, program)} install`,
    `  2. ${LOADING[name](extension)}`,
    "  3. Sign in at your own Panopto, open a lecture and press “Capture audio”; the settings say where the sound goes.",
  ].join("\n");
}
