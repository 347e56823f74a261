// What scripts/run passes on. It has told the person what is wrong with an option before anything is installed.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { BROWSERS } from "../support/test-browser.ts";
import type { BrowserName } from "../support/test-browser.ts";

export interface DemoOptions {
  /** The host, as it was built. */
  readonly program: string;
  readonly browser: BrowserName;
  readonly headed: boolean;
  /** All stays as it is at the end, until Ctrl-C. */
  readonly keep: boolean;
  /** Where the figures go. */
  readonly jsonFile?: string;
}

/** `from`: the folder in which the person stands; relative names are meant there. */
export function readOptions(args: readonly string[], from: string): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      program: { type: "string" },
      browser: { type: "string", default: "chromium" },
      headed: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  if (values.program === undefined) throw new Error("--program is missing: start this by scripts/run");
  const browser = BROWSERS.find((name) => name === values.browser);
  if (browser === undefined) throw new Error(`--browser takes ${BROWSERS.join(" or ")}`);
  return {
    program: values.program,
    browser,
    headed: values.headed,
    keep: values.keep,
    ...(values.json === undefined ? {} : { jsonFile: resolve(from, values.json) }),
  };
}
