// Numbers in words for people.

const NO_BREAK = "\u00a0";

/** Decimal units, as browsers and file managers show downloads: 58 MB, 1.2 GB. */
export function bytes(count: number): string {
  if (count < 1000) return `${Math.round(count)}${NO_BREAK}B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = count;
  let unit = -1;
  do {
    value /= 1000;
    unit++;
  } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)}${NO_BREAK}${units[unit]}`;
}

export function speed(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

/** How long something still takes: 8 s, 2 min, 1 h 5 min. Rounded up, since waiting longer than promised annoys. */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds}${NO_BREAK}s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes}${NO_BREAK}min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)}${NO_BREAK}h${rest ? ` ${rest}${NO_BREAK}min` : ""}`;
}

/** A whole per cent from 0 to 100; 100 only when all is there. */
export function percent(done: number, total: number | null): number | null {
  if (total === null || total <= 0) return null;
  return Math.max(0, Math.min(100, Math.floor((done / total) * 100)));
}

/** What was not downloaded: “Saved 88 % — 58 MB instead of 465 MB”; null when nothing is known or was saved. */
export function savings(saved: number | null, fetched: number | null, whole: number | null): string | null {
  if (saved === null || saved < 0.005) return null;
  const share = `Saved ${Math.floor(saved * 100)}${NO_BREAK}%`;
  return fetched === null || whole === null ? share : `${share} — ${bytes(fetched)} instead of ${bytes(whole)}`;
}

/** A place in a recording: 0:07, 58:20, 1:02:05. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (count: number): string => String(count).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}:${two(whole % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
