// The toolbar's badge and the system's notifications.
import { isFinal, type Capture } from "@auricle/bridge";
import { noticeId, signInNoticeId, type SignInPlace } from "./notice.ts";
import { api } from "../shared/browser.ts";
import { cardOf } from "../shared/card.ts";

const RUNNING = "#0f766e";
const ATTENTION = "#b45309";

function notify(id: string, title: string, message: string): void {
  const iconUrl = api.runtime.getURL("icons/128.png");
  // A system without notifications is no reason for a capture to fail.
  api.notifications.create(id, { type: "basic", iconUrl, title, message }).catch(() => undefined);
}

/** Tells of a change of state that a person wants to hear about while looking elsewhere. */
export function announce(now: Capture, before: Capture | undefined): void {
  if (before === undefined || before.state === now.state) return;
  const title = now.title ?? "Lecture";
  if (now.state === "done") notify(noticeId(now.id), `Captured: ${title}`, cardOf(now).detail);
  if (now.state === "failed") notify(noticeId(now.id), `Not captured: ${title}`, cardOf(now).detail);
}

/** Asks the person to sign in; a click opens the site's own page. */
export function askForSignIn(capture: Capture): void {
  notify(noticeId(capture.id), "Sign in to go on", `${new URL(capture.page).host} wants you to sign in before “${capture.title ?? "the lecture"}” can go on.`);
}

/** The same where nothing is being captured: somebody else wants the site's cookies fresh. */
export function askForSignInAt(place: SignInPlace): void {
  notify(signInNoticeId(place), "Sign in again", `Your session at ${new URL(place.origin).host} is over. Sign in there, so that captures from it go on working.`);
}

/** They have signed in. */
export function takeSignInBack(place: SignInPlace): void {
  void api.notifications.clear(signInNoticeId(place));
}

/** Asks the person to let the extension see a site again. */
export function askForAccess(capture: Capture): void {
  const { host } = new URL(capture.page);
  notify(noticeId(capture.id), "Allow access to go on", `Your browser no longer lets Auricle see ${host}. Open Auricle from the toolbar on that page and allow it: “${capture.title ?? "the lecture"}” then goes on.`);
}

/** Says why a press that had to wait for the browser's permission led to nothing. */
export function tellOfRefusal(sentence: string): void {
  const iconUrl = api.runtime.getURL("icons/128.png");
  api.notifications.create({ type: "basic", iconUrl, title: "Not captured", message: sentence }).catch(() => undefined);
}

/** How many captures run, or a mark when one of them waits for the person. */
export function badge(captures: readonly Capture[]): void {
  const waiting = captures.some((capture) => capture.state === "waiting_for_cookies");
  const running = captures.filter((capture) => !isFinal(capture) && capture.state !== "parked").length;
  const text = waiting ? "!" : running > 0 ? String(running) : "";
  void api.action.setBadgeText({ text });
  if (text !== "") void api.action.setBadgeBackgroundColor({ color: waiting ? ATTENTION : RUNNING });
}
