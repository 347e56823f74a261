// Shows the extension in every state in a headless Chromium and keeps a picture of each, light and dark, to be looked at.
// Usage: tsx testing/screenshots.ts OUT [scene…]
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import puppeteer, { type Browser, type Page, type WebWorker } from "puppeteer-core";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/lib/chromium/chromium";
const EXTENSION = fileURLToPath(new URL("../dist/chromium", import.meta.url));
const HOST = fileURLToPath(new URL("host.mjs", import.meta.url));
const ID = "eifomnnboajlnambmpbbmkdaibgfclnl";
const ORIGIN = "https://uni.hosted.panopto.com";
const LECTURE = `${ORIGIN}/Panopto/Pages/Viewer.aspx?id=26b3ae9e-4a48-4dcc-96ba-0befba08a0fb`;
/** Strict on purpose: the button must look right on pages that allow no foreign style. */
const PAGE_POLICY = "default-src 'self'; style-src 'sha256-lw0kaFHBEaBPYG7plK2ue4Z9DLWzhiOxDobfeYBBjbQ='";
const PLAYER = `<title>Anatomy 12: The outer and the middle ear</title><style>body{margin:0;background:#101214;height:100vh;display:grid;grid-template-rows:52px 1fr 72px;font:16px system-ui;color:#ddd}header{background:#fff;color:#222;padding:14px 20px}footer{background:#1c1f22}div{display:grid;place-items:center}</style><header>Anatomy 12: The outer and the middle ear</header><div>(the lecture plays here)</div><footer></footer>`;

interface Scene {
  captures?: object[];
  onStart?: string;
  error?: object;
  consented?: boolean;
  /** Whether the lecture's own capture is started first, by a real press on the page's button. */
  press?: boolean;
  missing?: boolean;
  elsewhere?: boolean;
}

const whole = { how: "audio-direct", bytes: 58_200_000, wholeBytes: 465_000_000 };
const base = { site: "panopto", done: 0, total: 58_200_000, rate: 0, etaMs: null, saved: 0.88, attempt: 1, plan: whole };
const result = { file: "/x.m4a", bytes: 58_200_000, sha256: "0".repeat(64), mime: "audio/mp4", durationMs: 3_600_000, confirmed: true };
const refused = (kind: string, message: string) => ({ code: -32000, message, data: { kind, retryable: false } });
const others = [
  { ...base, id: "o1", key: "k1", page: `${ORIGIN}/1`, title: "Physiology 3: How hair cells hear", state: "downloading", done: 40_100_000, rate: 4_200_000, etaMs: 4_300, startedAt: "2026-11-21T14:09:00.000Z" },
  { ...base, id: "o2", key: "k2", page: `${ORIGIN}/2`, title: "Acoustics 7: Rooms", state: "done", done: 58_200_000, startedAt: "2026-11-21T14:08:00.000Z", result },
  { ...base, id: "o3", key: "k3", page: `${ORIGIN}/3`, title: "Anatomy 11: A rather long title of a lecture that goes on about the skull and its many bones", state: "failed", startedAt: "2026-11-21T14:07:00.000Z", error: refused("download_disabled", "The owner of this recording has switched downloads off.") },
];

const SCENES: Record<string, Scene> = {
  empty: { elsewhere: true },
  consent: {},
  ready: { consented: true },
  capturing: { consented: true, press: true, onStart: "progress", captures: others },
  waiting: { consented: true, press: true, onStart: "waiting" },
  done: { consented: true, press: true, onStart: "done", captures: others.slice(1, 2) },
  failed: { consented: true, press: true, onStart: "failed", error: refused("backend_unauthorized", "The backend at api.example.edu does not accept the token.") },
  missing: { consented: true, press: true, missing: true },
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function launch(scene: Scene): Promise<{ browser: Browser; home: string }> {
  const home = await mkdtemp(`${tmpdir()}/auricle-look-`);
  await mkdir(`${home}/NativeMessagingHosts`, { recursive: true });
  await writeFile(`${home}/scene.json`, JSON.stringify({ captures: [], ...scene }));
  await writeFile(`${home}/host.sh`, `#!/bin/sh\nexec "${process.execPath}" "${HOST}" "${home}/scene.json"\n`);
  await chmod(`${home}/host.sh`, 0o755);
  const registered = { name: "org.auricle.host", description: "Auricle", path: `${home}/host.sh`, type: "stdio", allowed_origins: [`chrome-extension://${ID}/`] };
  if (!scene.missing) await writeFile(`${home}/NativeMessagingHosts/org.auricle.host.json`, JSON.stringify(registered));
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, userDataDir: home, pipe: true, enableExtensions: [EXTENSION], args: ["--no-sandbox", "--force-device-scale-factor=2"] });
  return { browser, home };
}

async function serveLecture(page: Page): Promise<void> {
  await page.setRequestInterception(true);
  page.on("request", (request) => void request.respond({ status: 200, contentType: "text/html", headers: { "content-security-policy": PAGE_POLICY }, body: PLAYER }));
}

async function pictureOf(page: Page, path: string, scheme: "light" | "dark", selector?: string): Promise<void> {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await pause(150);
  const element = selector ? await page.$(selector) : null;
  await (element ?? page).screenshot({ path: `${path}-${scheme}.png` as `${string}.png` });
}

/** A worker that is met too early has no extension API yet. */
async function findWorker(browser: Browser): Promise<WebWorker> {
  const target = await browser.waitForTarget((one) => one.type() === "service_worker");
  const worker = await target.worker();
  if (!worker) throw new Error("The extension's worker did not start");
  while (!(await worker.evaluate(() => typeof chrome === "object" && "storage" in chrome))) await pause(50);
  return worker;
}

async function openPopup(browser: Browser, worker: WebWorker): Promise<Page> {
  await worker.evaluate(() => chrome.action.openPopup());
  const target = await browser.waitForTarget((one) => one.url().endsWith("popup.html"));
  return target.asPage();
}

async function show(name: string, scene: Scene, out: string): Promise<void> {
  const { browser, home } = await launch(scene);
  try {
    const worker = await findWorker(browser);
    await worker.evaluate((origin) => chrome.storage.local.set(origin ? { consents: { [origin]: 1 } } : {}), scene.consented ? ORIGIN : null);
    const page = await browser.newPage();
    await page.setViewport({ width: 1000, height: 640 });
    await serveLecture(page);
    await page.goto(scene.elsewhere ? "https://example.org/" : LECTURE);
    await page.bringToFront();
    if (!scene.elsewhere) {
      await page.waitForSelector("auricle-capture");
      const pill = await page.waitForSelector("auricle-capture >>> [data-auricle=button]");
      await pause(400);
      if (scene.press) await pill?.click();
      await pause(900);
      if (await page.$eval("auricle-capture", (root) => root.shadowRoot?.querySelector<HTMLElement>("[data-auricle=panel]")?.hidden === true)) {
        await pictureOf(page, `${out}/page-${name}-closed`, "light");
        if (!(await page.$("auricle-capture[data-state=ready]"))) await pill?.click();
      }
      for (const scheme of ["light", "dark"] as const) await pictureOf(page, `${out}/page-${name}`, scheme);
    }
    const popup = await openPopup(browser, worker);
    await pause(900);
    for (const scheme of ["light", "dark"] as const) await pictureOf(popup, `${out}/popup-${name}`, scheme, "body");
    if (name === "ready" || name === "missing") {
      const options = await browser.newPage();
      await options.setViewport({ width: 760, height: 1000 });
      await options.goto(`chrome-extension://${ID}/options.html`);
      await pause(300);
      if (name === "ready") {
        await options.click("input[value=backend]");
        await options.type("[name=backendOrigin]", "http://api.example.edu/");
        await options.type("[name=token]", "secret");
        await options.click("#save");
        await pause(300);
      }
      for (const scheme of ["light", "dark"] as const) {
        await options.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        await options.screenshot({ path: `${out}/options-${name}-${scheme}.png`, fullPage: true });
      }
    }
  } finally {
    await browser.close();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

const [out = "screenshots", ...names] = process.argv.slice(2);
await mkdir(out, { recursive: true });
for (const [name, scene] of Object.entries(SCENES)) {
  if (names.length > 0 && !names.includes(name)) continue;
  await show(name, scene, out).catch((error: unknown) => {
    console.error(`${name}:`, error);
    process.exitCode = 1;
  });
}
