// Processes of one group, from /proc: a browser, its children, and the hosts that it started.
import { readFile, readdir } from "node:fs/promises";
import { eventually } from "./sleep.ts";

/** Ids of the group's processes that are alive; one that is dead and not yet collected by its parent does not count. */
export async function processesOf(group: number): Promise<number[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(ids.map(async (id) => ((await isOf(id, group)) ? [Number(id)] : [])));
  return found.flat();
}

async function isOf(id: string, group: number): Promise<boolean> {
  const line = await readFile(`/proc/${id}/stat`, "utf8").catch(() => "");
  // The name stands in parentheses and may hold anything; behind it come state, parent and group.
  const [state, , processGroup] = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return processGroup === String(group) && state !== "Z" && state !== "X";
}

/** Waits until nobody of the group is left; after `patienceMs` they are killed. */
export async function groupEnds(group: number, patienceMs: number): Promise<void> {
  const isGone = async (): Promise<boolean> => (await processesOf(group)).length === 0;
  await eventually("the end of all processes", isGone, patienceMs).catch(async () => {
    for (const id of await processesOf(group)) kill(id, "SIGKILL");
    await eventually("the end of killed processes", isGone);
  });
}

/** A process that is gone already is as good as one that was ended. */
export function kill(id: number, signal: NodeJS.Signals): void {
  try {
    process.kill(id, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Command lines of living processes that carry a text in it or in their environment, as far as we may read that. */
export async function processesWith(text: string): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const found = await Promise.all(
    ids.map(async (id) => {
      const parts = await Promise.all(["cmdline", "environ"].map((part) => readFile(`/proc/${id}/${part}`, "utf8").catch(() => "")));
      return parts.some((part) => part.includes(text)) ? [(parts[0] ?? "").replaceAll("\0", " ").trim()] : [];
    }),
  );
  return found.flat();
}

const PAGE_BYTES = 4096;

/** Memory that a program and its children hold at the moment, in whose command line a text stands, bytes. What they share counts for each. */
export async function residentBytes(text: string): Promise<number> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const groups = new Set<number>();
  for (const id of ids) {
    const [line, stat] = await Promise.all(["cmdline", "stat"].map((part) => readFile(`/proc/${id}/${part}`, "utf8").catch(() => "")));
    if (line?.includes(text) && stat !== undefined) groups.add(Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]));
  }
  const members = (await Promise.all([...groups].map(processesOf))).flat();
  const sizes = members.map(async (id) => Number((await readFile(`/proc/${String(id)}/statm`, "utf8").catch(() => "0 0")).split(" ")[1]) * PAGE_BYTES);
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}
