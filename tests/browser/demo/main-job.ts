// The main job as a person does it: sign in, open the lecture, press the button, agree, and see it arrive.
import { join } from "node:path";
import type { Lecture } from "../../peers/panopto/lecture.ts";
import type { Peers } from "../../peers/peers.ts";
import { LecturePage } from "../support/lecture-page.ts";
import { deliverToBackend } from "../support/settings-page.ts";
import type { TestBrowser } from "../support/test-browser.ts";
import type { Terminal } from "./terminal.ts";
import { Watch } from "./watch.ts";

/** The stand-in CDN is no faster than a good line at home, so that there is something to see. */
const LINE_BYTES_PER_SECOND = 5_000_000;
/** Where it stops until the pictures of a capture at work are taken. */
const PICTURES_AT = 0.6;
const DELIVERED_WITHIN_MS = 60_000;

export interface MainJob {
  readonly peers: Peers;
  readonly browser: TestBrowser;
  readonly lecture: Lecture;
  /** Folder for pictures. */
  readonly pictures: string;
  readonly terminal: Terminal;
}

/** Returns how long it took from the press to the finished lecture at the backend, in seconds. */
export async function doMainJob(job: MainJob): Promise<number> {
  const { peers, browser, lecture, terminal } = job;
  const picture = (name: string): string => join(job.pictures, `${name}.png`);

  await deliverToBackend(browser, peers.backend, (page) => page.screenshot(picture("5-settings")));
  terminal.step(`In the extension's settings: deliver to ${peers.backend.origin}`);

  const student = peers.summary().signIn;
  const page = new LecturePage(await browser.open());
  await page.open(peers.viewerUrl(lecture), student);
  terminal.step(`Signed in as ${student.user} on the site's own page, and at “${lecture.title}”`);

  await page.reaches("consent");
  await page.press();
  await page.page.screenshot(picture("1-before"));
  peers.cdn.fail({ kind: "slow", bytesPerSecond: LINE_BYTES_PER_SECOND }, { times: Infinity });
  const pause = peers.cdn.fail({ kind: "stall", afterBytes: Math.floor(lecture.audio.bytes * PICTURES_AT) }, { method: "GET" });
  const pressedAt = performance.now();
  await page.agree();
  terminal.step(`Pressed “Capture audio” and agreed to use the sign-in at ${new URL(peers.viewerUrl(lecture)).host}`);

  const watch = new Watch(page, terminal);
  try {
    await watch.unlessItFails(picturesOfWork(job, page, picture));
    pause.release();
    await watch.unlessItFails(arrival(peers));
  } finally {
    await watch.end();
  }
  const seconds = (performance.now() - pressedAt) / 1000;
  terminal.step("The backend has the whole lecture and has confirmed its SHA-256");

  await page.reaches("done");
  await page.page.screenshot(picture("3-after"));
  await popup(browser, page, picture("4-popup"));
  return seconds;
}

async function picturesOfWork({ peers, browser, lecture }: MainJob, page: LecturePage, picture: (name: string) => string): Promise<void> {
  await peers.cdn.waitForRequest(({ method, bytesSent }) => method === "GET" && bytesSent >= lecture.audio.bytes * PICTURES_AT - 1, DELIVERED_WITHIN_MS);
  await page.labelReads(/Capturing \d+ %/);
  await page.press();
  await page.page.screenshot(picture("2-while"));
  await popup(browser, page, picture("2-while-popup"));
}

async function popup(browser: TestBrowser, page: LecturePage, file: string): Promise<void> {
  await page.page.bringToFront();
  const opened = await browser.openPopup();
  await opened.shows("#page .card");
  await opened.reads("#host", /Ready/);
  await opened.screenshot(file, "body");
  await opened.close();
}

/** When the backend has answered that all is there. */
async function arrival(peers: Peers): Promise<void> {
  await peers.backend.waitForRequest(({ path, status, outcome }) => path.endsWith("/complete") && status === 200 && outcome === "complete", DELIVERED_WITHIN_MS);
}
