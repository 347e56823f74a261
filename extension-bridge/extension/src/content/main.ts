// On the pages of the sites that are known: places the button where a lecture is shown, and keeps it in touch with the background.
import { PageButton } from "./button.ts";
import { placeCourseButton } from "./course-button.ts";
import { api } from "../shared/browser.ts";
import { recogniseCourse } from "../shared/course.ts";
import { recognise } from "../shared/page.ts";
import { streamAmong } from "../shared/stream.ts";
import { PAGE_PORT, type CourseCall, type PageHello, type PageNews, type PagePress } from "../shared/wire.ts";
import type { Action } from "../shared/advice.ts";

// The script is only ever placed on the sites' own hosts and on those that the person has granted.
const page = recognise(location.href, [location.hostname]);

let port: chrome.runtime.Port | null = null;

/** The background needs a moment between its end and its next beginning, ms. */
const RECONNECT_MS = 500;

/** Only Firefox needs the ancestors, as its background is not told; it tells frames themselves, the later versions of it. */
function hello(): PageHello {
  const { ancestorOrigins } = location as Partial<Location>;
  return { title: document.title, ...(ancestorOrigins ? { ancestors: [...ancestorOrigins] } : {}) };
}

function begin(origin: string): void {
  const button = new PageButton(origin, /\/Embed\.aspx$/i.test(location.pathname), press);

  /** The background may have been put to sleep: it is woken by a new port, but only when there is something to see or say. */
  function connected(): chrome.runtime.Port {
    if (port) return port;
    const opened = api.runtime.connect({ name: PAGE_PORT });
    opened.onMessage.addListener((news: PageNews) => ("said" in news ? button.say(news.said) : button.update(news.snapshot)));
    opened.onDisconnect.addListener(() => {
      if (port === opened) port = null;
      // Nobody would tell the person how it goes on; opening a port wakes the background, which then sees to its jobs.
      if (button.isFollowing) setTimeout(reconnect, RECONNECT_MS);
    });
    opened.postMessage(hello());
    return (port = opened);
  }

  function reconnect(): void {
    try {
      connected();
    } catch {
      // The extension itself is gone or was updated: the next press says so.
    }
  }

  function press(action: Action): void {
    try {
      const stream = streamAmong(performance.getEntriesByType("resource").map(({ name }) => name));
      connected().postMessage({ action, title: document.title, ...(stream === undefined ? {} : { stream }) } satisfies PagePress);
    } catch {
      button.say("The extension was updated. Load this page again.");
    }
  }

  // The one message there is: the popup was opened above this tab.
  api.runtime.onMessage.addListener(() => {
    connected();
    return false;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connected();
  });
  button.place();
  connected();
}

// The browser places this script in new pages, the background in those that were open before it was allowed to: one of the two is enough.
const world = globalThis as { auricleIsHere?: true };
if (!world.auricleIsHere && page) {
  world.auricleIsHere = true;
  begin(page.origin);
} else if (!world.auricleIsHere && window === window.top && recogniseCourse(location.href, [location.hostname])) {
  world.auricleIsHere = true;
  placeCourseButton(() => void api.runtime.sendMessage<CourseCall>({ call: "course" }));
}
