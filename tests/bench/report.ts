// What a bench found, as a table and as JSON: the same shape as report.h, from which rows are taken over.
import { readFile, writeFile } from "node:fs/promises";

export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** Null: the peer is not installed. */
  readonly other: number | null;
  readonly other_name: string;
  readonly ratio: number | null;
  /** In words; null: none is set. */
  readonly goal: string | null;
  readonly holds: boolean | null;
}

export interface Report {
  readonly name: string;
  readonly rows: readonly Row[];
}

interface Compared {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly other: number | null;
  readonly otherName: string;
  /** The ratio that is not to be exceeded. */
  readonly maxRatio?: number;
}

export function row({ what, unit, ours, other, otherName, maxRatio }: Compared): Row {
  const ratio = other === null || other <= 0 ? null : ours / other;
  const goal = maxRatio === undefined ? null : `ratio <= ${maxRatio.toFixed(2)}`;
  return { what, unit, ours, other, other_name: otherName, ratio, goal, holds: maxRatio === undefined || ratio === null ? null : ratio <= maxRatio };
}

export function table({ name, rows }: Report): string {
  const heads = [name, "unit", "ours", "other", "other's name", "ratio", "goal", ""];
  const lines = rows.map(({ what, unit, ours, other, other_name, ratio, goal, holds }) => [
    what,
    unit,
    ours.toFixed(2),
    other?.toFixed(2) ?? (other_name === "" ? "" : "missing"),
    other_name,
    ratio?.toFixed(2) ?? "",
    goal ?? "",
    holds === null ? "" : holds ? "holds" : "MISSED",
  ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...lines.map((line) => line[column]?.length ?? 0)));
  const isNumber = (column: number): boolean => [2, 3, 5].includes(column);
  const cell = (text: string, column: number): string => (isNumber(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0));
  return [heads, ...lines].map((line) => line.map(cell).join("  ").trimEnd()).join("\n");
}

export async function writeReport(report: Report, file: string): Promise<void> {
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

export async function readReport(file: string): Promise<Report> {
  return JSON.parse(await readFile(file, "utf8")) as Report;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
