// Which program the tests run: what scripts/test has built, or the one that AURICLE names.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute path of the host. Throws, with what to do, when it has not been built. */
export function program(): string {
  const named = process.env["AURICLE"] ?? fileURLToPath(new URL("../../../build/release/auricle", import.meta.url));
  if (!existsSync(named)) throw new Error(`There is no ${named}. Run scripts/build, or name the program in AURICLE.`);
  return named;
}
