// Pages that hold many recordings (folders, “Shared with Me”, subscriptions, playlists), as the host knows them; and what a row of them says.
import { isFinal, type Capture, type SiteItem } from "@auricle/bridge";
import { cardOf } from "./card.ts";
import { isPanoptoHost } from "./page.ts";

export interface CoursePage {
  site: "panopto";
  /** The address with its fragment, which names the folder. */
  url: string;
  origin: string;
  host: string;
}

const LIST_PATH = /^\/Panopto\/Pages\/Sessions\/List\.aspx$/i;
const VIEWER_PATH = /^\/Panopto\/Pages\/Viewer\.aspx$/i;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The list that an address shows, or null. `vanityHosts`: other hosts which the person has granted. */
export function recogniseCourse(address: string, vanityHosts: readonly string[] = []): CoursePage | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.protocol !== "https:" || (!isPanoptoHost(url.hostname) && !vanityHosts.includes(url.hostname))) return null;
  const isPlaylist = VIEWER_PATH.test(url.pathname) && GUID.test(url.searchParams.get("pid") ?? "");
  if (!LIST_PATH.test(url.pathname) && !isPlaylist) return null;
  return { site: "panopto", url: url.href, origin: url.origin, host: url.host };
}

/** What our own page of a course is told in its address: nothing secret. */
export interface CourseParams {
  url: string;
  /** Of the site's page: what the course is called. */
  title: string;
  /** The tab's cookie store; absent: the usual one. */
  store?: string;
}

/** The file of the page, with its parameters. */
export function courseFile({ url, title, store }: CourseParams): string {
  const params = new URLSearchParams({ page: url, title, ...(store === undefined ? {} : { store }) });
  return `course.html?${params.toString()}`;
}

export function courseParams(search: string): CourseParams {
  const params = new URLSearchParams(search);
  const store = params.get("store");
  return { url: params.get("page") ?? "", title: params.get("title") ?? "", ...(store === null ? {} : { store }) };
}

export interface RowView {
  /** `off`: its owner has switched downloads off. `known`: captured at another time or to another place. */
  state: "open" | "known" | "off" | "running" | "done" | "failed";
  /** A few words; empty: there is nothing to say. */
  said: string;
  /** Whether it can be ticked. */
  canTick: boolean;
}

/** How a row stands. `capture`: the one to where the settings send it now; `refusal`: why the program would not start it. */
export function rowOf(item: SiteItem, capture: Capture | null, refusal: string | undefined): RowView {
  if (capture && capture.state !== "cancelled") {
    const card = cardOf(capture);
    if (capture.state === "done") return { state: "done", said: card.label, canTick: false };
    if (capture.state === "failed") return { state: "failed", said: card.detail, canTick: true };
    if (!isFinal(capture)) return { state: "running", said: card.label, canTick: false };
  }
  if (refusal !== undefined) return { state: "failed", said: refusal, canTick: true };
  if (!item.downloadable) return { state: "off", said: "Downloads are switched off", canTick: false };
  if (item.captured !== null) return { state: "known", said: "Captured before", canTick: true };
  return { state: "open", said: "", canTick: true };
}

/** A recording's length, as players write it: 53:18 or 1:02:09; empty where nobody knows. */
export function lengthOf(durationMs: number | null): string {
  if (durationMs === null) return "";
  const seconds = Math.round(durationMs / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
