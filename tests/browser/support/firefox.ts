// Real Firefox with the extension, by the interface that tests know. There is no geckodriver here: it is driven over WebDriver BiDi.
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { PANOPTO } from "../../../extension-bridge/extension/src/shared/access.ts";
import { trustIn } from "./authority.ts";
import { Bidi } from "./bidi.ts";
import type { Params } from "./bidi.ts";
import { evaluate, type Plain } from "./evaluate.ts";
import { FirefoxPage } from "./firefox-page.ts";
import type { Driver } from "./firefox-page.ts";
import * as scope from "./firefox-scope.ts";
import type { Home } from "./home.ts";
import { NamesProxy } from "../../peers/wire/names-proxy.ts";
import { groupEnds } from "./processes.ts";
import { eventually } from "./sleep.ts";
import { VIEWPORT } from "./test-browser.ts";
import type { LaunchOptions, PlantedCookie, TestBrowser, TestPage, Where } from "./test-browser.ts";

/** As the extension's manifest has it. */
const ID = "extension@auricle";
/** Firefox makes one up for each profile; tests need to know it beforehand. */
const UUID = "6f1d0f7e-3f0b-4d5e-8a51-1ec7a3ea0b1e";
const EXTENSION = fileURLToPath(new URL("../../../extension-bridge/extension/dist/firefox", import.meta.url));
const PROGRAM = process.env["FIREFOX"] ?? "/usr/bin/firefox-esr";
/** What never comes to pass fails then; a busy machine is given its time. */
const PATIENCE_MS = 60_000;
const START_MS = 60_000;
/** Firefox waits for hosts at its end, 6.5 s at most. */
const END_MS = 12_000;
/** Of Firefox's tabs and bars, above a page. */
const BARS_HEIGHT = 87;

type Preferences = Readonly<Record<string, string | number | boolean>>;

function preferencesOf(proxyPort: number): Preferences {
  return {
    "extensions.webextensions.uuids": JSON.stringify({ [ID]: UUID }),
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": proxyPort,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": proxyPort,
    "intl.locale.requested": "en-US",
    "intl.accept_languages": "en-US",
    // Nothing moves when a picture is taken, and no panel flies in.
    "ui.prefersReducedMotion": 1,
    // What Firefox shows or does at a first start.
    "browser.aboutwelcome.enabled": false,
    "browser.shell.checkDefaultBrowser": false,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": true,
    "app.normandy.enabled": false,
    "termsofuse.bypassNotification": true,
  };
}

export async function launchFirefox(options: LaunchOptions): Promise<FirefoxBrowser> {
  const { home, caFile, connectTo, headed = false, inPrivate = false, preferences = {} } = options;
  if (!existsSync(join(EXTENSION, "manifest.json"))) throw new Error("The extension has not been built: npm run build -w @auricle/extension");
  await trustIn(home.profile, caFile);
  const proxy = await NamesProxy.start(connectTo);
  const lines = Object.entries({ ...preferencesOf(proxy.port), ...preferences }).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await writeFile(join(home.profile, "user.js"), lines.join(""));
  const args = [...(headed ? [] : ["--headless"]), "--no-remote", "--profile", home.profile, "--remote-debugging-port=0", "--remote-allow-system-access", "about:blank"];
  const size = { MOZ_HEADLESS_WIDTH: String(VIEWPORT.width), MOZ_HEADLESS_HEIGHT: String(VIEWPORT.height + BARS_HEIGHT) };
  // A process group of its own, by which it is ended; and it ends by itself when these tests are killed before they could do so.
  const firefox = spawn("setpriv", ["--pdeathsig", "TERM", PROGRAM, ...args], { env: { ...home.environment(), ...size, MOZ_CRASHREPORTER_DISABLE: "1" }, stdio: ["ignore", "ignore", "pipe"], detached: true });
  try {
    const bidi = await Bidi.connect(`${await addressOf(firefox)}/session`);
    return await FirefoxBrowser.begin(firefox, bidi, proxy, home, inPrivate);
  } catch (error) {
    await end(firefox, proxy);
    throw error;
  }
}

/** Where Firefox says that it listens. */
function addressOf(firefox: ChildProcessByStdio<null, null, Readable>): Promise<string> {
  let said = "";
  let isListening = false;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Firefox did not start within ${String(START_MS)} ms. It said:\n${said}`)), START_MS);
    const fails = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    firefox.once("error", fails);
    firefox.once("exit", () => fails(new Error(`Firefox ended at its start. It said:\n${said}`)));
    firefox.stderr.setEncoding("utf8").on("data", (text: string) => {
      // What comes later is read too, so that nothing of it is ever in Firefox's way.
      if (isListening) return;
      said += text;
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1];
      if (address === undefined) return;
      isListening = true;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

async function end(firefox: ChildProcessByStdio<null, null, Readable>, proxy: NamesProxy): Promise<void> {
  if (firefox.pid !== undefined) await groupEnds(firefox.pid, END_MS);
  await proxy.stop();
}

export class FirefoxBrowser implements TestBrowser {
  readonly name = "firefox";
  readonly extension = EXTENSION;
  readonly #firefox: ChildProcessByStdio<null, null, Readable>;
  readonly #proxy: NamesProxy;
  readonly #driver: Driver;
  readonly #version: string;
  /** BiDi's ids of the containers, by the names that tests give them. */
  readonly #containers = new Map<string, string>();

  private constructor(firefox: ChildProcessByStdio<null, null, Readable>, proxy: NamesProxy, driver: Driver, version: string, readonly home: Home) {
    this.#firefox = firefox;
    this.#proxy = proxy;
    this.#driver = driver;
    this.#version = version;
  }

  static async begin(firefox: ChildProcessByStdio<null, null, Readable>, bidi: Bidi, proxy: NamesProxy, home: Home, inPrivate: boolean): Promise<FirefoxBrowser> {
    const { capabilities } = await bidi.send("session.new", { capabilities: {} });
    await bidi.send("session.subscribe", { events: ["browsingContext.load"] });
    await bidi.send("webExtension.install", { extensionData: { type: "path", path: EXTENSION }, "moz:allowPrivateBrowsing": inPrivate });
    const { contexts } = await bidi.send("browsingContext.getTree", { "moz:scope": "chrome", maxDepth: 0 });
    const chrome = String((contexts as Params[])[0]?.["context"]);
    await evaluate(bidi, chrome, scope.openUpExtension, ID);
    return new FirefoxBrowser(firefox, proxy, { bidi, chrome }, `Firefox ${String((capabilities as Params)["browserVersion"])}`, home);
  }

  async open(url?: string, where?: Where): Promise<TestPage> {
    const page = this.#tab(where === "private" ? await this.#inChrome(scope.openPrivateWindow) : await this.#newTab(where?.container));
    if (url !== undefined) await page.goto(url);
    return page;
  }

  async #newTab(container: string | undefined): Promise<string> {
    const userContext = container === undefined ? {} : { userContext: await this.#container(container) };
    const { context } = await this.#driver.bidi.send("browsingContext.create", { type: "tab", ...userContext });
    return String(context);
  }

  async #container(name: string): Promise<string> {
    const known = this.#containers.get(name);
    if (known !== undefined) return known;
    const made = String((await this.#driver.bidi.send("browser.createUserContext"))["userContext"]);
    this.#containers.set(name, made);
    return made;
  }

  async nextPage(wanted: (url: string) => boolean): Promise<TestPage> {
    const find = async (): Promise<string | undefined> => {
      const { contexts } = await this.#driver.bidi.send("browsingContext.getTree", { maxDepth: 0 });
      const found = (contexts as Params[]).find(({ url }) => wanted(String(url)));
      return found && String(found["context"]);
    };
    const page = this.#tab(await eventually("such a page", find, PATIENCE_MS));
    await page.bringToFront();
    return page;
  }

  async pressToolbarButton(): Promise<void> {
    await this.#inChrome(scope.pressToolbarButton, ID);
  }

  async openPopup(): Promise<TestPage> {
    await this.pressToolbarButton();
    return this.popup();
  }

  async popup(): Promise<TestPage> {
    const context = await eventually("the popup", async () => (await this.#inChrome(scope.popupId)) ?? undefined, PATIENCE_MS);
    return new FirefoxPage(this.#driver, context, async () => {
      await this.#inChrome(scope.closePopup);
      await eventually("the popup's end", async () => (await this.#inChrome(scope.popupId)) === null);
    });
  }

  openExtensionPage(path: string): Promise<TestPage> {
    return this.open(`moz-extension://${UUID}/${path}`);
  }

  async store(values: { readonly [key: string]: Plain }): Promise<void> {
    await this.#inBackground((given) => chrome.storage.local.set(given), values);
  }

  stored(area: "local" | "session"): Promise<Plain> {
    return this.#inBackground(async (which) => (await chrome.storage[which as "local" | "session"].get()) as Plain, area);
  }

  notices(): Promise<string[]> {
    return this.#inBackground(async () => Object.keys((await chrome.notifications.getAll()) as object), null);
  }

  async plant(cookie: PlantedCookie): Promise<void> {
    const isStored = await this.#inBackground(async (given) => (await chrome.cookies.set(given as unknown as chrome.cookies.SetDetails)) !== null, { ...cookie });
    if (!isStored) throw new Error(`The browser refused the cookie ${cookie.name}`);
  }

  async endBackground(): Promise<void> {
    await this.#inChrome(scope.endBackground, ID);
  }

  async takeAccessBack(): Promise<void> {
    await this.#inChrome(scope.takeAccessBack, ID, PANOPTO);
  }

  async allowInPrompt(): Promise<void> {
    await eventually("the browser's own question", () => this.#inChrome(scope.allowInPrompt), PATIENCE_MS);
  }

  version(): Promise<string> {
    return Promise.resolve(this.#version);
  }

  closed(): Promise<void> {
    return new Promise((resolve) => this.#firefox.once("exit", () => resolve()));
  }

  async close(): Promise<void> {
    // A browser that does not answer any more is ended all the same, below.
    const closing = this.#driver.bidi.send("browser.close").catch(() => undefined);
    await end(this.#firefox, this.#proxy);
    this.#driver.bidi.close();
    await closing;
  }

  #tab(context: string): FirefoxPage {
    return new FirefoxPage(this.#driver, context, async () => void (await this.#driver.bidi.send("browsingContext.close", { context })));
  }

  #inChrome<Arguments extends readonly Plain[], Answer>(run: (...given: Arguments) => Answer | Promise<Answer>, ...given: Arguments): Promise<Answer> {
    return evaluate(this.#driver.bidi, this.#driver.chrome, run, ...given);
  }

  /** In the event page, which has the extension's own rights. */
  async #inBackground<Given extends Plain, Answer>(run: (given: Given) => Promise<Answer>, given: Given): Promise<Answer> {
    const context = await eventually("the extension's event page", async () => (await this.#inChrome(scope.backgroundId, ID)) ?? undefined);
    return evaluate(this.#driver.bidi, context, run, given);
  }
}
