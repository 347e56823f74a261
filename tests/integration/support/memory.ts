// Looks for secrets in the memory of a running host, in the forms in which they travel through it.
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { program } from "./program.ts";

/** A piece of a secret is looked for as well as the whole: what is overwritten at its begin is still readable behind it. */
const PIECE_BYTES = 24;

/** HPACK's code (RFC 7541 appendix B) for the letters that secrets are made of. It is canonical: by length, then by value. */
const CODE_LENGTHS: readonly (readonly [bits: number, symbols: string])[] = [
  [5, "012aceiost"],
  [6, " %-./3456789=A_bdfghlmnpru"],
  [7, ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"],
  [8, "&*,;XZ"],
];

const CODES = ((): ReadonlyMap<string, string> => {
  const codes = new Map<string, string>();
  let next = 0;
  let length = 0;
  for (const [bits, symbols] of CODE_LENGTHS) {
    next <<= bits - length;
    length = bits;
    for (const symbol of symbols) codes.set(symbol, (next++).toString(2).padStart(bits, "0"));
  }
  return codes;
})();

/** A text amid a Huffman-coded header value: it may begin at any bit, and only the bytes that are its alone are known. */
export function huffman(text: string): Buffer[] {
  const bits = [...text].map((letter) => {
    const code = CODES.get(letter);
    if (code === undefined) throw new Error(`no code for ${letter}`);
    return code;
  });
  const all = bits.join("");
  return [0, 1, 2, 3, 4, 5, 6, 7].map((skipped) => Buffer.from((all.slice(skipped).match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))));
}

/** A text amid a base64 text: three cuts are all there are. */
export function base64(text: string): Buffer[] {
  return [0, 1, 2].map((skipped) => Buffer.from(Buffer.from(text.slice(skipped), "latin1").toString("base64").replace(/=+$/, "").slice(0, -1), "latin1"));
}

interface Needle {
  readonly label: string;
  readonly bytes: Buffer;
}

function needles(secrets: ReadonlyMap<string, string>): Needle[] {
  return [...secrets].flatMap(([name, secret]) => {
    const starts = Array.from({ length: Math.max(1, Math.floor(secret.length / PIECE_BYTES)) }, (_, i) => i * PIECE_BYTES);
    return starts.flatMap((at) => {
      const piece = secret.slice(at, at + PIECE_BYTES);
      const form = (word: string, all: readonly Buffer[]): Needle[] => all.map((bytes) => ({ label: `${name}/${word}@${String(at)}`, bytes }));
      return [...form("plain", [Buffer.from(piece, "latin1")]), ...form("base64", base64(piece)), ...form("huffman", huffman(piece))];
    });
  });
}

export interface Copies {
  /** `NAME/FORM@OFFSET ADDRESS MAPPING`, one for each piece found. */
  readonly found: readonly string[];
  readonly searchedBytes: number;
}

export interface Search {
  /** Resolves once the search needs nothing more of the test: at once, or, at the end, when it watches the process. */
  readonly ready: Promise<void>;
  /** undefined: looking into another process is not permitted here. */
  readonly copies: Promise<Copies | undefined>;
}

/** `secrets` by the names that the outcome calls them by. `when` end: looks after the process' last instruction. */
export function search(pid: number, secrets: ReadonlyMap<string, string>, when: "now" | "end" = "now"): Search {
  const child = spawn(join(dirname(program()), "memory_search"), [String(pid), ...(when === "end" ? ["--at-exit"] : [])], { stdio: ["pipe", "pipe", "pipe"] });
  let out = "";
  let complaint = "";
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const ready = new Promise<void>((resolve) => {
    child.stdout.on("data", (bytes: Buffer) => {
      out += bytes.toString("latin1");
      if (out.includes("waiting\n")) resolve();
    });
    void ended.then(() => resolve());
    if (when === "now") resolve();
  });
  child.stderr.on("data", (bytes: Buffer) => (complaint += bytes.toString("latin1")));
  child.stdin.end(
    needles(secrets)
      .map(({ label, bytes }) => `${label} ${bytes.toString("hex")}\n`)
      .join(""),
  );
  const copies = ended.then((status) => {
    if (status === 77) return undefined;
    const lines = out.split("\n").filter((line) => line !== "" && line !== "waiting");
    const searched = /^searched (\d+) bytes$/.exec(lines.at(-1) ?? "");
    if (status !== 0 || searched === null) throw new Error(`memory_search failed (${String(status)}): ${complaint}${out}`);
    return { found: lines.slice(0, -1), searchedBytes: Number(searched[1]) };
  });
  return { ready, copies };
}
