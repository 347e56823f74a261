// Panopto, or a player of sealed videos, under an institution's own name: the person grants the origin, and the button appears there
// too.
import { api } from "../shared/browser.ts";
import { KNOWN, readGranted } from "../shared/access.ts";
import { isMubiHost } from "../shared/mubi.ts";
import { isPanoptoHost } from "../shared/page.ts";
import { isYoutubeHost } from "../shared/youtube.ts";

const SCRIPT_ID = "vanity";

/** The pages of such a host on which there may be something to capture. */
const pagesOf = (host: string): string[] => [`https://${host}/Panopto/Pages/*`, `https://${host}/watch/*`];

/** Hosts beyond Panopto's own which the person has granted. */
export async function vanityHosts(): Promise<string[]> {
  return (await readGranted()).flatMap((pattern) => {
    const host = /^https:\/\/([^*/]+)\/\*$/.exec(pattern)?.[1];
    return host !== undefined && !isPanoptoHost(host) && !isYoutubeHost(host) && !isMubiHost(host) ? [host] : [];
  });
}

/** Puts the button on pages that were open before the browser let us see them. */
export async function placeOnOpenPages(): Promise<void> {
  // Only those are found which the browser lets us see.
  if ((await readGranted()).length === 0) return;
  const tabs = await api.tabs.query({ url: [...KNOWN, ...(await vanityHosts()).flatMap(pagesOf)] });
  const placed = tabs.map(({ id }) => api.scripting.executeScript({ target: { tabId: id as number, allFrames: true }, files: ["content.js"] }));
  // A page that has gone meanwhile, or one of the browser's own in its place, needs no button.
  await Promise.allSettled(placed);
}

/** Keeps the page's button on just those hosts. */
export async function placeButton(): Promise<string[]> {
  const hosts = await vanityHosts();
  const matches = hosts.flatMap(pagesOf).sort();
  const held = await api.scripting.getRegisteredContentScripts({ ids: [SCRIPT_ID] });
  if (held.flatMap((script) => script.matches ?? []).sort().join() === matches.join()) return hosts;
  if (held.length > 0) await api.scripting.unregisterContentScripts({ ids: [SCRIPT_ID] });
  if (matches.length > 0) {
    await api.scripting.registerContentScripts([{ id: SCRIPT_ID, matches, js: ["content.js"], allFrames: true, runAt: "document_idle" }]);
  }
  return hosts;
}
