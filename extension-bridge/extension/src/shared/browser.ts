// The one place that knows that Firefox calls its API `browser` and Chromium `chrome`.

const scope = globalThis as unknown as { browser?: typeof chrome; chrome: typeof chrome };

/** The extension API, with promises in both browsers; absent where tests import parts that do not need it. */
export const api: typeof chrome = scope.browser ?? scope.chrome;

export function isFirefox(): boolean {
  return api.runtime.getURL("").startsWith("moz-extension:");
}
