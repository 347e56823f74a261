// How a lecture stands, in words: one card, shown by the page's button and by the popup alike.
import type { Capture } from "@auricle/bridge";
import { ADVICE, CHANNEL_STEPS, CONNECT, RETRY, type Step } from "./advice.ts";
import { bytes, duration, percent, savings, speed } from "./format.ts";
import type { HostView } from "./wire.ts";

export type CardState = "ready" | "consent" | "access" | "capturing" | "waiting" | "paused" | "done" | "failed" | "host";

export interface Card {
  state: CardState;
  /** A few words, e.g. on the button. */
  label: string;
  /** What there is to know, one or two sentences; may be empty. */
  detail: string;
  /** 0 to 100; null: nobody knows yet, or it does not matter. */
  percent: number | null;
  primary?: Step;
  secondary?: Step;
}

const CANCEL: Step = { action: "cancel", label: "Cancel" };
const REMOVE: Step = { action: "remove", label: "Remove" };
const CAPTURE: Step = { action: "capture", label: "Capture audio" };
const SIGN_IN: Step = { action: "sign_in", label: "Sign in" };
const REVEAL: Step = { action: "reveal", label: "Show file" };
const CONTINUE: Step = { action: "continue", label: "Continue" };

function wholeOf(capture: Capture): string | null {
  const fetched = capture.result?.bytes ?? capture.plan?.bytes ?? capture.total;
  return savings(capture.saved, fetched, capture.plan?.wholeBytes ?? null);
}

function joined(...parts: (string | null)[]): string {
  return parts.filter((part) => part !== null).join(" · ");
}

function downloading(capture: Capture): Card {
  const share = percent(capture.done, capture.total);
  const amount = capture.total === null ? bytes(capture.done) : `${bytes(capture.done)} of ${bytes(capture.total)}`;
  const rate = capture.rate ? speed(capture.rate) : null;
  const left = capture.etaMs === null || share === 100 ? null : `${duration(capture.etaMs)} left`;
  const label = share === null ? "Capturing…" : `Capturing ${share}\u00a0%`;
  return { state: "capturing", label, detail: joined(amount, rate, left), percent: share, secondary: CANCEL };
}

function uploading(capture: Capture): Card {
  const sent = capture.uploaded ?? 0;
  const share = percent(sent, capture.total);
  const label = share === null ? "Sending…" : `Sending ${share}\u00a0%`;
  const detail = capture.total === null ? "To your backend" : `${bytes(sent)} of ${bytes(capture.total)} sent to your backend`;
  return { state: "capturing", label, detail, percent: share, secondary: CANCEL };
}

const SEVERAL_SENTENCES = /[.!?] \S.*\.$/su;

function failed(capture: Capture): Card {
  const kind = capture.error?.data.kind ?? "internal";
  const advice = ADVICE[kind];
  const said = capture.error?.message ?? "The capture failed.";
  // The program knows best what to do next. Where it says so, the same in other words would only confuse.
  const detail = SEVERAL_SENTENCES.test(said) ? said : `${said} ${advice.next}`;
  const step = advice.step ?? REMOVE;
  const second = step.action === "retry" || step.action === "remove" ? REMOVE : RETRY;
  const card: Card = { state: "failed", label: "Not captured", detail, percent: null, primary: step };
  return step === second ? card : { ...card, secondary: second };
}

function busy(label: string, capture: Capture): Card {
  return { state: "capturing", label, detail: capture.title ?? "", percent: null, secondary: CANCEL };
}

/** A capture in words. */
export function cardOf(capture: Capture): Card {
  switch (capture.state) {
    case "queued":
      return busy("Queued…", capture);
    case "resolving":
      return busy("Looking at the lecture…", capture);
    case "downloading":
      return downloading(capture);
    case "finishing":
      return { ...busy("Finishing…", capture), percent: 100 };
    case "uploading":
      return uploading(capture);
    case "waiting_for_cookies":
      return {
        state: "waiting", label: "Waiting for sign-in", percent: percent(capture.done, capture.total),
        detail: "The site's session is over. Sign in on its page: the capture goes on by itself.", primary: SIGN_IN, secondary: CANCEL,
      };
    case "parked":
      return {
        state: "paused", label: "Paused", percent: percent(capture.done, capture.total),
        detail: capture.error?.message ?? "It goes on from where it was.", primary: CONTINUE, secondary: CANCEL,
      };
    case "done": {
      const detail = wholeOf(capture) ?? (capture.result ? bytes(capture.result.bytes) : "");
      return { state: "done", label: "Captured", detail, percent: 100, ...(capture.result?.file ? { primary: REVEAL } : {}), secondary: REMOVE };
    }
    case "cancelled":
      return { state: "ready", label: "Cancelled", detail: "Start it again whenever you like.", percent: null, primary: RETRY, secondary: REMOVE };
    case "failed":
      return failed(capture);
  }
}

/** The lack of a host in words; null while there is nothing to say. */
export function hostCard(host: HostView, capture: Capture | null): Card | null {
  if (host.state === "reconnecting") {
    return {
      state: "waiting", label: "Starting again…", percent: capture ? percent(capture.done, capture.total) : null,
      detail: `${host.problem?.message ?? "The connection was lost."} It is being started again and goes on from where it was.`,
    };
  }
  if (!host.problem) return null;
  const primary = CHANNEL_STEPS[host.problem.problem];
  const card: Card = { state: "host", label: "Program not reached", detail: `${host.problem.message} ${host.problem.next}`, percent: null, primary };
  return primary === CONNECT ? card : { ...card, secondary: CONNECT };
}

function signInUse(host: string): string {
  return `Auricle uses your sign-in at ${host} to fetch the sound of this lecture. Your cookies stay on this computer: only the sound and its captions are sent on.`;
}

/** The browser keeps the site from us; null where that stands in nobody's way. */
function accessCard(consented: boolean, capture: Capture | null, host: string): Card | null {
  const grant: Step = { action: "grant", label: consented ? "Allow access" : "Allow and capture" };
  if (capture?.state === "waiting_for_cookies") {
    const detail = `Your browser no longer lets Auricle see ${host}. Allow it: the capture goes on by itself.`;
    return { ...cardOf(capture), label: "Waiting for access", detail, primary: grant };
  }
  if (capture && capture.state !== "cancelled") return null;
  const ask = `Your browser does not let Auricle see ${host} yet and will ask you whether it may.`;
  return {
    state: "access", label: "Capture audio", percent: null, detail: consented ? ask : `${signInUse(host)} ${ask}`,
    primary: grant, secondary: { action: "later", label: "Not now" },
  };
}

/** What a lecture's page shows. `access`: whether the browser lets us see the site. */
export function pageCard(host: HostView, consented: boolean, capture: Capture | null, origin: string, access: boolean): Card {
  const running = capture !== null && !["done", "failed", "cancelled"].includes(capture.state);
  if (host.problem && (running || capture === null)) {
    const card = hostCard(host, running ? capture : null);
    if (card) return card;
  }
  const site = new URL(origin).host;
  const withoutAccess = access ? null : accessCard(consented, capture, site);
  if (withoutAccess) return withoutAccess;
  if (capture && capture.state !== "cancelled") return cardOf(capture);
  if (!consented) {
    return {
      state: "consent", label: "Capture audio", percent: null, detail: signInUse(site),
      primary: { action: "allow", label: "Allow and capture" }, secondary: { action: "later", label: "Not now" },
    };
  }
  return { state: "ready", label: "Capture audio", detail: "Only the sound is downloaded, not the video.", percent: null, primary: CAPTURE };
}
