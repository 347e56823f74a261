// The settings: where recordings go, which sites were agreed to, and how the program is reached.
import { PANOPTO, patternsFor, seesPanopto } from "../shared/access.ts";
import { api } from "../shared/browser.ts";
import { command, REGISTER_COMMAND } from "../shared/install.ts";
import { earMark, h, say } from "../shared/dom.ts";
import { unseenServers } from "../shared/own-servers.ts";
import { judgeAddress } from "../shared/backend.ts";
import { inquire, patternOf, type Course, type Means, type Standing } from "./inquiry.ts";
import { DEFAULTS, readSettings, readToken, writeSettings, writeToken, type Settings } from "../shared/settings.ts";
import { PANEL_PORT, type Order, type Outcome, type Snapshot } from "../shared/wire.ts";

const part = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

const delivery = part<HTMLFormElement>("delivery");
const field = (name: string): HTMLInputElement => delivery.elements.namedItem(name) as HTMLInputElement;

function order(given: Order): Promise<Outcome> {
  return api.runtime.sendMessage<Order, Outcome>(given);
}

function chosen(): Settings["deliverTo"] {
  return (delivery.elements.namedItem("deliverTo") as RadioNodeList).value === "backend" ? "backend" : "folder";
}

function note(element: HTMLElement, sentence: string, bad = false): void {
  say(element, sentence);
  element.classList.toggle("bad", bad);
  element.hidden = sentence === "";
}

function showFields(): void {
  part("folder-fields").hidden = chosen() !== "folder";
  part("backend-fields").hidden = chosen() !== "backend";
}

/** Returns whether the address can be used; says what is wrong with it, or risky about it. */
function showAddress(): string | null {
  const verdict = judgeAddress(field("backendOrigin").value);
  note(part("address-note"), verdict.ok ? (verdict.warning ?? "") : verdict.why, !verdict.ok);
  return verdict.ok ? verdict.origin : null;
}

async function fill(): Promise<void> {
  const [settings, token] = await Promise.all([readSettings(), readToken()]);
  (delivery.elements.namedItem("deliverTo") as RadioNodeList).value = settings.deliverTo;
  field("subfolder").value = settings.subfolder;
  field("backendOrigin").value = settings.backendOrigin;
  field("courseId").value = settings.courseId;
  field("token").value = token ?? "";
  showFields();
  if (settings.backendOrigin === "") return;
  showAddress();
  if (settings.deliverTo === "backend") void ask(settings);
}

/** Returns the settings that now hold, or null when the address is none. */
async function save(): Promise<Settings | null> {
  const origin = chosen() === "backend" ? showAddress() : "";
  if (origin === null) return null;
  const settings: Settings = {
    ...DEFAULTS,
    deliverTo: chosen(),
    backendOrigin: chosen() === "backend" ? origin : (await readSettings()).backendOrigin,
    courseId: field("courseId").value.trim(),
    subfolder: field("subfolder").value.trim(),
  };
  await writeSettings(settings);
  await writeToken(field("token").value.trim());
  if (chosen() === "backend") field("backendOrigin").value = origin;
  return settings;
}

const means: Means = {
  permitted: (origin) => api.permissions.contains({ origins: [patternOf(origin)] }),
  fetch: (address, init) => fetch(address, init),
};

/** Offers the backend's courses in place of the field for an id. What was typed stays, listed or not. */
function showCourses(courses: readonly Course[]): void {
  const typed = field("courseId").value;
  const other = typed === "" || courses.some(({ id }) => id === typed) ? [] : [{ id: typed, label: `Another: ${typed}` }];
  const choice = part<HTMLSelectElement>("course");
  choice.replaceChildren(...[{ id: "", label: "None" }, ...courses, ...other].map(({ id, label }) => h("option", { value: id }, label)));
  choice.value = typed;
  part("course-chosen").hidden = courses.length === 0;
  part("course-typed").hidden = courses.length > 0;
}

/** Asks the backend of these settings; its courses are offered when it is ready, and none when it is not. */
async function ask(settings: Settings): Promise<Standing> {
  const standing = await inquire(settings.backendOrigin, await readToken(), means);
  showCourses(standing.state === "ready" ? standing.courses : []);
  part("reach").hidden = standing.state !== "no_permission";
  return standing;
}

/** Has the browser ask the person, straight from a press, and then asks the backend. */
async function reach(): Promise<string> {
  const origin = showAddress();
  if (origin === null) return "";
  const granted = await api.permissions.request({ origins: [patternOf(origin)] }).catch(() => false);
  return granted ? test() : "Without the browser's permission the backend is asked at the first capture.";
}

/** Saves, reaches for the program, and asks the backend how it is where the browser lets this page do so. */
async function test(): Promise<string> {
  const settings = await save();
  if (!settings) return "";
  const reached = await order({ order: "press", action: "connect" });
  if (!reached.ok) return reached.said;
  if (settings.deliverTo === "folder") return "Saved. The program is ready.";
  const standing = await ask(settings);
  if (standing.state !== "no_permission") return `Saved. ${standing.said}`;
  if ((await readToken()) === null) return "Saved. The program is ready, but there is no token yet.";
  return "Saved. The program is ready; the backend is asked at the first capture.";
}

function showSites(snapshot: Snapshot): void {
  const rows = snapshot.consented.map((origin) => {
    const revoke = h("button", { type: "button", class: "quiet", "aria-label": `Take back for ${origin}`, "data-auricle": "revoke" }, "Take back");
    revoke.addEventListener("click", () => void order({ order: "revoke", origin }));
    return h("li", { "data-origin": origin }, h("span", {}, new URL(origin).host), revoke);
  });
  const shown = [...part("sites").children].map((row) => (row as HTMLElement).dataset["origin"]);
  if (shown.join() !== snapshot.consented.join()) part("sites").replaceChildren(...rows);
  part("no-sites").hidden = rows.length > 0;
}

/** The institution's own servers that could be allowed with one press. */
function showOwnServers({ ownServers, granted }: Snapshot): void {
  const unseen = [...new Set(unseenServers(ownServers, granted).map(({ origin }) => origin))];
  const shown = [...part("own-servers").children].map((row) => (row as HTMLElement).dataset["server"]);
  if (shown.join() !== unseen.join()) part("own-servers").replaceChildren(...unseen.map(ownServerRow));
  part("own").hidden = unseen.length === 0;
}

function ownServerRow(origin: string): HTMLElement {
  const allow = h("button", { type: "button", class: "quiet", "aria-label": `Allow access to ${origin}`, "data-auricle": "allow" }, "Allow access");
  allow.addEventListener("click", () => void api.permissions.request({ origins: patternsFor(origin) }));
  return h("li", { "data-server": origin }, h("span", {}, new URL(origin).host), allow);
}

function showHost({ host }: Snapshot): void {
  const words = host.problem ? `${host.problem.message} ${host.problem.next}` : host.version ? `Connected, version ${host.version}.` : "Looking for it…";
  say(part("host"), words);
  part("connect").hidden = host.state === "connected" || host.state === "connecting";
}

async function addVanityHost(typed: string): Promise<void> {
  const verdict = judgeAddress(typed);
  if (!verdict.ok || !verdict.origin.startsWith("https://")) {
    note(part("vanity-note"), "Enter a name such as player.example.ac.uk.", true);
    return;
  }
  const granted = await api.permissions.request({ origins: [`https://${new URL(verdict.origin).hostname}/*`] });
  note(part("vanity-note"), granted ? "Added. Its lectures' pages have the button now." : "Without the browser's permission the button cannot appear there.", !granted);
}

part("mark").append(earMark(27));
part("register").append(command(REGISTER_COMMAND));
part("doctor").append(command("auricle doctor"));
delivery.addEventListener("change", showFields);
field("backendOrigin").addEventListener("change", showAddress);
delivery.addEventListener("submit", (event) => {
  event.preventDefault();
  void save().then((saved) => say(part("saved"), saved ? "Saved." : ""));
});
part("test").addEventListener("click", () => void test().then((sentence) => say(part("saved"), sentence)));
part("reach").addEventListener("click", () => void reach().then((sentence) => say(part("saved"), sentence)));
part("course").addEventListener("change", () => (field("courseId").value = part<HTMLSelectElement>("course").value));
part("connect").addEventListener("click", () => void order({ order: "press", action: "connect" }));
part("forget").addEventListener("click", () => {
  void order({ order: "forget_all" }).then((outcome) => {
    say(part("forgotten"), outcome.ok ? "Forgotten: the program holds no sign-in and no token." : outcome.said);
  });
});
part("grant").addEventListener("click", () => void api.permissions.request({ origins: [...PANOPTO] }));
part("vanity").addEventListener("submit", (event) => {
  event.preventDefault();
  const host = (part<HTMLFormElement>("vanity").elements.namedItem("host") as HTMLInputElement).value;
  void addVanityHost(host);
});

await fill();
// Not before: what a quick hand enters would be overwritten by what is stored.
delivery.inert = false;
const port = api.runtime.connect({ name: PANEL_PORT });
port.onMessage.addListener((snapshot: Snapshot) => {
  part("access").hidden = seesPanopto(snapshot.granted);
  showSites(snapshot);
  showOwnServers(snapshot);
  showHost(snapshot);
});
