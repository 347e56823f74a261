// What a test asks of a browser, whichever it is. `A >>> B` in a selector is B in the open shadow root of A.

import type { Plain } from "./evaluate.ts";
import type { Home } from "./home.ts";

export type BrowserName = "chromium" | "firefox";
export const BROWSERS: readonly BrowserName[] = ["chromium", "firefox"];

/** Of a page, px. */
export const VIEWPORT = { width: 1280, height: 720 };

export type ColourScheme = "light" | "dark";

export interface TestPage {
  url(): Promise<string>;
  /** A frame in it, however deep, at such an address; waits until there is one. What concerns the tab is done with the tab. */
  frame(wanted: (url: string) => boolean): Promise<TestPage>;
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** A real press, as a person's: the extension takes no other. Waits until there is something to press. */
  click(selector: string): Promise<void>;
  /** Presses and waits for the page to which that leads. */
  clickAndGo(selector: string): Promise<void>;
  /** Replaces what stands in a field. */
  fill(selector: string, text: string): Promise<void>;
  /** What a person reads there: white space made single; null when there is none, or it is hidden. */
  text(selector: string): Promise<string | null>;
  /** Null when there is no such element, or it has no such attribute. */
  attribute(selector: string, name: string): Promise<string | null>;
  /** How it is drawn: the computed value of a CSS property. */
  style(selector: string, property: string): Promise<string | null>;
  /** Waits until the text of the element is as wanted. Fails with what it was at last. */
  reads(selector: string, wanted: RegExp, timeoutMs?: number): Promise<string>;
  /** Waits until there is such an element and it is seen. */
  shows(selector: string, timeoutMs?: number): Promise<void>;
  /** What a function gives in the page. It goes there as text: it sees its arguments and the page, nothing of its file. */
  run<Arguments extends readonly Plain[], Answer>(run: (...given: Arguments) => Answer | Promise<Answer>, ...given: Arguments): Promise<Answer>;
  bringToFront(): Promise<void>;
  /** What `prefers-color-scheme` says from now on. */
  colours(scheme: ColourScheme): Promise<void>;
  /** PNG; `selector`: of that element alone. */
  screenshot(file: string, selector?: string): Promise<void>;
  close(): Promise<void>;
}

/** As the browsers' own `cookies.set` takes it. */
export interface PlantedCookie {
  url: string;
  name: string;
  value: string;
  path: string;
  secure: boolean;
  httpOnly: boolean;
  sameSite: "no_restriction" | "lax" | "strict";
  partitionKey?: { topLevelSite: string };
  /** Where Firefox isolates by first party. */
  firstPartyDomain?: string;
}

/** Where a tab is opened, if not in an ordinary window: in a container, by a name (Firefox alone has them), or in a private window of its own. */
export type Where = "private" | { readonly container: string };

export interface LaunchOptions {
  readonly home: Home;
  /** PEM: an authority that the browser is to trust. */
  readonly caFile: string;
  /** HOST:PORT:HOST:PORT. All other names lead nowhere. */
  readonly connectTo: readonly string[];
  readonly headed?: boolean;
  /** The person has let the extension work in private windows, which browsers do not by themselves. */
  readonly inPrivate?: boolean;
  /** Patterns beside the manifest's that the extension will ask for: a Chromium without a window has to be prepared for that. */
  readonly asksFor?: readonly string[];
  /** Firefox's about:config, beyond what every test has there. */
  readonly preferences?: Readonly<Record<string, string | number | boolean>>;
}

export interface TestBrowser {
  readonly name: BrowserName;
  readonly home: Home;
  /** The folder from which the extension was loaded. */
  readonly extension: string;
  open(url?: string, where?: Where): Promise<TestPage>;
  /** The tab at such an address, in front; waits until somebody has opened it. */
  nextPage(wanted: (url: string) => boolean): Promise<TestPage>;
  /** Above the page that is in front. */
  pressToolbarButton(): Promise<void>;
  /** Presses it, and waits for its real popup. */
  openPopup(): Promise<TestPage>;
  /** The popup that is open; waits until somebody has opened it. */
  popup(): Promise<TestPage>;
  /** A page of the extension in a tab, e.g. `options.html`. */
  openExtensionPage(path: string): Promise<TestPage>;
  /** Sets keys of the extension's storage.local. */
  store(values: { readonly [key: string]: Plain }): Promise<void>;
  /** All that the extension keeps: storage.local in the profile, storage.session in memory. */
  stored(area: "local" | "session"): Promise<Plain>;
  /** Ids of the extension's notifications that stand now. */
  notices(): Promise<string[]>;
  /** Puts a cookie into the browser as if a site had set it. */
  plant(cookie: PlantedCookie): Promise<void>;
  /** Takes away what the extension may see of Panopto, as a person does in the browser's own settings. */
  takeAccessBack(): Promise<void>;
  /** Allows what the extension has just asked for in the browser's own question: Panopto's hosts, unless it asked for these. */
  allowInPrompt(patterns?: readonly string[]): Promise<void>;
  /** Ends the extension's background, as the browser does with one that is idle. */
  endBackground(): Promise<void>;
  /** Name and number. */
  version(): Promise<string>;
  /** Resolves when it is gone, e.g. because the person has closed its window. */
  closed(): Promise<void>;
  /** Closes it as a person does and waits until all its processes are gone. */
  close(): Promise<void>;
}
