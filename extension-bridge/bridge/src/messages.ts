// What the browsers say when the host is missing, forbidden or broken, turned into sentences that say what to do.
// The browsers' texts are matched because they give no codes.

/** Why there is no channel. `unanswered`: the host is there but does not answer. `closed`: this side ended it. */
export type ChannelProblem =
  | "host_missing"
  | "host_forbidden"
  | "host_ended"
  | "host_spoiled"
  | "message_too_large"
  | "no_permission"
  | "protocol_mismatch"
  | "unanswered"
  | "closed"
  | "lost";

/** A problem of the channel in words for the person. */
export interface Explanation {
  problem: ChannelProblem;
  /** What happened, one sentence. */
  message: string;
  /** What to do about it, one sentence. */
  next: string;
  /** Whether connecting again may help without the person doing anything. */
  retryable: boolean;
}

export const EXPLANATIONS: Readonly<Record<ChannelProblem, Omit<Explanation, "problem">>> = {
  host_missing: {
    message: "The Auricle program is not installed for this browser.",
    next: "Install it, run “auricle install” once, and try again.",
    retryable: false,
  },
  host_forbidden: {
    message: "The Auricle program is installed, but not for this extension.",
    next: "Run “auricle install” again, so that this extension is on its list.",
    retryable: false,
  },
  host_ended: {
    message: "The Auricle program has stopped.",
    next: "It is started again by itself. If it keeps stopping, run “auricle doctor” in a terminal.",
    retryable: true,
  },
  host_spoiled: {
    message: "Something other than Auricle's own messages arrived from the program.",
    next: "Run “auricle doctor” in a terminal: a wrapper script or another program prints text in its place.",
    retryable: true,
  },
  message_too_large: {
    message: "A message was too large for the browser to carry.",
    next: "Try again; if it happens again, report it with the output of “auricle doctor”.",
    retryable: false,
  },
  no_permission: {
    message: "The browser does not let this extension talk to programs.",
    next: "Switch the extension off and on again, or ask whoever administers this browser.",
    retryable: false,
  },
  protocol_mismatch: {
    message: "The Auricle program and this extension are of versions that do not understand each other.",
    next: "Update both of them.",
    retryable: false,
  },
  unanswered: {
    message: "The Auricle program does not answer.",
    next: "It is started anew by itself. If it stays silent, run “auricle doctor” in a terminal.",
    retryable: true,
  },
  closed: {
    message: "The connection to the Auricle program was closed.",
    next: "Connect again.",
    retryable: false,
  },
  lost: {
    message: "The connection to the Auricle program was lost.",
    next: "It is opened again by itself.",
    retryable: true,
  },
};

/** Chromium's and Firefox's texts, most telling first. */
const TEXTS: readonly (readonly [RegExp, ChannelProblem])[] = [
  [/native messaging host not found/i, "host_missing"],
  [/no such native application/i, "host_missing"],
  [/access to the specified native messaging host is forbidden/i, "host_forbidden"],
  [/extension does not have permission to use native application/i, "host_forbidden"],
  [/native messaging is disabled|blocked by (the )?administrator|nativeMessaging is missing/i, "no_permission"],
  [/failed to start native messaging host/i, "host_missing"],
  [/message exceeded maximum allowed size/i, "message_too_large"],
  [/native host has exited/i, "host_ended"],
  [/error when communicating with the native messaging host/i, "host_spoiled"],
];

/** Firefox names the announced length of a message that it refused. */
const ANNOUNCED = /send a message of (\d+) bytes/i;

/** The most that a host may send in one message, bytes. */
const REPLY_LIMIT_BYTES = 1_048_576;

/**
 * The start of stray text on the host's standard output, read back from a "length" that is really its first four bytes
 * (little-endian, as on every machine these browsers run on); null when the number is a believable length.
 */
export function strayText(announcedBytes: number): string | null {
  if (announcedBytes <= REPLY_LIMIT_BYTES || announcedBytes > 0xffffffff) return null;
  const bytes = [0, 8, 16, 24].map((shift) => (announcedBytes >>> shift) & 0xff);
  return bytes.every((b) => (b >= 0x20 && b < 0x7f) || b === 9 || b === 10 || b === 13) ? String.fromCharCode(...bytes) : null;
}

export function explain(problem: ChannelProblem): Explanation {
  return { problem, ...EXPLANATIONS[problem] };
}

/** Decodes the browser's own message about a port that ended or could not be opened; an empty one is a lost port. */
export function decode(browserText: string): Explanation {
  const announced = ANNOUNCED.exec(browserText)?.[1];
  if (announced !== undefined) {
    const stray = strayText(Number(announced));
    const spoiled = explain("host_spoiled");
    return stray === null
      ? { ...spoiled, message: `The Auricle program sent a message of ${announced} bytes, more than the browser takes.` }
      : { ...spoiled, message: `Stray text beginning with ${JSON.stringify(stray)} arrived in place of Auricle's messages.` };
  }
  for (const [text, problem] of TEXTS) if (text.test(browserText)) return explain(problem);
  return explain("lost");
}
