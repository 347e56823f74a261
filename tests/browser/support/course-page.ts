// Panopto's list of recordings in a test's browser, and our own page with boxes to tick that opens from it.
import { idFrom } from "../../peers/panopto/lecture.ts";
import type { Lecture } from "../../peers/panopto/lecture.ts";
import { SITE_HOST } from "../../peers/panopto/site.ts";
import type { Credentials } from "./lecture-page.ts";
import type { TestBrowser, TestPage } from "./test-browser.ts";

const BUTTON = "auricle-course >>> [data-auricle=button]";

export function folderUrl(name: string): string {
  return `https://${SITE_HOST}/Panopto/Pages/Sessions/List.aspx#folderID=${encodeURIComponent(JSON.stringify(idFrom("folder", name)))}`;
}

export class CoursePage {
  private constructor(readonly page: TestPage) {}

  /** From the button on the site's own page of a folder, after signing in there. */
  static async openFrom(browser: TestBrowser, folder: string, person: Credentials): Promise<CoursePage> {
    const site = await browser.open(`https://${SITE_HOST}/Panopto/Pages/Sessions/List.aspx`);
    if ((await site.url()).includes("/Auth/Login.aspx")) {
      await site.fill("#username", person.user);
      await site.fill("#password", person.password);
      await site.clickAndGo("#signin");
    }
    await site.goto(folderUrl(folder));
    await site.reads("#contentHeader", new RegExp(folder));
    await site.click(BUTTON);
    return CoursePage.next(browser);
  }

  /** The one that has been opened. */
  static async next(browser: TestBrowser): Promise<CoursePage> {
    return new CoursePage(await browser.nextPage((url) => url.includes("/course.html")));
  }

  /** “Allow and list”. */
  agree(): Promise<void> {
    return this.page.click("#notice [data-auricle=primary]");
  }

  tick(lecture: Lecture): Promise<void> {
    return this.page.click(`${rowOf(lecture)} label`);
  }

  captureSelected(): Promise<void> {
    return this.page.click("#capture");
  }

  async reaches(lecture: Lecture, state: string): Promise<void> {
    await this.page.shows(`${rowOf(lecture)}[data-state=${state}]`, 60_000);
  }

  says(lecture: Lecture): Promise<string | null> {
    return this.page.text(`${rowOf(lecture)} .state`);
  }

  /** Whether its box cannot be ticked. */
  async isClosed(lecture: Lecture): Promise<boolean> {
    return (await this.page.attribute(`${rowOf(lecture)} input`, "disabled")) !== null;
  }
}

function rowOf(lecture: Lecture): string {
  return `#rows li[data-page$="${lecture.deliveryId}"]`;
}
