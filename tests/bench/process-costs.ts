// What a running process has cost so far, as the kernel tells it (proc(5)).
import { readFile } from "node:fs/promises";

export interface ProcessCosts {
  /** The largest resident set so far. */
  readonly peakMiB: number;
  readonly cpuS: number;
}

const TICKS_PER_SECOND = 100;

export async function costsOf(pid: number): Promise<ProcessCosts> {
  const status = await readFile(`/proc/${String(pid)}/status`, "utf8");
  const stat = await readFile(`/proc/${String(pid)}/stat`, "utf8");
  const peakKib = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
  // Behind the name, which may hold anything: utime and stime are the 14th and 15th field of all.
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
  return { peakMiB: peakKib / 1024, cpuS: ((user ?? NaN) + (system ?? NaN)) / TICKS_PER_SECOND };
}
