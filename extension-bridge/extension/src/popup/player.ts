// Listening to what was captured: a button, and beneath the card how it loads, then a small player.
import { NotHeard, Recording } from "./recording.ts";
import { bytes, clock } from "../shared/format.ts";
import { h, icon, say } from "../shared/dom.ts";
import type { Capture } from "@auricle/bridge";

const PLAY = "M8 5.5v13l10.5-6.5z";
const PAUSE = "M8 5.5v13M16 5.5v13";
const CLOSE = "M6.5 6.5l11 11M17.5 6.5l-11 11";

/** By the arrow keys, s. */
const LEAP_S = 5;

/** What is heard in this popup now: one at a time. */
let heard: Player | null = null;

/** In Firefox's words, which has no code for it: sound without anything to come out of. */
const NO_LOUDSPEAKER = /CUBEB/u;

function cannotPlay({ type }: Blob, capture: Capture): string {
  const kind = type === "" ? "this kind of file" : `this kind of file (${type})`;
  return `Your browser cannot play ${kind}. ${capture.result?.file ? "Press “Show file” and open it with another program." : "Listen to it at your study backend."}`;
}

export class Player {
  /** Opens and closes it. */
  readonly button: HTMLButtonElement;
  readonly element: HTMLElement;
  readonly #note = h("p", { class: "note" });
  readonly #again = h("button", { type: "button", class: "quiet", "data-auricle": "listen-again" }, "Try again");
  readonly #settings = h("button", { type: "button", class: "quiet", "data-auricle": "listen-settings" }, "Open settings");
  readonly #controls: HTMLElement;
  readonly #playButton = h("button", { type: "button", class: "play", "data-auricle": "play" });
  readonly #slider = h("input", { type: "range", min: "0", step: "0.1", value: "0", "aria-label": "Position" });
  readonly #time = h("span", { class: "time" });
  readonly #live = h("span", { class: "unseen", role: "status" });
  #capture: Capture | null = null;
  #recording: Recording | null = null;
  #audio: HTMLAudioElement | null = null;
  #stop: AbortController | null = null;

  /** `openSettings`: what a person does who has to enter a token. */
  constructor(openSettings: () => void) {
    this.button = h("button", { type: "button", class: "listen", "data-auricle": "listen", "aria-expanded": "false" });
    this.#controls = h("div", { class: "controls" }, this.#playButton, this.#slider, this.#time);
    this.element = h("div", { class: "player", role: "group", "aria-label": "Player", hidden: true }, this.#note, this.#again, this.#settings, this.#controls, this.#live);
    this.button.addEventListener("click", () => (this.#stop ? this.close() : this.#open()));
    this.#again.addEventListener("click", () => this.#load());
    this.#settings.addEventListener("click", openSettings);
    this.#playButton.addEventListener("click", () => this.#playOrPause());
    this.#slider.addEventListener("input", () => this.#seek(this.#slider.valueAsNumber));
    this.#slider.addEventListener("keydown", (event) => this.#leap(event));
    this.#labelButton();
  }

  /** Which capture it is about: what is not done cannot be heard. */
  show(capture: Capture | null): void {
    const isDone = capture?.state === "done";
    if (!isDone || capture.id !== this.#capture?.id) this.close();
    this.#capture = isDone ? capture : null;
    this.button.hidden = !isDone;
  }

  /** Stops it, and lets go of what was loaded. */
  close(): void {
    if (!this.#stop) return;
    this.#stop.abort();
    this.#stop = null;
    this.#recording = null;
    this.#letGo();
    if (heard === this) heard = null;
    this.element.hidden = true;
    delete this.element.dataset["state"];
    this.#labelButton();
  }

  #open(): void {
    if (!this.#capture) return;
    heard?.close();
    heard = this;
    this.#recording = new Recording(this.#capture.id);
    this.element.hidden = false;
    this.#load();
    this.#labelButton();
  }

  #load(): void {
    const { capture, recording } = { capture: this.#capture, recording: this.#recording };
    if (!capture || !recording) return;
    this.#stop?.abort();
    const stop = (this.#stop = new AbortController());
    this.#letGo();
    this.#tell("loading", "Loading…");
    say(this.#live, "Loading");
    const progress = (done: number, total: number): void => this.#tell("loading", `Loading ${bytes(done)} of ${bytes(total)}`);
    recording.load(progress, stop.signal).then(
      (whole) => {
        if (!stop.signal.aborted) this.#play(whole, capture);
      },
      (error: unknown) => {
        if (!stop.signal.aborted) this.#fail(error instanceof Error ? error.message : String(error), this.#stepAfter(error));
      },
    );
  }

  /** How it stands, in place of the controls; `next`: what a person can do then. */
  #tell(state: "loading" | "failed", text: string, next?: HTMLElement): void {
    this.element.dataset["state"] = state;
    say(this.#note, text);
    this.#note.hidden = false;
    for (const step of [this.#again, this.#settings]) step.hidden = step !== next;
    this.#controls.hidden = true;
  }

  #fail(said: string, next?: HTMLElement): void {
    this.#tell("failed", said, next);
    say(this.#live, said);
  }

  /** What lies with the settings is not mended by asking again. */
  #stepAfter(error: unknown): HTMLElement {
    const kind = error instanceof NotHeard ? error.kind : undefined;
    return kind === "backend_unauthorized" || kind === "backend_not_allowed" ? this.#settings : this.#again;
  }

  #play(whole: Blob, capture: Capture): void {
    const audio = (this.#audio = h("audio", { src: URL.createObjectURL(whole), preload: "auto" }));
    this.element.append(audio);
    audio.addEventListener("error", () => {
      if (this.#audio !== audio) return;
      const lacksLoudspeaker = NO_LOUDSPEAKER.test(audio.error?.message ?? "");
      this.#letGo();
      if (lacksLoudspeaker) this.#fail("Your browser finds nothing to play sound on. Connect loudspeakers or headphones, then try again.", this.#again);
      else this.#fail(cannotPlay(whole, capture));
    });
    for (const event of ["play", "pause", "ended", "timeupdate", "durationchange", "seeked"]) audio.addEventListener(event, () => this.#showPlaying(audio, capture));
    this.#note.hidden = true;
    this.#controls.hidden = false;
    this.#showPlaying(audio, capture);
    // Where the browser wants another press before it makes a sound, the button is there for it; other failures are the error's.
    audio.play().then(() => say(this.#live, "Playing"), () => undefined);
    this.#playButton.focus();
  }

  #showPlaying(audio: HTMLAudioElement, capture: Capture): void {
    if (this.#audio !== audio) return;
    const length = Number.isFinite(audio.duration) ? audio.duration : (capture.result?.durationMs ?? 0) / 1000;
    this.element.dataset["state"] = audio.paused ? "paused" : "playing";
    const label = audio.paused ? "Play" : "Pause";
    if (this.#playButton.title !== label) {
      this.#playButton.title = label;
      this.#playButton.setAttribute("aria-label", label);
      this.#playButton.replaceChildren(icon(18, audio.paused ? PLAY : PAUSE));
    }
    this.#slider.max = String(length);
    this.#slider.valueAsNumber = audio.currentTime;
    this.#slider.style.setProperty("--share", `${length > 0 ? (audio.currentTime / length) * 100 : 0}%`);
    this.#slider.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(length)}`);
    say(this.#time, `${clock(audio.currentTime)} / ${clock(length)}`);
  }

  #playOrPause(): void {
    const audio = this.#audio;
    if (!audio) return;
    if (audio.paused) void audio.play().catch(() => undefined);
    else audio.pause();
  }

  #seek(seconds: number): void {
    if (this.#audio) this.#audio.currentTime = seconds;
  }

  #leap(event: KeyboardEvent): void {
    const direction = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (direction === undefined || !this.#audio) return;
    event.preventDefault();
    this.#seek(Math.max(0, Math.min(Number(this.#slider.max), this.#audio.currentTime + direction * LEAP_S)));
  }

  #letGo(): void {
    const audio = this.#audio;
    this.#audio = null;
    if (!audio) return;
    const address = audio.src;
    audio.pause();
    audio.remove();
    audio.removeAttribute("src");
    URL.revokeObjectURL(address);
    this.#playButton.title = "";
  }

  #labelButton(): void {
    const isOpen = this.#stop !== null;
    this.button.replaceChildren(icon(13, isOpen ? CLOSE : PLAY), isOpen ? "Close" : "Listen");
    this.button.setAttribute("aria-expanded", String(isOpen));
  }
}
