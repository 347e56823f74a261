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
  | "install_help"
  | "grant"
  | "later";

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
export const CONNECT: Step = { action: "connect", label: "Try again" };

/** For every kind of the protocol; the compiler holds this complete. */
export const ADVICE: Readonly<Record<ErrorKind, Advice>> = {
  not_ready: { next: "Try again in a moment.", step: RETRY },
  bad_params: { next: "Update both the program and this extension.", step: HELP },
  unknown_capture: { next: "Start it again from the lecture's page.", step: PAGE },
  unknown_session: { next: "Try again.", step: RETRY },
  session_expired: { next: "Try again.", step: RETRY },
  bad_seal: { next: "Try again.", step: RETRY },
  cookies_missing: { next: "Sign in to the site in this browser; it then goes on.", step: SIGN_IN },
  login_required: { next: "Sign in to the site; it then goes on from where it was.", step: SIGN_IN },
  bot_detected: { next: "Open the page, do what the site asks there, then try again.", step: PAGE },
  rate_limited: { next: "Try again in a few minutes.", step: RETRY },
  forbidden: { next: "Ask whoever shared the recording to let your account see it.", step: PAGE },
  not_found: { next: "Check the address of the page.", step: PAGE },
  not_media: { next: "Check on the page that the lecture plays, then try again.", step: PAGE },
  drm_protected: { next: "Nothing can be done about that here." },
  unsupported_site: { next: "Open the lecture itself.", step: PAGE },
  download_disabled: { next: "Ask the recording's owner to allow downloads.", step: PAGE },
  not_ready_yet: { next: "Try again in a while.", step: RETRY },
  backend_not_allowed: { next: "Check the backend's address in the settings.", step: SETTINGS },
  backend_unauthorized: { next: "Enter a new token in the settings.", step: SETTINGS },
  upload_rejected: { next: "Check backend and course in the settings, then try again.", step: SETTINGS },
  network: { next: "Check the connection, then try again: it goes on from where it was.", step: RETRY },
  timeout: { next: "Try again: it goes on from where it was.", step: RETRY },
  tls: { next: "Use another network, or ask your administrator.", step: RETRY },
  disk_full: { next: "Make room on the disk, then try again: it goes on from where it was.", step: RETRY },
  tool_missing: { next: "Run “auricle doctor” in a terminal to see which one, and install it.", step: HELP },
  too_large: { next: "Deliver it to a folder instead.", step: SETTINGS },
  cancelled: { next: "Start it again whenever you like.", step: RETRY },
  internal: { next: "Try again; if it happens again, run “auricle doctor” in a terminal.", step: RETRY },
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
