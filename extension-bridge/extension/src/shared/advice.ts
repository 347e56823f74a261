// What a person can do about each error: one next step, and the button for it where there is one.
import type { ChannelProblem, ErrorKind } from "@auricle/bridge";

/** What a button does. */
export type Action =
  | "capture"
  | "allow"
  | "cancel"
  | "continue"
  | "retry"
  | "remove"
  | "reveal"
  | "sign_in"
  | "open_page"
  | "open_settings"
  | "connect"
  | "install_help";

export interface Step {
  action: Action;
  label: string;
}

export interface Advice {
  /** One sentence. */
  next: string;
  step?: Step;
}

export const RETRY: Step = { action: "retry", label: "Try again" };
const SIGN_IN: Step = { action: "sign_in", label: "Sign in" };
const PAGE: Step = { action: "open_page", label: "Open page" };
const SETTINGS: Step = { action: "open_settings", label: "Open settings" };
const HELP: Step = { action: "install_help", label: "How to install" };
const CONNECT: Step = { action: "connect", label: "Try again" };

/** For every kind of the protocol; the compiler holds this complete. */
export const ADVICE: Readonly<Record<ErrorKind, Advice>> = {
  not_ready: { next: "The program was still starting. Try again.", step: RETRY },
  bad_params: { next: "The program and this extension do not understand each other: update both.", step: HELP },
  unknown_capture: { next: "The program no longer knows this capture. Start it again from the lecture's page.", step: PAGE },
  unknown_session: { next: "The sealed connection had ended. Try again.", step: RETRY },
  session_expired: { next: "The sealed connection had ended. Try again.", step: RETRY },
  bad_seal: { next: "The sealed connection was disturbed. Try again.", step: RETRY },
  cookies_missing: { next: "Sign in to the site in this browser, then try again.", step: SIGN_IN },
  login_required: { next: "Sign in to the site, then try again: it goes on from where it was.", step: SIGN_IN },
  bot_detected: { next: "The site wants to see a person. Open its page, do what it asks, then try again.", step: PAGE },
  rate_limited: { next: "The site asks for a pause. Try again in a few minutes.", step: RETRY },
  forbidden: { next: "Your account may not open this recording. Ask whoever shared it.", step: PAGE },
  not_found: { next: "The recording is not there any more. Check the address.", step: PAGE },
  not_media: { next: "What the site sent is no sound. Open the page and check that the lecture plays.", step: PAGE },
  drm_protected: { next: "This recording is copy-protected and cannot be captured." },
  unsupported_site: { next: "This page cannot be captured. Open the lecture itself.", step: PAGE },
  download_disabled: { next: "The recording's owner has switched downloads off. Ask them to allow it.", step: PAGE },
  not_ready_yet: { next: "The site is still preparing the sound. Try again in a while.", step: RETRY },
  backend_not_allowed: { next: "The program is not configured for this backend. Check its address.", step: SETTINGS },
  backend_unauthorized: { next: "The backend did not accept your token. Enter a new one.", step: SETTINGS },
  upload_rejected: { next: "The backend refused the file. Check course and backend, then try again.", step: SETTINGS },
  network: { next: "Check the connection, then try again: it goes on from where it was.", step: RETRY },
  timeout: { next: "The other side was too slow. Try again: it goes on from where it was.", step: RETRY },
  tls: { next: "The connection is not trustworthy. Use another network, or ask your administrator.", step: RETRY },
  disk_full: { next: "Make room on the disk, then try again: it goes on from where it was.", step: RETRY },
  tool_missing: { next: "A helper program is missing. Run “auricle doctor” to see which.", step: HELP },
  too_large: { next: "The file is larger than the backend takes. Deliver to a folder instead.", step: SETTINGS },
  cancelled: { next: "Start it again whenever you like.", step: RETRY },
  internal: { next: "Something went wrong inside the program. Try again; “auricle doctor” tells more.", step: RETRY },
};

/** The button for each problem of the channel; its sentences come with the problem. */
export const CHANNEL_STEPS: Readonly<Record<ChannelProblem, Step>> = {
  host_missing: HELP,
  host_forbidden: HELP,
  host_ended: CONNECT,
  host_spoiled: CONNECT,
  message_too_large: CONNECT,
  no_permission: CONNECT,
  protocol_mismatch: HELP,
  unanswered: CONNECT,
  closed: CONNECT,
  lost: CONNECT,
};
