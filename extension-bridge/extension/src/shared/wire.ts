// What the extension's own parts say to each other: the background, the popup, the settings, the button on the page.
import type { Capture, CaptureAudioParams, CaptureAudioResult, ChannelProblem, ErrorKind, OwnServer, SiteListResult, VaultEntry } from "@auricle/bridge";
import type { Action } from "./advice.ts";

/** How the program is reached. */
export interface HostView {
  state: "idle" | "connecting" | "connected" | "reconnecting" | "unreachable";
  version?: string;
  problem?: { problem: ChannelProblem; message: string; next: string };
}

/** What the popup and the settings see; sent on every change. */
export interface Snapshot {
  host: HostView;
  /** Newest first; those of private windows in a panel of such a window only. */
  captures: Capture[];
  consented: string[];
  /** Match patterns of what the browser lets the extension see. */
  granted: string[];
  /** Where captures go now: a backend's origin, or "folder". */
  target: string;
  /** Other hosts than Panopto's own which the person has granted. */
  vanityHosts: string[];
  /** Servers of institutions that the program's configuration names, granted or not. */
  ownServers: readonly OwnServer[];
  /** The lectures in the panel's tab: its own page's first, then those embedded in it. */
  lectures: ShownLecture[];
}

/** A lecture in the tab above which the popup was opened. */
export interface ShownLecture {
  place: Place;
  page: PageSnapshot;
}

/** From the popup, over its port: above which tab it was opened. What the browser does not tell is left out. */
export interface PanelTab {
  tabId: number;
  url: string;
  title: string;
  isPrivate: boolean;
}

/** What a page sees of it: its own lecture, nothing else. */
export interface PageSnapshot {
  host: HostView;
  consented: boolean;
  /** Whether the browser lets the extension see this site. */
  access: boolean;
  capture: Capture | null;
}

/** Where a lecture is shown. */
export interface Place {
  url: string;
  title: string;
  tabId: number;
  frameId: number;
  /** A stream that its player has loaded; told by the page. */
  stream?: string;
  /** Origins of the pages around its frame, the tab's own last; absent where the browser does not tell a frame. */
  ancestors?: string[];
}

/** A page that lists recordings, and the name of the jar in which it was seen; absent: the usual one. */
export interface CourseSource {
  url: string;
  store?: string;
}

/** A recording that the person has chosen from a list. */
export interface Ticked {
  page: string;
  title: string;
}

/** One that the program would not take, and why. */
export interface Refused {
  page: string;
  said: string;
}

/** From the popup, the settings and the page of a course; answered by Outcome. */
export type Order =
  | { order: "press"; action: Action; captureId?: string; place?: Place }
  /** The browser is being asked for access, and this place is to be captured when it is given. */
  | { order: "await_access"; place: Place }
  | { order: "access_denied" }
  /** Our own page with the list that a tab shows. */
  | { order: "course_open"; tabId: number }
  | { order: "course_agree"; source: CourseSource }
  | { order: "course_list"; source: CourseSource; after?: string | number }
  | { order: "course_capture"; source: CourseSource; ticked: Ticked[] }
  | { order: "revoke"; origin: string }
  | { order: "forget_all" }
  | { order: "vault" };

/** `said`: a sentence about what went wrong; `kind`: of the program's refusal. */
export type Outcome =
  | { ok: true; entries?: VaultEntry[]; forgotten?: number; listed?: SiteListResult; refused?: Refused[] }
  | { ok: false; said: string; kind?: ErrorKind };

/** From the popup: a piece of what a capture delivered; answered by AudioAnswer. */
export interface AudioCall extends CaptureAudioParams {
  call: "audio";
}

/** `said`: a sentence about what went wrong; `kind`: of the program's refusal, absent where it is not reached. */
export type AudioAnswer = { piece: CaptureAudioResult } | { said: string; kind?: ErrorKind };

/** From the button on a page that lists recordings: the person has pressed it. */
export interface CourseCall {
  call: "course";
}

/** From the button on a page, over its port: always about the page that the port belongs to. */
export interface PagePress {
  action: Action;
  title: string;
  /** What the page's player has loaded, where it has. */
  stream?: string;
}

/** To a page, over its port. */
export type PageNews = { snapshot: PageSnapshot } | { said: string };

/** From a page, over its port, when it opens it; all else is told by the browser. */
export interface PageHello extends Pick<Place, "title" | "ancestors"> {
  action?: undefined;
}

/** To a tab's content scripts, outside of ports: those that have lost their port open a new one. */
export interface TabCall {
  call: "wake";
}

/** Names of the ports to the background. */
export const PAGE_PORT = "page";
export const PANEL_PORT = "panel";
