// Real Chromium with the extension, by the interface that tests know.
import { existsSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import type { Browser, Frame, Page, Target, WebWorker } from "puppeteer-core";
import { KNOWN, PANOPTO } from "../../../extension-bridge/extension/src/shared/access.ts";
import { trustIn } from "./authority.ts";
import type { Home } from "./home.ts";
import type { Plain } from "./evaluate.ts";
import { groupEnds } from "./processes.ts";
import { readsAs } from "./reads.ts";
import { eventually } from "./sleep.ts";
import { VIEWPORT } from "./test-browser.ts";
import type { ColourScheme, LaunchOptions, PlantedCookie, TestBrowser, TestPage, Where } from "./test-browser.ts";

/** Fixed by the key in the extension's manifest. */
const ID = "eifomnnboajlnambmpbbmkdaibgfclnl";
const EXTENSION = fileURLToPath(new URL("../../../extension-bridge/extension/dist/chromium", import.meta.url));
/** The program itself: Debian's wrapper adds extensions and keys of its own. */
const PROGRAM = process.env["CHROMIUM"] ?? "/usr/lib/chromium/chromium";
/** What never comes to pass fails then; a busy machine is given its time. */
const PATIENCE_MS = 60_000;
const END_MS = 5_000;

/** What its settings page can do, and no other. */
interface SettingsScope {
  readonly developerPrivate: {
    updateExtensionConfiguration(change: { extensionId: string; hostAccess: "ON_CLICK" }): Promise<void>;
    addHostPermission(extensionId: string, pattern: string): Promise<void>;
  };
}

function resolverRule(route: string): string {
  const [name = "", port = "", host = "", ownPort = ""] = route.split(":");
  return `MAP ${name}:${port} ${host}:${ownPort}`;
}

export async function launchChromium(options: LaunchOptions): Promise<ChromiumBrowser> {
  const { home, caFile, connectTo, headed = false, inPrivate = false, asksFor = [] } = options;
  if (!existsSync(join(EXTENSION, "manifest.json"))) throw new Error("The extension has not been built: npm run build -w @auricle/extension");
  await trustIn(join(home.folder, ".pki", "nssdb"), caFile);
  const browser = await puppeteer.launch({
    executablePath: PROGRAM,
    headless: !headed,
    userDataDir: home.profile,
    pipe: true,
    enableExtensions: inPrivate || asksFor.length > 0 ? true : [EXTENSION],
    defaultViewport: headed ? null : VIEWPORT,
    env: home.environment(),
    // Whoever launches ends it, signals included.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [
      // Names of the peers lead to them, all others nowhere: a test reaches nobody outside.
      `--host-resolver-rules=${[...connectTo.map(resolverRule), "MAP * ~NOTFOUND"].join(", ")}`,
      `--window-size=${String(VIEWPORT.width)},${String(VIEWPORT.height + 90)}`,
      "--lang=en-US",
      "--hide-scrollbars",
      // In frames of other sites, too, to which `colours` gives the colours alone.
      "--force-prefers-reduced-motion",
      // Chromium refuses to run as root with its sandbox.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
  const launched = new ChromiumBrowser(browser, home);
  try {
    if (asksFor.length > 0) await launched.loadToAsk(asksFor);
    else if (inPrivate) await launched.loadForPrivate();
    return launched;
  } catch (error) {
    await launched.close();
    throw error;
  }
}

export class ChromiumBrowser implements TestBrowser {
  readonly name = "chromium";
  readonly extension = EXTENSION;
  /** In whose window the toolbar's button is pressed. */
  #front: Page | undefined;

  constructor(
    readonly puppet: Browser,
    readonly home: Home,
  ) {}

  async open(url?: string, where?: Where): Promise<TestPage> {
    if (typeof where === "object") throw new Error("Chromium has no containers");
    const page = this.#page(where === "private" ? await this.#newPrivatePage() : await this.puppet.newPage());
    // A tab behind another one paints nothing, and what is not painted cannot be pressed.
    await page.bringToFront();
    if (url !== undefined) await page.goto(url);
    return page;
  }

  async nextPage(wanted: (url: string) => boolean): Promise<TestPage> {
    const target = await this.puppet.waitForTarget((one) => one.type() === "page" && wanted(one.url()), { timeout: PATIENCE_MS });
    const page = await target.page();
    if (!page) throw new Error(`${target.url()} is no page any more`);
    const next = this.#page(page);
    await next.bringToFront();
    return next;
  }

  async pressToolbarButton(): Promise<void> {
    const extension = (await this.puppet.extensions()).get(ID);
    if (!extension || !this.#front) throw new Error("There is no page in whose window the toolbar's button could be pressed");
    await extension.triggerAction(this.#front);
  }

  async openPopup(): Promise<TestPage> {
    await this.pressToolbarButton();
    return this.popup();
  }

  async popup(): Promise<TestPage> {
    const target = await this.puppet.waitForTarget((one) => one.url().endsWith("/popup.html"), { timeout: PATIENCE_MS });
    return new ChromiumPage(await target.asPage(), () => undefined);
  }

  openExtensionPage(path: string): Promise<TestPage> {
    return this.open(`chrome-extension://${ID}/${path}`);
  }

  /**
   * Its settings page grants only what the extension had once. So an edition that has these patterns without asking comes first, and
   * they are taken away again with all the rest; without a background, since the driver keeps its hold on the first one it sees.
   */
  async loadToAsk(patterns: readonly string[]): Promise<void> {
    const edition = join(this.home.folder, "edition");
    await cp(EXTENSION, edition, { recursive: true });
    const file = join(edition, "manifest.json");
    const { background: _, ...manifest } = JSON.parse(await readFile(file, "utf8")) as { background: object; host_permissions: string[] };
    await writeFile(file, JSON.stringify({ ...manifest, host_permissions: [...manifest.host_permissions, ...patterns] }));
    const session = await this.puppet.target().createCDPSession();
    for (const path of [edition, EXTENSION]) await session.send("Extensions.loadUnpacked", { path });
    await this.#worker();
    await this.takeAccessBack();
    await this.allowInPrompt(KNOWN);
  }

  /** As a person does who loads it and lets it work in private windows at once: its settings page would start it anew, which ends the driver's hold on it. */
  async loadForPrivate(): Promise<void> {
    const session = await this.puppet.target().createCDPSession();
    await session.send("Extensions.loadUnpacked", { path: EXTENSION, enableInIncognito: true });
  }

  /** The browser itself opens the window: a context of the driver's own would be no private window to an extension. */
  async #newPrivatePage(): Promise<Page> {
    const before = new Set(this.puppet.targets());
    const worker = await this.#worker();
    await worker.evaluate(() => chrome.windows.create({ incognito: true, url: "about:blank" }));
    const target = await this.puppet.waitForTarget((one) => one.type() === "page" && !before.has(one), { timeout: PATIENCE_MS });
    const page = await target.page();
    if (!page) throw new Error("The private window has no page");
    await page.setViewport(VIEWPORT);
    return page;
  }

  async store(values: { readonly [key: string]: unknown }): Promise<void> {
    const worker = await this.#worker();
    await worker.evaluate((given) => chrome.storage.local.set(given), { ...values });
  }

  async stored(area: "local" | "session"): Promise<Plain> {
    const worker = await this.#worker();
    return (await worker.evaluate((which) => chrome.storage[which].get(), area)) as Plain;
  }

  async notices(): Promise<string[]> {
    const worker = await this.#worker();
    return Object.keys(await worker.evaluate(async () => (await chrome.notifications.getAll()) as object));
  }

  async plant(cookie: PlantedCookie): Promise<void> {
    const worker = await this.#worker();
    const stored = await worker.evaluate((given) => chrome.cookies.set(given), cookie);
    if (!stored) throw new Error(`The browser refused the cookie ${cookie.name}`);
  }

  async endBackground(): Promise<void> {
    const target = await this.#background();
    const worker = await target.worker();
    if (!worker) throw new Error("The extension's worker is not running");
    await worker.close();
  }

  takeAccessBack(): Promise<void> {
    return this.#inSettings(async (scope, extensionId) => scope.developerPrivate.updateExtensionConfiguration({ extensionId, hostAccess: "ON_CLICK" }));
  }

  /** Without a window nobody can answer the browser's question; its settings grant the same. */
  allowInPrompt(patterns = PANOPTO): Promise<void> {
    return this.#inSettings(async (scope, extensionId, asked) => {
      for (const pattern of asked) await scope.developerPrivate.addHostPermission(extensionId, pattern);
    }, patterns);
  }

  version(): Promise<string> {
    return this.puppet.version();
  }

  /** Resolves when the person closes the window. */
  closed(): Promise<void> {
    return new Promise((resolve) => this.puppet.once("disconnected", () => resolve()));
  }

  async close(): Promise<void> {
    const group = this.puppet.process()?.pid;
    // A browser that does not answer any more is ended all the same, below.
    const closing = this.puppet.close().catch(() => undefined);
    if (group !== undefined) await groupEnds(group, END_MS);
    await closing;
  }

  #page(page: Page): ChromiumPage {
    return new ChromiumPage(page, () => (this.#front = page));
  }

  async #inSettings(act: (scope: SettingsScope, id: string, patterns: readonly string[]) => Promise<void>, patterns: readonly string[] = []): Promise<void> {
    const page = await this.puppet.newPage();
    await page.goto("chrome://extensions");
    await page.evaluate(`(${act.toString()})(chrome, ${JSON.stringify(ID)}, ${JSON.stringify(patterns)})`);
    await page.close();
    await this.#front?.bringToFront();
  }

  #background(): Promise<Target> {
    return this.puppet.waitForTarget((one) => one.type() === "service_worker" && one.url().startsWith(`chrome-extension://${ID}/`), { timeout: PATIENCE_MS });
  }

  /** A worker that is met too early has no extension API yet. */
  async #worker(): Promise<WebWorker> {
    const worker = await (await this.#background()).worker();
    if (!worker) throw new Error("The extension's worker did not start");
    await eventually("the extension's API in its worker", () => worker.evaluate(() => typeof chrome === "object" && "storage" in chrome));
    return worker;
  }
}

class ChromiumPage implements TestPage {
  readonly #page: Page;
  readonly #inFront: () => void;
  readonly #frame: Frame;

  /** `frame`: one in the page, where it is not the page itself. */
  constructor(page: Page, inFront: () => void, frame = page.mainFrame()) {
    this.#page = page;
    this.#inFront = inFront;
    this.#frame = frame;
    page.setDefaultTimeout(PATIENCE_MS);
  }

  url(): Promise<string> {
    return Promise.resolve(this.#frame.url());
  }

  async frame(wanted: (url: string) => boolean): Promise<TestPage> {
    const frame = await this.#page.waitForFrame((one) => one !== this.#page.mainFrame() && wanted(one.url()));
    return new ChromiumPage(this.#page, this.#inFront, frame);
  }

  async goto(url: string): Promise<void> {
    await this.#frame.goto(url, { waitUntil: "load" });
  }

  async reload(): Promise<void> {
    await this.#page.reload({ waitUntil: "load" });
  }

  async click(selector: string): Promise<void> {
    const gone = new AbortController();
    const close = (): void => gone.abort();
    this.#page.once("close", close);
    try {
      await this.#frame.locator(selector).click({ signal: gone.signal });
    } catch (error) {
      // What is pressed may close its own page (a popup goes when the browser asks its question): the driver hears no end of the
      // press then, and would look for the button again.
      if (!gone.signal.aborted) throw error;
    } finally {
      this.#page.off("close", close);
    }
  }

  async clickAndGo(selector: string): Promise<void> {
    await Promise.all([this.#frame.waitForNavigation({ waitUntil: "load" }), this.click(selector)]);
  }

  async fill(selector: string, text: string): Promise<void> {
    await this.#frame.locator(selector).fill(text);
  }

  async text(selector: string): Promise<string | null> {
    const element = await this.#frame.$(selector);
    if (!element) return null;
    try {
      return await element.evaluate((found) => (found instanceof HTMLElement && found.checkVisibility() ? found.innerText.replace(/\s+/gu, " ").trim() : null));
    } finally {
      await element.dispose();
    }
  }

  async attribute(selector: string, name: string): Promise<string | null> {
    const element = await this.#frame.$(selector);
    if (!element) return null;
    try {
      return await element.evaluate((found, wanted) => found.getAttribute(wanted), name);
    } finally {
      await element.dispose();
    }
  }

  async style(selector: string, property: string): Promise<string | null> {
    const element = await this.#frame.$(selector);
    if (!element) return null;
    try {
      return await element.evaluate((found, name) => getComputedStyle(found).getPropertyValue(name), property);
    } finally {
      await element.dispose();
    }
  }

  reads(selector: string, wanted: RegExp, timeoutMs = PATIENCE_MS): Promise<string> {
    return readsAs(this, selector, wanted, timeoutMs);
  }

  async shows(selector: string, timeoutMs = PATIENCE_MS): Promise<void> {
    await this.#frame.waitForSelector(selector, { visible: true, timeout: timeoutMs });
  }

  async run<Arguments extends readonly Plain[], Answer>(run: (...given: Arguments) => Answer | Promise<Answer>, ...given: Arguments): Promise<Answer> {
    // tsx wraps functions so that they keep their names; in the page nobody knows that wrapper.
    const answer = await this.#frame.evaluate(`(async () => { const __name = (named) => named; return JSON.stringify((await (${run.toString()})(...${JSON.stringify(given)})) ?? null); })()`);
    return JSON.parse(String(answer)) as Answer;
  }

  async bringToFront(): Promise<void> {
    this.#inFront();
    await this.#page.bringToFront();
  }

  async colours(scheme: ColourScheme): Promise<void> {
    await this.#page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: scheme },
      // Nothing is between two colours when a picture is taken.
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    // Frames of other sites live in processes of their own, and hear of it later.
    const isSo = (frame: Frame): Promise<boolean> => frame.evaluate((dark) => matchMedia("(prefers-color-scheme: dark)").matches === dark, scheme === "dark");
    await eventually(`${scheme} colours`, async () => (await Promise.all(this.#page.frames().map(isSo))).every(Boolean));
  }

  async screenshot(file: string, selector?: string): Promise<void> {
    const path = file as `${string}.png`;
    const element = selector === undefined ? null : await this.#frame.$(selector);
    await (element ?? this.#page).screenshot({ path });
  }

  async close(): Promise<void> {
    await this.#page.close();
  }
}
