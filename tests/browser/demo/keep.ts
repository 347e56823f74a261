// How to look at what a run left running.
import type { Peers } from "../../peers/peers.ts";
import { BACKEND_HOST } from "../../peers/backend/backend.ts";

/** `inspectAt`: HOST:PORT of a browser without a window. */
export function howToLook(peers: Peers, lectureId: string, inspectAt: string | undefined): string {
  const { backend, signIn, caFile } = peers.summary();
  const reach = `--cacert ${caFile} --connect-to ${BACKEND_HOST}:443:127.0.0.1:${String(peers.backend.port)}`;
  const look =
    inspectAt === undefined
      ? "look at its window"
      : `in a Chromium of yours open chrome://inspect, press “Configure…”, add ${inspectAt}, and “inspect” its page`;
  return [
    "Browser, site and backend are still running. Ctrl-C ends them.",
    `  the browser  ${look}`,
    `  the lecture  ${peers.viewerUrl(peers.lectures.hour)}  (${signIn.user} / ${signIn.password})`,
    `  the backend  curl ${reach} -H 'Authorization: Bearer ${backend.token}' -o lecture.m4a ${backend.origin}/api/lectures/${lectureId}/audio`,
  ].join("\n");
}
