// The page of a video: what it plays, and what a person can choose.

import { deviceFingerprint } from "../primitives.ts";
import { PlaybackClient, PlaybackError } from "./client.ts";
import { Feed } from "./feed.ts";

const REFRESH_MS = 15 * 60 * 1000;

function element<E extends HTMLElement>(id: string, kind: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${id}`);
  return found;
}

/** Ends early when the network is back: nobody waits for the end of a pause that has lost its reason. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    addEventListener("online", end);
  });
}

function facts(): string[] {
  const { width, height, colorDepth } = screen;
  return [navigator.userAgent, `${String(width)}x${String(height)}x${String(colorDepth)}`, Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.language, String(navigator.hardwareConcurrency), navigator.platform];
}

async function play(): Promise<void> {
  const main = element("player", HTMLElement);
  const video = element("video", HTMLVideoElement);
  const status = element("status", HTMLElement);
  const say = (text: string): void => void (status.textContent = text);
  const client = new PlaybackClient({ origin: location.origin, fetch: fetch.bind(globalThis), sleep, deviceFingerprint: await deviceFingerprint(facts()), onSession: (number) => void (main.dataset["sessions"] = String(number)) });
  const fails = (error: unknown): void => {
    main.dataset["state"] = "failed";
    say(error instanceof PlaybackError ? error.message : `This video cannot be played here: ${String(error)}`);
    console.error(error);
  };
  try {
    const manifest = await client.open(location.pathname.split("/").at(-1) ?? "");
    const [lowest] = manifest.renditions;
    if (lowest === undefined) throw new PlaybackError(0, "This video has nothing to play");
    const feed = new Feed(video, client, manifest, lowest, fails);
    for (const { name } of manifest.renditions) {
      const button = document.createElement("button");
      button.id = `rendition-${name}`;
      button.textContent = name;
      button.addEventListener("click", () => {
        feed.change(name);
        main.dataset["rendition"] = feed.rendition;
      });
      element("renditions", HTMLElement).append(button);
    }
    element("seek", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      video.currentTime = Number(element("to", HTMLInputElement).value);
      video.playbackRate = Number(element("speed", HTMLInputElement).value) || 1;
    });
    element("play", HTMLButtonElement).addEventListener("click", () => void video.play().catch(fails));
    const show = (): void => {
      const buffered = Array.from({ length: video.buffered.length }, (_, at) => video.buffered.end(at) - video.buffered.start(at)).reduce((sum, one) => sum + one, 0);
      Object.assign(main.dataset, { time: video.currentTime.toFixed(2), height: String(video.videoHeight), frames: String(video.getVideoPlaybackQuality().totalVideoFrames), buffered: buffered.toFixed(1), keys: String(client.keyCount) });
    };
    for (const [event, state] of [["playing", "playing"], ["waiting", "waiting"], ["pause", "paused"], ["ended", "ended"]] as const) {
      video.addEventListener(event, () => {
        // What has failed waits, too; it is the failure that is to be read.
        if (main.dataset["state"] === "failed") return;
        main.dataset["state"] = state;
        say(state);
      });
    }
    for (const event of ["timeupdate", "seeked", "resize", "progress"]) video.addEventListener(event, show);
    video.addEventListener("error", () => fails(video.error));
    setInterval(() => void client.refresh().catch(() => undefined), REFRESH_MS);
    addEventListener("pagehide", () => {
      feed.stop();
      void client.close();
    });
    main.dataset["rendition"] = feed.rendition;
    await feed.start();
    say("ready");
  } catch (error) {
    fails(error);
  }
}

void play();
