// The settings: where recordings go, which sites were agreed to, and how the program is reached.
import { PANOPTO, seesPanopto } from "../shared/access.ts";
import { api } from "../shared/browser.ts";
import { command, REGISTER_COMMAND } from "../shared/install.ts";
import { earMark, h, say } from "../shared/dom.ts";
import { judgeAddress } from "../shared/backend.ts";
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
  if (settings.backendOrigin !== "") showAddress();
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

/** Saves, reaches for the program, and asks the backend how it is where the browser lets this page do so. */
async function test(): Promise<string> {
  const settings = await save();
  if (!settings) return "";
  const reached = await order({ order: "press", action: "connect" });
  if (!reached.ok) return reached.said;
  if (settings.deliverTo === "folder") return "Saved. The program is ready.";
  if ((await readToken()) === null) return "Saved. The program is ready, but there is no token yet.";
  if (!(await api.permissions.contains({ origins: [`${settings.backendOrigin}/*`] }))) {
    return "Saved. The program is ready; the backend is asked at the first capture.";
  }
  const answer = await fetch(`${settings.backendOrigin}/api/health`).catch(() => null);
  return answer?.ok ? "Saved. Program and backend are ready." : "Saved. The program is ready, but the backend does not answer.";
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
  note(part("vanity-note"), granted ? "Added. Load the lecture's page again to see the button." : "Without the browser's permission the button cannot appear there.", !granted);
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
  showHost(snapshot);
});
