// How to look at what a run left running.
import type { Peers } from "../../peers/peers.ts";
import { BACKEND_HOST } from "../../peers/backend/backend.ts";
import type { DemoOptions } from "./options.ts";

export function howToLook(peers: Peers, lectureId: string, { headed }: Pick<DemoOptions, "headed">): string {
  const { backend, signIn, caFile, spki, hostResolverRules } = peers.summary();
  const reach = `--cacert ${caFile} --connect-to ${BACKEND_HOST}:443:127.0.0.1:${String(peers.backend.port)}`;
  const own = `chromium --user-data-dir=$(mktemp -d) --ignore-certificate-errors-spki-list=${spki} --host-resolver-rules='${hostResolverRules}'`;
  return [
    "Browser, site and backend are still running. Ctrl-C ends them.",
    `  the browser  ${headed ? "look at its window" : "has no window; with --headed it has one"}`,
    `  the lecture  ${peers.viewerUrl(peers.lectures.hour)}  (${signIn.user} / ${signIn.password})`,
    `  a browser of your own sees the site, too:  ${own}`,
    `  the backend  curl ${reach} -H 'Authorization: Bearer ${backend.token}' -o lecture.m4a ${backend.origin}/api/lectures/${lectureId}/audio`,
  ].join("\n");
}
