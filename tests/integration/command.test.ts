// The built program as a person, a script and a browser start it. AURICLE names the program.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";

const program = resolve(process.env["AURICLE"] ?? "build/debug/auricle");
const ownOrigin = "chrome-extension://eifomnnboajlnambmpbbmkdaibgfclnl/";
const otherId = "abcdefghijklmnopabcdefghijklmnop";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "auricle-command-"));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

interface Ended {
  status: number | null;
  out: string;
  err: string;
}

function start(command: string, args: string[], env: Record<string, string> = {}): Ended {
  const ended = spawnSync(command, args, {
    env: { PATH: process.env["PATH"] ?? "", HOME: home, ...env },
    input: "",
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status: ended.status, out: ended.stdout, err: ended.stderr };
}

function auricle(...args: string[]): Ended {
  return start(program, args);
}

/** As in a terminal: `script` gives the program one and puts all that it prints on standard output. */
function inTerminal(...args: string[]): Ended {
  return start("script", ["-qec", [program, ...args].join(" "), "/dev/null"]);
}

function configure(text: string): void {
  const file = join(home, ".config/auricle/config.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const firefoxFile = () => join(home, ".mozilla/native-messaging-hosts/org.auricle.host.json");
const chromiumFile = (profile = join(home, ".config/chromium")) =>
  join(profile, "NativeMessagingHosts/org.auricle.host.json");

describe("auricle by hand", () => {
  it("explains itself on a terminal", () => {
    const { status, out } = inTerminal();
    assert.equal(status, 0);
    assert.match(out, /your browser does/);
    assert.match(out, /auricle install/);
  });

  it("says one line and fails where nobody sits at it", () => {
    const { status, out, err } = auricle();
    assert.equal(status, 2);
    assert.equal(out, "");
    assert.match(err, /^auricle: a browser starts this program .*\n$/);
  });

  it("says its version", () => {
    assert.deepEqual(auricle("--version"), { status: 0, out: "auricle 0.1.0\n", err: "" });
  });

  it("answers --help, alone and after a command", () => {
    assert.match(auricle("--help").out, /uninstall/);
    const help = auricle("install", "--help");
    assert.equal(help.status, 0);
    assert.match(help.out, /--user-data-dir/);
  });

  for (const args of [["bogus"], ["--bogus"], ["install", "--bogus"], ["config", "extra"], ["install", "--browser"]]) {
    it(`refuses \`auricle ${args.join(" ")}\` with status 2 and names the way out`, () => {
      const { status, out, err } = auricle(...args);
      assert.equal(status, 2);
      assert.equal(out, "");
      assert.match(err, /^auricle: .+\nSee `auricle --help`\.\n$/);
    });
  }
});

describe("auricle started by a browser", () => {
  it("never reads a foreign extension's arguments as a command line", () => {
    for (const args of [[`chrome-extension://${otherId}/`], ["chrome-extension://x/", "--help"], ["/x.json", "stranger@example"]]) {
      const { status, out, err } = auricle(...args);
      assert.equal(status, 2, args.join(" "));
      assert.equal(out, "");
      assert.match(err, /is not registered to use this program|no proper id/);
      assert.equal(err.trimEnd().split("\n").length, 1);
    }
  });

  it("does not refuse our own extensions, without any manifest", () => {
    for (const args of [[ownOrigin], [ownOrigin, "--parent-window=0"], [firefoxFile(), "extension@auricle"]]) {
      assert.doesNotMatch(auricle(...args).err, /not registered/, args.join(" "));
    }
  });

  it("does not refuse an extension that was let in by install, until uninstall", () => {
    const profile = join(home, "profile");
    auricle("install", "--user-data-dir", profile, "--extension-id", otherId);
    assert.doesNotMatch(auricle(`chrome-extension://${otherId}/`).err, /not registered/);
    auricle("uninstall");
    assert.equal(auricle(`chrome-extension://${otherId}/`).status, 2);
  });
});

describe("auricle config", () => {
  it("prints every value with its source", () => {
    configure('{"captures": {"atOnce": 3}}');
    const { status, out } = auricle("config");
    assert.equal(status, 0);
    assert.match(out, /captures\.atOnce +3 +.*config\.json\n/);
    assert.match(out, /log\.level +"info" +default\n/);
  });

  it("prints them as JSON", () => {
    configure('{"captures": {"atOnce": 3}, "delivery": {"folder": "~/L\\u00e4rm"}}');
    const { files, values } = JSON.parse(auricle("config", "--json").out);
    assert.equal(files[1].exists, true);
    const of = (key: string) => values.find((value: { key: string }) => value.key === key);
    assert.deepEqual(of("captures.atOnce"), { key: "captures.atOnce", value: 3, source: files[1].path, locked: false });
    assert.equal(of("delivery.folder").value, join(home, "Lärm"));
    assert.equal(of("tools.ffmpeg").source, "default");
  });

  it("tells of a wrong key and fails", () => {
    configure('{"netwrk": {}}');
    const { status, out, err } = auricle("config");
    assert.equal(status, 1);
    assert.equal(out, "");
    assert.match(err, /"netwrk" is not a key of the configuration\. Did you mean "network"\?/);
  });

  it("reads the file that AURICLE_CONFIG names", () => {
    const file = join(home, "other.json");
    writeFileSync(file, '{"log": {"level": "debug"}}');
    const { out } = start(program, ["config"], { AURICLE_CONFIG: file });
    assert.match(out, /log\.level +"debug" +.*other\.json\n/);
  });

  it("writes nothing anywhere", () => {
    auricle("config");
    assert.equal(existsSync(join(home, ".local")), false);
    assert.equal(existsSync(join(home, ".config")), false);
  });
});

describe("docs/configuration.md", () => {
  const text = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
  /** The indented blocks that hold JSON. */
  const examples = text
    .split(/\n(?! {4})/)
    .map((block) => block.replace(/^ {4}/gm, "").trim())
    .filter((block) => block.startsWith("{"));

  it("has a row for every key, and no other", () => {
    const { values } = JSON.parse(auricle("config", "--json").out);
    const keys = new Set(values.map(({ key }: { key: string }) => key.replace(/^sites\.\w+\.(enabled|useCookies)$/, "sites.NAME.$1")));
    const rows = new Set([...text.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, key]) => key));
    assert.deepEqual(rows, keys);
  });

  it("has examples that are accepted, and one for every key", () => {
    assert.ok(examples.length >= 5);
    const shown = new Set<string>();
    for (const example of examples) {
      const { locked: _, ...mine } = JSON.parse(example);
      configure(JSON.stringify(mine));
      const { status, out, err } = auricle("config", "--json");
      assert.equal(status, 0, err);
      for (const { key, source } of JSON.parse(out).values) {
        if (source !== "default") shown.add(key.replace(/^sites\.\w+\.(enabled|useCookies)$/, "sites.NAME.$1"));
      }
    }
    const { values } = JSON.parse(auricle("config", "--json").out);
    for (const { key } of values) {
      const row = key.replace(/^sites\.\w+\.(enabled|useCookies)$/, "sites.NAME.$1");
      assert.ok(shown.has(row), `no example for ${row}`);
    }
  });
});

describe("auricle install and uninstall", () => {
  it("registers, says what it did in a line a browser, and takes it back", () => {
    const installed = auricle("install");
    assert.equal(installed.status, 0, installed.err);
    assert.deepEqual(
      installed.out.trimEnd().split("\n").map((line) => line.split(" (")[0]),
      ["Chromium: registered", "Google Chrome: registered", "Firefox: registered"],
    );
    assert.equal(JSON.parse(readFileSync(firefoxFile(), "utf8")).path, program);
    assert.match(auricle("install").out, /Firefox: already registered/);
    const removed = auricle("uninstall");
    assert.equal(removed.status, 0);
    assert.match(removed.out, /Firefox: removed/);
    assert.equal(existsSync(firefoxFile()), false);
    assert.equal(auricle("uninstall").out, "Nothing was registered, nothing is to be removed.\n");
  });

  it("follows XDG_CONFIG_HOME and CHROME_CONFIG_HOME as Chromium does", () => {
    start(program, ["install", "--browser", "chromium"], { XDG_CONFIG_HOME: join(home, "xdg") });
    assert.ok(existsSync(chromiumFile(join(home, "xdg/chromium"))));
    start(program, ["install", "--browser", "chromium"], { XDG_CONFIG_HOME: join(home, "x"), CHROME_CONFIG_HOME: join(home, "cch") });
    assert.ok(existsSync(chromiumFile(join(home, "cch/chromium"))));
  });

  it("prints JSON", () => {
    const { out } = auricle("install", "--json", "--browser", "firefox");
    // Whether the clone that is tested lies in a temporary folder, which the program warns of, is not this test's matter.
    const { warnings, ...said } = JSON.parse(out) as { warnings: unknown };
    assert.ok(Array.isArray(warnings));
    assert.deepEqual(said, {
      program,
      dryRun: false,
      browsers: [{ browser: "firefox", title: "Firefox", file: firefoxFile(), result: "written" }],
    });
  });

  it("changes nothing in a dry run", () => {
    const { status, out } = auricle("install", "--dry-run");
    assert.equal(status, 0);
    assert.match(out, /Chromium: would be registered/);
    assert.equal(existsSync(join(home, ".config")), false);
  });

  it("leaves a foreign file, says so and fails", () => {
    mkdirSync(dirname(firefoxFile()), { recursive: true });
    writeFileSync(firefoxFile(), '{"name": "org.auricle.host", "path": "/opt/other"}');
    const { status, err } = auricle("install");
    assert.equal(status, 1);
    assert.match(err, /^Firefox: not touched: .*\/opt\/other/m);
    assert.equal(readFileSync(firefoxFile(), "utf8"), '{"name": "org.auricle.host", "path": "/opt/other"}');
    assert.ok(existsSync(chromiumFile()));
  });

  it("refuses unknown browsers and wrong ids with status 2", () => {
    assert.equal(auricle("install", "--browser", "netscape").status, 2);
    assert.equal(auricle("install", "--extension-id", "short").status, 2);
    assert.equal(existsSync(join(home, ".config")), false);
  });
});
