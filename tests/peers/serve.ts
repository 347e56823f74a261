// node --import tsx tests/peers/serve.ts --dir DIR [--json] [--cache DIR] [--short] [--sso]
// Serves until SIGTERM, SIGINT or the end of standard input. Each line of input is an order: `counters`, `sign-in`
// (a cookie's value), `end-sessions`; each is answered by one line of JSON. DATABASE_URL and S3_ENDPOINT (with S3_BUCKET,
// S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY) are the backend's.

import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { databaseFrom, storeFrom } from "./backend/environment.ts";
import { startPeers } from "./peers.ts";
import type { Peers } from "./peers.ts";
import { LECTURE } from "./playback/library.ts";

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    cache: { type: "string" },
    json: { type: "boolean", default: false },
    short: { type: "boolean", default: false },
    sso: { type: "boolean", default: false },
  },
});

if (values.dir === undefined) {
  process.stderr.write("serve: --dir DIR is missing: the folder for certificates and the backend's files\n");
  process.exit(2);
}

const input = createInterface({ input: process.stdin });
const ended = new Promise<void>((resolve) => {
  input.once("close", resolve);
  process.once("SIGINT", () => resolve());
  process.once("SIGTERM", () => resolve());
});

const store = storeFrom(process.env);
const database = await databaseFrom(process.env);
const peers = await startPeers({
  database,
  ...(store === undefined ? {} : { backend: { store } }),
  dir: values.dir,
  hour: !values.short,
  signIn: values.sso ? "sso" : "form",
  ...(values.cache === undefined ? {} : { cacheDir: values.cache }),
});
input.on("line", (line) => say(obey(peers, line.trim())));
if (values.json) say(peers.summary());
else process.stdout.write(readable(peers));

await ended;
await peers.stop();
await database.close();
// Standard input may still be open, and would keep the process.
process.exit(0);

function obey(of: Peers, order: string): unknown {
  switch (order) {
    case "counters":
      return of.counters();
    case "sign-in":
      return { value: of.site.signInDirectly() };
    case "end-sessions":
      of.site.endAllSessions();
      return { ended: true };
    default:
      return { error: "the orders are: counters, sign-in, end-sessions" };
  }
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function readable(of: Peers): string {
  const { backend, signIn, caFile, spki, hostResolverRules } = of.summary();
  return [
    `lecture   ${of.viewerUrl(of.lectures.hour)}`,
    `sign in   ${signIn.user} / ${signIn.password}`,
    `sealed    ${of.playback.watchUrl(LECTURE)}`,
    `backend   ${backend.origin}  token ${backend.token}`,
    `authority ${caFile}`,
    `browser   chromium --user-data-dir=DIR --ignore-certificate-errors-spki-list=${spki} --host-resolver-rules="${hostResolverRules}"`,
    "Ctrl-C ends it.",
    "",
  ].join("\n");
}
