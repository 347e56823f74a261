// What the host makes of yt-dlp's own sentences: a program in its place says them, word for word, one for each test.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "node:test";
import type { Capture, ErrorKind, RefreshWanted } from "../../extension-bridge/bridge/src/index.ts";
import { assertFailed, assertFault, assertSaved } from "./support/assertions.ts";
import type { RunningHost } from "./support/scene.ts";
import { recentVersion, YOUTUBE, YoutubeStage } from "./support/youtube-stage.ts";

const ID = "dQw4w9WgXcQ";
const PAGE = `${YOUTUBE}/watch?v=${ID}`;
const HINT =
  "Use --cookies-from-browser or --cookies for the authentication. See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies. Also see  https://github.com/yt-dlp/yt-dlp/wiki/Extractors#exporting-youtube-cookies  for tips on effectively exporting YouTube cookies";
const ROTATED =
  "WARNING: [youtube] The provided YouTube account cookies are no longer valid. They have likely been rotated in the browser as a security measure. For tips on how to effectively export YouTube cookies, refer to  https://github.com/yt-dlp/yt-dlp/wiki/Extractors#exporting-youtube-cookies .";
const NO_RUNTIME =
  "WARNING: [youtube] No supported JavaScript runtime could be found. Only deno is enabled by default; to use another runtime add  --js-runtimes RUNTIME[:PATH]  to your command/config. YouTube extraction without a JS runtime has been deprecated, and some formats may be missing. See  https://github.com/yt-dlp/yt-dlp/wiki/EJS  for details on installing one";
const NO_FORMAT = `ERROR: [youtube] ${ID}: Requested format is not available. Use --list-formats for a list of available formats`;
const error = (text: string): string => `ERROR: [youtube] ${ID}: ${text}`;

let stage: YoutubeStage;
before(async () => {
  stage = await YoutubeStage.open();
});
afterEach(() => stage.rest());
after(() => stage.close());

/** Says these lines on standard error and fails. */
function saying(...lines: readonly string[]): string {
  return `cat >&2 <<'WORDS'\n${lines.join("\n")}\nWORDS\nexit 1`;
}

const LOOKED = `META {"id": "${ID}", "title": "Scripted", "duration": 20, "live_status": "not_live"} []`;

/** Looks well, then does `then` in place of the download. */
function fetching(then: string): string {
  return `case "$*" in *--simulate*) echo '${LOOKED}'; exit 0 ;; esac\n${then}`;
}

/** Leaves these bytes in the file that it names, as its last act. */
function leaving(bytes: Buffer): string {
  return fetching(`base64 -d > sound.m4a <<'BYTES'\n${(bytes.toString("base64").match(/.{1,76}/g) ?? []).join("\n")}\nBYTES\necho 'FILE "sound.m4a"'`);
}

async function hostWith(script: string, version = recentVersion(), onRefreshWanted?: (wanted: RefreshWanted) => Promise<{ failed: string }>): Promise<RunningHost> {
  const config = { tools: { ytDlp: await stage.program(script, version) }, captures: { signInMs: 60_000 } };
  const host = await stage.start({ config, ...(onRefreshWanted === undefined ? {} : { onRefreshWanted }) });
  await stage.putCookies(host, stage.site.signIn());
  return host;
}

async function outcomeOf(script: string, version?: string): Promise<{ host: RunningHost; capture: Capture }> {
  const host = await hostWith(script, version);
  const { id } = await host.start(PAGE);
  return { host, capture: await host.reaches(id, ["done", "failed", "waiting_for_cookies", "parked"], 60_000) };
}

interface Refused {
  readonly says: readonly string[];
  readonly kind: ErrorKind;
  readonly tells: RegExp;
}

describe("what yt-dlp says of the account or the video ends the capture, and nobody is asked for cookies:", () => {
  const rows: Readonly<Record<string, Refused>> = {
    age: { says: [error(`Sign in to confirm your age. This video may be inappropriate for some users. ${HINT}`)], kind: "forbidden", tells: /age/ },
    private: { says: [error(`Private video. Sign in if you've been granted access to this video. ${HINT}`)], kind: "forbidden", tells: /private/ },
    members: { says: [error("Join this channel to get access to members-only content like this video, and other exclusive perks.")], kind: "forbidden", tells: /members/ },
    "members, on Android": { says: [error("Join this channel from your computer or Android app to get access to members-only content like this video.")], kind: "forbidden", tells: /members/ },
    "members of a level": { says: [error("This video is available to this channel's members on level: Gold (or any higher level). Join this channel to get access")], kind: "forbidden", tells: /members/ },
    drm: { says: [error("This video is DRM protected")], kind: "drm_protected", tells: /DRM/ },
    unavailable: { says: [error("Video unavailable")], kind: "not_found", tells: /not available/ },
    format: { says: [NO_FORMAT], kind: "not_media", tells: /no sound/ },
    "403": { says: ["ERROR: unable to download video data: HTTP Error 403: Forbidden"], kind: "forbidden", tells: /403/ },
    js: { says: [NO_RUNTIME, NO_FORMAT], kind: "tool_missing", tells: /deno .* node/ },
    "js, a riddle not solved": { says: ["WARNING: [youtube] n challenge solving failed: Some formats may be missing.", NO_FORMAT], kind: "tool_missing", tells: /yt-dlp-ejs/ },
    stale: { says: ["WARNING: Your yt-dlp version (2026.01.01) is older than 90 days!", NO_FORMAT], kind: "tool_missing", tells: /newer/ },
  };
  for (const [name, { says, kind, tells }] of Object.entries(rows)) {
    it(name, async () => {
      const { host, capture } = await outcomeOf(saying(...says));
      assertFailed(capture, kind);
      assert.match(capture.error?.message ?? "", tells);
      assert.deepEqual(host.wanted, []);
    });
  }

  it("format, by a yt-dlp of years ago: it is too old, and the sentence names the remedy", async () => {
    const { capture } = await outcomeOf(saying(NO_FORMAT), "2023.03.04");
    assertFailed(capture, "tool_missing");
    assert.match(capture.error?.message ?? "", /2023\.03\.04.*newer/);
  });
});

describe("what yt-dlp says of the session has the browser asked for its cookies:", () => {
  const rows: Readonly<Record<string, { says: readonly string[]; reason: string }>> = {
    "bot check": { says: [error(`Sign in to confirm you’re not a bot. ${HINT}`)], reason: "bot_detection" },
    captcha: { says: [error("Something went wrong. YouTube is requiring a captcha challenge before playback")], reason: "bot_detection" },
    "rotated cookies": { says: [ROTATED, error(`Sign in to confirm you’re not a bot. ${HINT}`)], reason: "session_expired" },
    login: { says: [error(`Login details are needed to download this content. ${HINT}`)], reason: "session_expired" },
  };
  for (const [name, { says, reason }] of Object.entries(rows)) {
    it(name, async () => {
      const { host, capture } = await outcomeOf(saying(...says));
      assert.equal(capture.state, "waiting_for_cookies");
      assert.equal(host.wanted.at(-1)?.reason, reason);
    });
  }

  it("rotated cookies, though it went on as anybody and found the video", async () => {
    const { host, capture } = await outcomeOf(`echo '${LOOKED}'\necho '${ROTATED}' >&2`);
    assert.equal(capture.state, "waiting_for_cookies");
    assert.equal(host.wanted.at(-1)?.reason, "session_expired");
  });
});

describe("what yt-dlp says of too many requests has the capture wait, and go on by itself later:", () => {
  const rows = {
    rate: "This content isn't available, try again later. Your account has been rate-limited by YouTube for up to an hour. It is recommended to use `-t sleep` to add a delay between video requests to avoid exceeding the rate limit. For more information, refer to  https://github.com/yt-dlp/yt-dlp/wiki/Extractors#this-content-isnt-available-try-again-later",
    "rate, as a guest": "This content isn't available, try again later. The current session has been rate-limited by YouTube for up to an hour.",
    "429": "Unable to download API page: HTTP Error 429: Too Many Requests (caused by <HTTPError 429: Too Many Requests>)",
  };
  for (const [name, says] of Object.entries(rows)) {
    it(name, async () => {
      const { host, capture } = await outcomeOf(saying(error(says)));
      assert.equal(capture.state, "parked");
      assertFault(capture.error, "rate_limited");
      assert.deepEqual(host.wanted, []);
    });
  }
});

describe("a bot check that no cookies pass", () => {
  it("is tried once without any, which a public video may be seen with", async () => {
    const { audio } = stage.scene.peers.lectures.short;
    const script = `case "$*" in *--cookies*)\n${saying(error(`Sign in to confirm you’re not a bot. ${HINT}`))}\n;; esac\n${leaving(await readFile(audio.file))}`;
    const config = { tools: { ytDlp: await stage.program(script, recentVersion()) }, captures: { signInMs: 200 } };
    const host = await stage.start({ config, onRefreshWanted: () => Promise.resolve({ failed: "login_required" }) });
    await stage.putCookies(host, stage.site.signIn());
    await assertSaved(await host.capture(PAGE), audio);
    assert.equal(host.wanted.length, 1);
  });

  it("and that none pass either fails as what it is", async () => {
    const config = { tools: { ytDlp: await stage.program(saying(error(`Sign in to confirm you’re not a bot. ${HINT}`)), recentVersion()) }, captures: { signInMs: 200 } };
    const host = await stage.start({ config, onRefreshWanted: () => Promise.resolve({ failed: "login_required" }) });
    await stage.putCookies(host, stage.site.signIn());
    assertFailed(await host.capture(PAGE), "bot_detected");
  });
});

describe("yt-dlp that ends well", () => {
  it("has done so only where it leaves a sound", async () => {
    const { audio } = stage.scene.peers.lectures.short;
    const { capture } = await outcomeOf(leaving(await readFile(audio.file)));
    await assertSaved(capture, audio);
  });

  it("and leaves no file has failed", async () => {
    const { capture } = await outcomeOf(fetching("exit 0"));
    assertFailed(capture, "not_media");
  });

  it("and leaves a page in place of a sound has failed", async () => {
    const { capture } = await outcomeOf(leaving(Buffer.from("<!DOCTYPE html><title>Sign in</title><p>Please sign in.</p>")));
    assertFailed(capture, "not_media");
  });

  it("and leaves a file of another size than its name promises has failed, and it is fetched anew", async () => {
    const script = fetching(`echo again >> runs; echo short > a.140.64072.m4a; echo 'FILE "a.140.64072.m4a"'`);
    const { host, capture } = await outcomeOf(script);
    assertFailed(capture, "network");
    await host.leave();
    const runs = (await stage.scene.filesLeft()).filter((file) => file.endsWith("/runs") && file.includes(capture.id));
    assert.equal(await readFile(runs[0] ?? assert.fail(), "utf8"), "again\n".repeat(3));
  });

  it("and names a file elsewhere has failed", async () => {
    const { file } = stage.scene.peers.lectures.short.audio;
    const { capture } = await outcomeOf(fetching(`echo 'FILE "${file}"'`));
    assertFailed(capture, "not_media");
  });
});

describe("lines of the cookie file that yt-dlp quotes", () => {
  it("reach no log, no message and no frame", async () => {
    const quoting = `{ echo "WARNING: skipping cookie file entry due to invalid length 6: '$(tail -n 1 /proc/self/fd/4)'"; echo "ERROR: nobody knows this: $(cut -f 7 /proc/self/fd/4 | tail -n 1)"; } >&2\nexit 1`;
    const config = { tools: { ytDlp: await stage.program(quoting, recentVersion()) }, log: { level: "debug" } };
    const host = await stage.start({ config });
    const session = stage.site.signIn();
    await stage.putCookies(host, session);
    const capture = await host.capture(PAGE);
    assertFailed(capture, "internal");
    // It was seen, and taken out.
    assert.match(capture.error?.message ?? "", /nobody knows this: \[cookie\]/);
    await host.leave();
    const said = [JSON.stringify(host.frames), host.port.stderr, ...(await Promise.all((await stage.scene.filesLeft()).filter((file) => !file.includes("/program-")).map((file) => readFile(file, "latin1"))))];
    for (const text of said) for (const value of [session.LOGIN_INFO, session.SAPISID]) assert.ok(!text.includes(value), text.slice(0, 200));
  });
});
