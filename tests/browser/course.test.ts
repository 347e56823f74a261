// A whole course: from Panopto's list by boxes to tick to the backend.
import assert from "node:assert/strict";
import { it } from "node:test";
import { idFrom, lecture as makeLecture } from "../peers/panopto/lecture.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import { CoursePage, folderUrl } from "./support/course-page.ts";
import { inEachBrowser } from "./support/scene.ts";
import type { Scene } from "./support/scene.ts";

/** Lectures of a folder that no other test knows, a week apart. */
function addCourse(scene: Scene, name: string, choices: readonly Partial<Lecture>[]): Lecture[] {
  const { audio, video } = scene.peers.media.short;
  const folder = `${name} in ${scene.browser.name}`;
  return choices.map((chosen, n) => {
    const title = `${name} ${String(n + 1)}`;
    const startedAt = new Date(Date.UTC(2026, 9, 5 + 7 * n));
    return scene.peers.site.add(makeLecture({ deliveryId: idFrom("course", folder, title), folder, folderId: idFrom("folder", folder), title, audio, video, startedAt, ...chosen }));
  });
}

inEachBrowser("a page that lists recordings", {}, (play) => {
  it("has a button that opens the list, from which what is ticked reaches the backend in order", () =>
    play({}, async (scene) => {
      const [first, second, third, off] = addCourse(scene, "Acoustics", [{}, {}, {}, { downloads: false }]);
      assert.ok(first && second && third && off);
      const student = scene.peers.summary().signIn;
      const course = await CoursePage.openFrom(scene.browser, first.folder, student);
      await course.page.reads("#title", new RegExp(first.folder));
      await course.page.reads("#notice", /uses your sign-in at uni\.hosted\.panopto\.com to list these recordings.*Your cookies stay on this computer/);
      await scene.picture(course.page, "course-consent", "main");
      await course.agree();
      await course.page.reads("#rows", /Acoustics 1.*0:20.*Acoustics 4/);
      assert.equal(await course.says(off), "Downloads are switched off");
      assert.ok(await course.isClosed(off));
      assert.ok(!(await course.isClosed(third)));

      await course.tick(first);
      await course.tick(third);
      await course.page.reads("#capture", /^Capture 2 selected$/);
      await scene.picture(course.page, "course-ticked", "main");
      const before = scene.peers.site.requests.length;
      await course.captureSelected();
      await course.reaches(first, "done");
      await course.reaches(third, "done");
      await course.reaches(second, "open");
      await scene.picture(course.page, "course-done", "main");
      const asked = scene.peers.site.requests.slice(before).flatMap(({ path }) => /Podcast\/Download\/([0-9a-f-]+)\.mp4/.exec(path)?.[1] ?? []);
      assert.deepEqual(asked.sort(), [first.deliveryId, third.deliveryId].sort());
      for (const lecture of [first, third]) {
        const delivered = await scene.delivered(lecture);
        assert.deepEqual(delivered.map(({ status, sha256, title }) => ({ status, sha256, title })), [{ status: "ready", sha256: lecture.audio.sha256, title: lecture.title }]);
      }
      assert.deepEqual(await scene.delivered(second), []);

      // Tomorrow the same list says what is captured already, and all the rest can be had with two presses.
      await course.page.reload();
      await course.reaches(first, "done");
      await course.page.click("#all");
      await course.page.reads("#capture", /^Capture 1 selected$/);
      await course.captureSelected();
      await course.reaches(second, "done");
    }));

  it("is known to the popup, and each recording that cannot be had is named in its own row", () =>
    play({}, async (scene) => {
      const [fine, archived] = addCourse(scene, "Physiology", [{}, { purged: true }]);
      assert.ok(fine && archived);
      const page = await scene.at(fine);
      await page.page.goto(folderUrl(fine.folder));
      const popup = await scene.browser.openPopup();
      await popup.reads("#page", /This page lists recordings/);
      await scene.picture(popup, "course-popup", "body");
      await popup.click("[data-auricle=course]");
      const course = await CoursePage.next(scene.browser);
      await course.agree();
      await course.page.shows("#rows li");
      await course.page.click("#all");
      await course.page.reads("#capture", /^Capture 2 selected$/);
      await course.captureSelected();
      await course.reaches(fine, "done");
      await course.reaches(archived, "failed");
      assert.match((await course.says(archived)) ?? "", /archived this recording/);
      assert.ok(!(await course.isClosed(archived)), "it can be tried again");
    }));

  it("asks for a sign-in where the site's session is over, and lists when the person comes back", () =>
    play({}, async (scene) => {
      const [only] = addCourse(scene, "Members", [{}]);
      assert.ok(only);
      const student = scene.peers.summary().signIn;
      const course = await CoursePage.openFrom(scene.browser, only.folder, student);
      scene.peers.site.endAllSessions();
      await course.agree();
      await course.page.reads("#notice", /Sign in first/);
      await scene.picture(course.page, "course-sign-in", "main");
      await course.page.click("#notice [data-auricle=primary]");
      const form = await scene.browser.nextPage((url) => url.includes("/Auth/Login.aspx"));
      await form.fill("#username", student.user);
      await form.fill("#password", student.password);
      await form.clickAndGo("#signin");
      await course.page.bringToFront();
      await course.page.reads("#rows", /Members 1/);
    }));
});
