// Panopto under a university's own name: the person grants the origin, and the button appears there too.
import { api } from "../shared/browser.ts";
import { isPanoptoHost } from "../shared/page.ts";

const SCRIPT_ID = "vanity";

/** Hosts beyond Panopto's own which the person has granted. */
export async function vanityHosts(): Promise<string[]> {
  const { origins = [] } = await api.permissions.getAll();
  return origins.flatMap((pattern) => {
    const host = /^https:\/\/([^*/]+)\/\*$/.exec(pattern)?.[1];
    return host !== undefined && !isPanoptoHost(host) ? [host] : [];
  });
}

/** Keeps the page's button on just those hosts. */
export async function placeButton(): Promise<string[]> {
  const hosts = await vanityHosts();
  const matches = hosts.map((host) => `https://${host}/Panopto/Pages/*`).sort();
  const held = await api.scripting.getRegisteredContentScripts({ ids: [SCRIPT_ID] });
  if (held.flatMap((script) => script.matches ?? []).sort().join() === matches.join()) return hosts;
  if (held.length > 0) await api.scripting.unregisterContentScripts({ ids: [SCRIPT_ID] });
  if (matches.length > 0) {
    await api.scripting.registerContentScripts([{ id: SCRIPT_ID, matches, js: ["content.js"], allFrames: true, runAt: "document_idle" }]);
  }
  return hosts;
}
