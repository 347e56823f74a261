// A lecture's page with Auricle's button on it, as a person uses it.
import type { TestPage } from "./test-browser.ts";

const ROOT = "auricle-capture";
const BUTTON = `${ROOT} >>> [data-auricle=button]`;
const PANEL = `${ROOT} >>> [data-auricle=panel]`;
const PRIMARY = `${ROOT} >>> [data-auricle=primary]`;
const SECONDARY = `${ROOT} >>> [data-auricle=secondary]`;

/** What the button's element says of itself; see the extension's README. */
export type ButtonState = "consent" | "access" | "ready" | "capturing" | "waiting" | "paused" | "done" | "failed" | "host";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export class LecturePage {
  constructor(readonly page: TestPage) {}

  /** Opens a lecture's address and waits for the button. */
  async open(url: string, person: Credentials): Promise<void> {
    await this.visit(url, person);
    await this.isThere();
  }

  /** Waits for the button. */
  async isThere(): Promise<void> {
    await this.page.shows(BUTTON);
  }

  /** Opens a lecture's address; signs in on the site's own form where it sends us there. */
  async visit(url: string, person: Credentials): Promise<void> {
    await this.page.goto(url);
    if ((await this.page.url()).includes("/Auth/Login.aspx")) await this.signIn(person);
    await this.page.shows("#viewer");
  }

  /** On the site's form, which then leads to where the person wanted to go. */
  async signIn(person: Credentials): Promise<void> {
    await this.page.fill("#username", person.user);
    await this.page.fill("#password", person.password);
    await this.page.clickAndGo("#signin");
  }

  press(): Promise<void> {
    return this.page.click(BUTTON);
  }

  /** The panel's first button, e.g. “Allow and capture”. */
  agree(): Promise<void> {
    return this.page.click(PRIMARY);
  }

  /** Presses the button for the first time at a site, and agrees. */
  async capture(): Promise<void> {
    await this.reaches("consent");
    await this.press();
    await this.agree();
  }

  /** The panel's second button, e.g. “Cancel”. */
  decline(): Promise<void> {
    return this.page.click(SECONDARY);
  }

  async reaches(state: ButtonState, timeoutMs?: number): Promise<void> {
    await this.page.shows(`${ROOT}[data-state=${state}]`, timeoutMs);
  }

  async state(): Promise<ButtonState | null> {
    return (await this.page.attribute(ROOT, "data-state")) as ButtonState | null;
  }

  /** What the button itself says. */
  label(): Promise<string | null> {
    return this.page.text(BUTTON);
  }

  labelReads(wanted: RegExp, timeoutMs?: number): Promise<string> {
    return this.page.reads(BUTTON, wanted, timeoutMs);
  }

  /** What the open panel says of the capture, without its buttons; null when it says nothing. */
  detail(): Promise<string | null> {
    return this.page.text(`${ROOT} >>> [data-auricle=panel] .detail`);
  }

  /** All that the open panel says; null while it is closed. */
  panel(): Promise<string | null> {
    return this.page.text(PANEL);
  }

  /** Whether the button looks as it should, whatever the page allows of foreign styles. */
  async isDressed(): Promise<boolean> {
    return (await this.page.style(ROOT, "position")) === "fixed";
  }

  panelReads(wanted: RegExp, timeoutMs?: number): Promise<string> {
    return this.page.reads(PANEL, wanted, timeoutMs);
  }
}
