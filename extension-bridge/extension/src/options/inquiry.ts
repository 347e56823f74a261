// What the settings ask a backend: whether it is there, whether it takes the token, and which courses it offers.
import { judgeAddress } from "../shared/backend.ts";

export interface Course {
  /** What a capture names. */
  id: string;
  /** What a person reads. */
  label: string;
}

/** `said`: one sentence. `courses` is empty where the backend offers none, or no such list. */
export type Standing =
  | { state: "ready"; courses: Course[]; said: string }
  | { state: "not_allowed" | "no_permission" | "unreachable" | "no_backend" | "troubled" | "token_missing" | "token_refused" | "forbidden"; said: string };

/** What is asked with: the browser's own, except in tests. */
export interface Means {
  /** Whether the browser lets this page reach the origin. */
  permitted(origin: string): Promise<boolean>;
  fetch(address: string, init: RequestInit): Promise<Response>;
}

/** How long a backend may take for each answer (ms). */
const PATIENCE_MS = 10_000;
const MOST_COURSES = 500;
const LONGEST_DETAIL = 200;

/** What to ask the browser for, so that the origin comes within reach. Firefox's patterns know no ports. */
export function patternOf(origin: string): string {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}/*`;
}

/** Never sends the token to an address that does not take it safely, nor along a redirect. */
export async function inquire(origin: string, token: string | null, means: Means): Promise<Standing> {
  const { host } = new URL(origin);
  const verdict = judgeAddress(origin);
  if (!verdict.ok || verdict.warning !== null) return { state: "not_allowed", said: `Nothing is sent to ${host} without https: only to this computer.` };
  if (!(await means.permitted(origin))) return { state: "no_permission", said: `The browser does not let these settings reach ${host} yet.` };
  const health = await answerOf(means, `${origin}/api/health`, {});
  if (health === null) return { state: "unreachable", said: `${host} does not answer. Check the address, and whether it is running.` };
  if (health.status >= 500) return { state: "troubled", said: `${host} answers, but is in trouble (status ${String(health.status)}). Try again later.` };
  if (!health.ok || recordOf(await valueOf(health))["status"] !== "ok") return { state: "no_backend", said: `Something answers at ${host}, but it is no study backend. Check the address.` };
  if (token === null) return { state: "token_missing", said: `${host} is reached, but there is no token yet.` };
  const courses = await answerOf(means, `${origin}/api/courses`, { authorization: `Bearer ${token}` });
  return courses === null ? { state: "unreachable", said: `${host} has stopped answering. Try again.` } : standingOf(host, courses);
}

async function standingOf(host: string, answer: Response): Promise<Standing> {
  const value = await valueOf(answer);
  if (answer.status === 401) return { state: "token_refused", said: `${host} refuses the token. Enter a new one.` };
  if (answer.status === 403) return { state: "forbidden", said: `${host} takes the token, but does not let you in${because(value)}` };
  // The list is not asked of a backend: without it, a course is typed.
  if (answer.status === 404 || answer.status === 405) return { state: "ready", courses: [], said: "Program and backend are ready." };
  if (!answer.ok) return { state: "troubled", said: `${host} could not say which courses there are (status ${String(answer.status)})${because(value)}` };
  return { state: "ready", courses: coursesOf(value), said: "Program and backend are ready." };
}

/** Null: nobody answered, or the answer would have led elsewhere. */
function answerOf(means: Means, address: string, headers: Record<string, string>): Promise<Response | null> {
  const init: RequestInit = { headers, credentials: "omit", redirect: "error", cache: "no-store", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(PATIENCE_MS) };
  return means.fetch(address, init).catch(() => null);
}

async function valueOf(answer: Response): Promise<unknown> {
  return answer.json().catch(() => null) as Promise<unknown>;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Those with an id; the rest of each is for the label alone. */
export function coursesOf(value: unknown): Course[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_COURSES).flatMap((item: unknown) => {
    const { id, code, title, instructor } = recordOf(item);
    if (typeof id !== "string" || id.trim() === "") return [];
    const words = [code, title, instructor].filter((word): word is string => typeof word === "string" && word.trim() !== "");
    return [{ id, label: words.length > 0 ? words.join(" · ") : id }];
  });
}

/** The end of a sentence: FastAPI's `detail` is a text, or a list of what is wrong where. */
function because(value: unknown): string {
  const { detail } = recordOf(value);
  const words = Array.isArray(detail) ? detail.map(faultOf).filter((word) => word !== "").join("; ") : typeof detail === "string" ? detail : "";
  const short = words.length > LONGEST_DETAIL ? `${words.slice(0, LONGEST_DETAIL)}…` : words;
  return short.trim() === "" ? "." : `: ${short.trim().replace(/\.$/, "")}.`;
}

function faultOf(item: unknown): string {
  const { loc, msg } = recordOf(item);
  const where = Array.isArray(loc) ? String(loc.at(-1) ?? "") : "";
  return typeof msg === "string" ? (where === "" ? msg : `${where}: ${msg}`) : "";
}
