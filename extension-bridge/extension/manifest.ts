// The manifest of each browser out of one description.

import { KNOWN } from "./src/shared/access.ts";

export type Target = "chromium" | "firefox";

/** Fixes the extension's id in Chromium: eifomnnboajlnambmpbbmkdaibgfclnl. */
const CHROMIUM_KEY =
  "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAjzAcX4hHXPGW0htjal+0qsZ3ZhvQKWUw7IJeJMHBY6qEiIuoG1oW5ZflPE5Qdg9/WYBIcugIy4AaoyPYuGSJo1fgkOELTq5AMohelAinKEcxKT13FLOBIcd+4zklAQHq4Ax5h9Y2t9tQ4tt+i+bpijE9kma+P9mp1TJ/qoKuUYyNRtHaYSn8e0LgsEhy/ezRuY9zan502KniTdYOYgHMkqphU8UJFEmYjFEQxqh8swcQWKWr2/Bnq1dj1JMG5DLuf2Y64X2E0Cg5F90HaVBCUrJi/C7810VtbK8iWN5kzaVGMioBsNREXvMMX04c4TODVzHj6pS+0aRu2pqu5AEwEQIDAQAB";

const ICONS = { 16: "icons/16.png", 32: "icons/32.png", 48: "icons/48.png", 128: "icons/128.png" };

/**
 * In Firefox's words, what leaves the browser: the sign-in goes to the program on this computer and to the site itself; the
 * sound and the address of its page go where the person has them sent.
 */
const LEAVES_FIREFOX = ["authenticationInfo", "browsingActivity", "websiteContent"];

/** WebCrypto's X25519 sets the oldest versions. */
const ONLY: Readonly<Record<Target, object>> = {
  chromium: { key: CHROMIUM_KEY, minimum_chrome_version: "133", background: { service_worker: "background.js", type: "module" } },
  firefox: {
    browser_specific_settings: { gecko: { id: "extension@auricle", strict_min_version: "130.0", data_collection_permissions: { required: LEAVES_FIREFOX } } },
    background: { scripts: ["background.js"], type: "module" },
  },
};

export function manifest(target: Target, version: string): object {
  return {
    manifest_version: 3,
    name: "__MSG_name__",
    description: "__MSG_description__",
    version,
    default_locale: "en",
    icons: ICONS,
    action: { default_popup: "popup.html", default_icon: ICONS, default_title: "__MSG_title__" },
    options_ui: { page: "options.html", open_in_tab: true },
    permissions: ["nativeMessaging", "cookies", "storage", "notifications", "activeTab", "scripting"],
    host_permissions: KNOWN,
    // A backend may run on the person's own computer.
    optional_host_permissions: ["https://*/*", "http://localhost/*", "http://127.0.0.1/*"],
    content_scripts: [{ matches: KNOWN, js: ["content.js"], all_frames: true, run_at: "document_idle" }],
    // One background for all windows, since the program has one vault: it keeps each window's jars apart itself. Firefox knows no other way.
    incognito: "spanning",
    ...ONLY[target],
  };
}
