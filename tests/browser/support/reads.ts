// Waits for words on a page, whichever browser shows it.
import { eventually } from "./sleep.ts";
import type { TestPage } from "./test-browser.ts";

/** Resolves with the text of the element once it is as wanted. Fails with what it was at last. */
export async function readsAs(page: Pick<TestPage, "text">, selector: string, wanted: RegExp, timeoutMs: number): Promise<string> {
  let last: string | null = null;
  const found = async (): Promise<string | false> => {
    last = await page.text(selector);
    return last !== null && wanted.test(last) ? last : false;
  };
  return eventually(`${selector} reading ${String(wanted)}`, found, timeoutMs).catch((error: Error) => {
    throw new Error(`${error.message}; it reads ${JSON.stringify(last)}`);
  });
}
