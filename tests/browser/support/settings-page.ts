// The extension's settings, as a person uses them.
import type { TestBrowser, TestPage } from "./test-browser.ts";

export interface BackendAccess {
  readonly origin: string;
  readonly token: string;
}

/** Sets the study backend and closes the settings again; `look`: what to do with them before that. */
export async function deliverToBackend(browser: TestBrowser, backend: BackendAccess, look: (page: TestPage) => Promise<void>): Promise<void> {
  const page = await browser.openExtensionPage("options.html");
  await page.shows("#delivery:not([inert])");
  await page.click("[name=deliverTo][value=backend]");
  await page.fill("[name=backendOrigin]", backend.origin);
  await page.fill("[name=token]", backend.token);
  await page.click("#save");
  await page.reads("#saved", /^Saved\.$/);
  await look(page);
  await page.close();
}
