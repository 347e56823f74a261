// A tab or popup of Firefox, over WebDriver BiDi.
import { writeFile } from "node:fs/promises";
import type { Bidi, BidiEvent, Params } from "./bidi.ts";
import { evaluate, nameOfElement } from "./evaluate.ts";
import type { Plain, Seek } from "./evaluate.ts";
import { setColours } from "./firefox-scope.ts";
import { readsAs } from "./reads.ts";
import { eventually } from "./sleep.ts";
import type { ColourScheme, TestPage } from "./test-browser.ts";

/** What never comes to pass fails then; a busy machine is given its time. */
const PATIENCE_MS = 60_000;
/** An element stands still when it is where it was so long ago, ms. */
const STILL_MS = 30;

/** There in the page: see evaluate.ts. */
declare const seek: Seek;

/** What pages and Firefox's own window are reached through. */
export interface Driver {
  readonly bidi: Bidi;
  /** BiDi's id of the browser's window. */
  readonly chrome: string;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** All beneath these. */
function framesIn(contexts: readonly Params[]): Params[] {
  return contexts.flatMap(({ children }) => (children as Params[] | null) ?? []).flatMap((child) => [child, ...framesIn([child])]);
}

export class FirefoxPage implements TestPage {
  readonly #driver: Driver;
  readonly #context: string;
  readonly #close: () => Promise<void>;

  /** `close`: how such a page is closed. */
  constructor(driver: Driver, context: string, close: () => Promise<void>) {
    this.#driver = driver;
    this.#context = context;
    this.#close = close;
  }

  url(): Promise<string> {
    return evaluate(this.#driver.bidi, this.#context, () => location.href);
  }

  async frame(wanted: (url: string) => boolean): Promise<TestPage> {
    const find = async (): Promise<string | undefined> => {
      const { contexts } = await this.#driver.bidi.send("browsingContext.getTree", { root: this.#context });
      const found = framesIn(contexts as Params[]).find(({ url }) => wanted(String(url)));
      return found && String(found["context"]);
    };
    return new FirefoxPage(this.#driver, await eventually("such a frame", find, PATIENCE_MS), this.#close);
  }

  async goto(url: string): Promise<void> {
    await this.#send("browsingContext.navigate", { url, wait: "complete" });
  }

  async reload(): Promise<void> {
    await this.#send("browsingContext.reload", { wait: "complete" });
  }

  async click(selector: string): Promise<void> {
    // Where it is when the pointer gets there: on a busy machine what is loaded meanwhile may have moved it.
    const sharedId = await this.#pressable(selector);
    const actions = [{ type: "pointerMove", x: 0, y: 0, origin: { type: "element", element: { sharedId } } }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }];
    await this.#send("input.performActions", { actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions }] });
  }

  async clickAndGo(selector: string): Promise<void> {
    const isLoad = ({ method, params }: BidiEvent): boolean => method === "browsingContext.load" && params["context"] === this.#context;
    await this.#driver.bidi.eventUpon(`a page after pressing ${selector}`, isLoad, () => this.click(selector));
  }

  async fill(selector: string, text: string): Promise<void> {
    await this.click(selector);
    await evaluate(this.#driver.bidi, this.#context, (wanted) => (seek(wanted) as HTMLInputElement).select(), selector);
    const keys = text === "" ? ["\uE017"] : [...text];
    const actions = keys.flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
    await this.#send("input.performActions", { actions: [{ type: "key", id: "keys", actions }] });
  }

  text(selector: string): Promise<string | null> {
    return evaluate(this.#driver.bidi, this.#context, (wanted) => {
      const found = seek(wanted);
      return found instanceof HTMLElement && found.checkVisibility() ? found.innerText.replace(/\s+/gu, " ").trim() : null;
    }, selector);
  }

  attribute(selector: string, name: string): Promise<string | null> {
    return evaluate(this.#driver.bidi, this.#context, (wanted, attribute) => seek(wanted)?.getAttribute(attribute) ?? null, selector, name);
  }

  style(selector: string, property: string): Promise<string | null> {
    return evaluate(this.#driver.bidi, this.#context, (wanted, name) => {
      const found = seek(wanted);
      return found ? getComputedStyle(found).getPropertyValue(name) : null;
    }, selector, property);
  }

  reads(selector: string, wanted: RegExp, timeoutMs = PATIENCE_MS): Promise<string> {
    return readsAs(this, selector, wanted, timeoutMs);
  }

  async shows(selector: string, timeoutMs = PATIENCE_MS): Promise<void> {
    await eventually(`${selector} being seen`, () => evaluate(this.#driver.bidi, this.#context, (wanted) => seek(wanted)?.checkVisibility({ visibilityProperty: true }) ?? false, selector), timeoutMs);
  }

  run<Arguments extends readonly Plain[], Answer>(run: (...given: Arguments) => Answer | Promise<Answer>, ...given: Arguments): Promise<Answer> {
    return evaluate(this.#driver.bidi, this.#context, run, ...given);
  }

  async bringToFront(): Promise<void> {
    await this.#send("browsingContext.activate", {});
  }

  async colours(scheme: ColourScheme): Promise<void> {
    await evaluate(this.#driver.bidi, this.#driver.chrome, setColours, this.#context, scheme);
    const isSo = (dark: boolean): Promise<boolean> => evaluate(this.#driver.bidi, this.#context, (wanted) => matchMedia("(prefers-color-scheme: dark)").matches === wanted, dark);
    await eventually(`${scheme} colours`, () => isSo(scheme === "dark"));
  }

  async screenshot(file: string, selector?: string): Promise<void> {
    const box = selector === undefined ? null : await this.#box(selector);
    // The whole of an element, also what of it lies below the window's edge; without one, what is in the window.
    const { data } = await this.#send("browsingContext.captureScreenshot", { origin: box ? "document" : "viewport", ...(box ? { clip: { type: "box", ...box } } : {}) });
    await writeFile(file, Buffer.from(String(data), "base64"));
  }

  close(): Promise<void> {
    return this.#close();
  }

  #send(method: string, params: Params): Promise<Params> {
    return this.#driver.bidi.send(method, { context: this.#context, ...params });
  }

  /** Scrolls there where it has to, and waits until the element can be pressed, stands still and is covered by nothing; its name. */
  #pressable(selector: string): Promise<string> {
    const isReady = (): Promise<boolean> =>
      evaluate(this.#driver.bidi, this.#context, async (wanted, stillMs) => {
        const element = seek(wanted);
        if (!element?.checkVisibility({ visibilityProperty: true }) || element.matches(":disabled") || element.closest("[inert]")) return false;
        element.scrollIntoView({ block: "nearest", inline: "nearest" });
        const before = element.getBoundingClientRect();
        await new Promise((resolve) => setTimeout(resolve, stillMs));
        const { x, y, width, height } = element.getBoundingClientRect();
        if (x !== before.x || y !== before.y || width !== before.width || height !== before.height) return false;
        const met = (element.getRootNode() as Document | ShadowRoot).elementFromPoint(x + width / 2, y + height / 2);
        return met !== null && (element.contains(met) || met.contains(element));
      }, selector, STILL_MS);
    const name = async (): Promise<string | undefined> => ((await isReady()) ? ((await nameOfElement(this.#driver.bidi, this.#context, selector)) ?? undefined) : undefined);
    return eventually(`${selector} to press`, name, PATIENCE_MS);
  }

  async #box(selector: string): Promise<Box | null> {
    return evaluate(this.#driver.bidi, this.#context, (wanted) => {
      const box = seek(wanted)?.getBoundingClientRect();
      return box ? { x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height } : null;
    }, selector);
  }
}
