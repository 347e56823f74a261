// What whoever runs the server decides; read from the environment by main.ts, given directly by tests.

import { ENVELOPE_KEY_BYTES, Envelope } from "./envelope.ts";
import type { LogDetail, LogSettings } from "./playback-log.ts";
import type { KeyWrap } from "./primitives.ts";

export interface Settings {
  /** How long a session lasts without a refresh (ms). */
  readonly sessionMs: number;
  /** Questions for keys that one address may ask in a minute; 0: any number. */
  readonly keysPerMinute: number;
  /** The wrap of a session that does not ask for one. */
  readonly keyWrap: KeyWrap;
  /** A session is good from the address alone that began it. */
  readonly bindToAddress: boolean;
  readonly log: LogSettings;
  /** After which log entries are deleted (ms). */
  readonly logKeptMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const DEFAULTS: Settings = {
  sessionMs: 30 * MINUTE_MS,
  keysPerMinute: 100,
  keyWrap: "aes-gcm",
  bindToAddress: false,
  log: { address: "coarse", userAgent: "coarse" },
  logKeptMs: 30 * DAY_MS,
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a sentence that names the variable. */
export function settingsFrom(environment: Environment): Settings {
  const number = (name: string, fallback: number): number => {
    const text = environment[name];
    if (text === undefined || text === "") return fallback;
    if (!/^\d+$/.test(text)) throw new Error(`${name} must be a whole number, not "${text}".`);
    return Number(text);
  };
  const word = <W extends string>(name: string, words: readonly W[], fallback: W): W => {
    const text = environment[name];
    if (text === undefined || text === "") return fallback;
    const found = words.find((one) => one === text);
    if (found === undefined) throw new Error(`${name} must be one of ${words.join(", ")}, not "${text}".`);
    return found;
  };
  const details: readonly LogDetail[] = ["none", "coarse", "full"];
  return {
    sessionMs: DEFAULTS.sessionMs,
    keysPerMinute: number("PLAYBACK_KEYS_PER_MINUTE", DEFAULTS.keysPerMinute),
    keyWrap: word("PLAYBACK_KEY_WRAP", ["aes-gcm", "aes-kw"], DEFAULTS.keyWrap),
    bindToAddress: word("PLAYBACK_BIND_TO_ADDRESS", ["no", "yes"], "no") === "yes",
    log: { address: word("PLAYBACK_LOG_ADDRESS", details, DEFAULTS.log.address), userAgent: word("PLAYBACK_LOG_USER_AGENT", details, DEFAULTS.log.userAgent) },
    logKeptMs: number("PLAYBACK_LOG_DAYS", DEFAULTS.logKeptMs / DAY_MS) * DAY_MS,
  };
}

/** `PLAYBACK_ENVELOPE_KEY`, and those before it, with commas between them, in `PLAYBACK_ENVELOPE_KEYS_BEFORE`: 32 bytes each, in base64. */
export function envelopeFrom(environment: Environment): Envelope {
  const current = environment["PLAYBACK_ENVELOPE_KEY"];
  if (current === undefined || current === "") throw new Error("PLAYBACK_ENVELOPE_KEY is missing: 32 random bytes in base64, as `openssl rand -base64 32` makes them.");
  const before = (environment["PLAYBACK_ENVELOPE_KEYS_BEFORE"] ?? "").split(",").filter((text) => text.trim() !== "");
  const keys = [current, ...before].map((text, at) => {
    const bytes = Buffer.from(text.trim(), "base64");
    if (bytes.length !== ENVELOPE_KEY_BYTES) throw new Error(`${at === 0 ? "PLAYBACK_ENVELOPE_KEY" : "PLAYBACK_ENVELOPE_KEYS_BEFORE"} must hold ${String(ENVELOPE_KEY_BYTES)} bytes in base64.`);
    return bytes;
  });
  return new Envelope(keys[0] ?? Buffer.alloc(0), keys.slice(1));
}
