// The one place that knows that Firefox calls its API `browser` and Chromium `chrome`.

const scope = globalThis as { browser?: typeof chrome };

/** The extension API, with promises in both browsers. */
export const api: typeof chrome = scope.browser ?? chrome;

export const isFirefox: boolean = api.runtime.getURL("").startsWith("moz-extension:");
