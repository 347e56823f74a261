// `auricle doctor`: states that are broken for real, what it recognises, what it mends and what it leaves to the person.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { ReferenceBackend } from "../peers/backend/backend.ts";
import { CHROMIUM, DoctorHome, FIREFOX, answeringScript, systemFolder, type Finding } from "./support/doctor.ts";
import { program } from "./support/program.ts";

// Places of the system are covered in a mount namespace; a container may forbid that.
const canMount = spawnSync("unshare", ["-rm", "true"]).status === 0;
const chromiumSystem = systemFolder("/etc/chromium", canMount);
const ffmpeg = systemFolder("/usr/bin/ffmpeg", canMount);

const isTrouble = ({ severity }: Finding): boolean => severity === "warning" || severity === "broken";
/** What the machine that runs the tests has or lacks is not these tests' matter. */
const isOfMachine = ({ id }: Finding): boolean => /^(program\.place|tool\.|disk\.|memory\.)/.test(id);

let home: DoctorHome;
beforeEach(async () => {
  home = new DoctorHome();
  const { status, err } = await home.run(["install", "--browser", "chromium", "--browser", "firefox"]);
  assert.equal(status, 0, err);
});
afterEach(() => home.remove());

interface Broken {
  /** The state, in words for the matrix. */
  readonly state: string;
  readonly id: string;
  readonly about?: string;
  /** Does it; a place of the system's that it needs and that cannot be had here skips the row. */
  readonly needs?: string | undefined;
  break(): unknown;
  /** Looked at after mending. */
  verify?(): unknown;
  readonly options?: readonly string[];
}

const FAST = ["--wait-ms", "400"];
const mode = (path: string): number => statSync(path).mode & 0o777;

/** Puts a manifest of this program into what the next commands see as /etc/chromium. */
function systemManifest(): void {
  home.write("etc-chromium/native-messaging-hosts/org.auricle.host.json", readFileSync(home.manifestFile(), "utf8"));
  home.mounts = [[home.at("etc-chromium"), "/etc/chromium"]];
}

function policy(policies: unknown): void {
  home.write("etc-chromium/policies/managed/school.json", JSON.stringify(policies));
  home.mounts = [[home.at("etc-chromium"), "/etc/chromium"]];
}

const mended: readonly Broken[] = [
  { state: "no manifest", id: "manifest.missing", break: () => rmSync(home.manifestFile()) },
  { state: "no manifest for Firefox", id: "manifest.missing", about: "Firefox", break: () => rmSync(home.manifestFile(FIREFOX)) },
  { state: "manifest cut off, no JSON", id: "manifest.invalid", break: () => truncateSync(home.manifestFile(), 190) },
  { state: "manifest empty", id: "manifest.invalid", break: () => truncateSync(home.manifestFile(), 0) },
  { state: "another name in it", id: "manifest.name", break: () => home.change((manifest) => (manifest.name = "org.auricle.old")) },
  { state: "no type stdio", id: "manifest.type", break: () => home.change((manifest) => delete manifest.type) },
  { state: "path to nowhere", id: "manifest.path_missing", break: () => home.change((manifest) => (manifest.path = home.at("gone/auricle"))) },
  { state: "relative path", id: "manifest.path_relative", break: () => home.change((manifest) => (manifest.path = "bin/auricle")) },
  { state: "another extension's id alone", id: "manifest.callers", break: () => home.change((manifest) => (manifest.allowed_origins = [`chrome-extension://${"abcdefghijklmnop".repeat(2)}/`])) },
  { state: "Firefox manifest with Chromium's key", id: "manifest.flavour", about: "Firefox", break: () => home.change((manifest) => (manifest.allowed_origins = [CHROMIUM.origin]), FIREFOX) },
  {
    state: "others may write the manifest",
    id: "manifest.open_to_others",
    break: () => chmodSync(home.manifestFile(), 0o666),
    verify: () => assert.equal(mode(home.manifestFile()), 0o644),
  },
  {
    state: "others may write the manifest's folder",
    id: "manifest.open_to_others",
    break: () => chmodSync(home.at(CHROMIUM.folder), 0o777),
    verify: () => assert.equal(mode(home.at(CHROMIUM.folder)), 0o775),
  },
  {
    state: "others may write the program's folder",
    id: "program.open_to_others",
    break: () => {
      anotherCopy();
      chmodSync(home.at("bin"), 0o777);
    },
  },
  { state: "program without its run bit", id: "program.no_run_bit", break: () => chmodSync(anotherCopy(), 0o644), verify: () => assert.equal(home.manifest().path, home.at("bin/auricle")) },
  { state: "program of another machine", id: "host.cannot_start", break: () => home.startScript("\x7fELF no more") },
  { state: "host that says nothing", id: "host.silent", options: FAST, break: () => home.startScript("#!/bin/sh\nexec sleep 60\n") },
  { state: "host that prints text", id: "host.text", break: () => home.startScript(`#!/bin/sh\necho 'Welcome to this machine!'\nexec '${program()}' "$@"\n`) },
  { state: "host that ends at once", id: "host.ended", break: () => home.startScript("#!/bin/sh\necho 'libcurl.so.4: cannot open shared object file' >&2\nexit 127\n") },
  { state: "host that knows no hello", id: "host.refused", break: () => home.startScript(answeringScript({ jsonrpc: "2.0", id: 1, error: { code: -32601, message: "no such method" } })) },
  { state: "host of an older version", id: "host.stale", break: () => home.startScript(answeringScript({ jsonrpc: "2.0", id: 1, result: { host: { name: "auricle", version: "0.0.1" } } })) },
  {
    state: "stale manifest hides the system's",
    id: "manifest.shadows",
    needs: chromiumSystem,
    break: () => {
      systemManifest();
      home.change((manifest) => (manifest.path = "/opt/auricle-0.0.1/auricle"));
    },
    verify: () => {
      assert.equal(existsSync(home.manifestFile()), false);
      writeFileSync(home.manifestFile(), readFileSync(home.at("etc-chromium/native-messaging-hosts/org.auricle.host.json")));
    },
  },
  {
    state: "state folder open to others",
    id: "folder.not_private",
    about: "State",
    break: () => {
      mkdirSync(home.at(".local/state/auricle"), { recursive: true });
      chmodSync(home.at(".local/state/auricle"), 0o755);
    },
    verify: () => assert.equal(mode(home.at(".local/state/auricle")), 0o700),
  },
];

const left: readonly Broken[] = [
  {
    state: "somebody else's manifest of our name",
    id: "manifest.foreign",
    break: () => home.write(`${CHROMIUM.folder}/org.auricle.host.json`, '{"name": "org.auricle.host", "description": "mine", "path": "/opt/other", "type": "stdio"}'),
    verify: () => assert.equal(home.manifest().path, "/opt/other"),
  },
  { state: "a file of our name, nobody knows whose", id: "manifest.invalid", break: () => home.write(`${CHROMIUM.folder}/org.auricle.host.json`, "notes of mine"), verify: () => assert.equal(readFileSync(home.manifestFile(), "utf8"), "notes of mine") },
  { state: "configuration with an unknown key", id: "config.invalid", about: "Configuration", break: () => home.configure({ netwrk: {} }) },
  { state: "configuration that is no JSON", id: "config.invalid", about: "Configuration", break: () => home.configure("{") },
  { state: "ffmpeg configured where none is", id: "tool.misconfigured", about: "ffmpeg", break: () => home.configure({ tools: { ffmpeg: "/opt/ffmpeg" } }) },
  {
    state: "ffmpeg missing",
    id: "tool.missing",
    about: "ffmpeg",
    needs: ffmpeg,
    break: () => {
      home.mounts = [["/dev/null", "/usr/bin/ffmpeg"]];
    },
  },
  {
    state: "backend that does not answer",
    id: "backend.unreachable",
    break: async () => {
      home.configure({ backends: [`http://127.0.0.1:${String(await freePort())}`] });
    },
  },
  { state: "a file where deliveries go", id: "delivery.no_folder", break: () => home.write("Music/Auricle", "a file") },
  { state: "a file where the state goes", id: "folder.no_folder", about: "State", break: () => home.write(".local/state/auricle", "a file") },
  { state: "policy that blocks the host", id: "policy.blocked", needs: chromiumSystem, break: () => policy({ NativeMessagingBlocklist: ["*"] }) },
  { state: "policy against hosts of one's own", id: "manifest.missing", needs: chromiumSystem, break: () => policy({ NativeMessagingUserLevelHosts: false }) },
];

function anotherCopy(): string {
  const copy = home.at("bin/auricle");
  mkdirSync(home.at("bin"), { mode: 0o755 });
  copyFileSync(program(), copy);
  chmodSync(copy, 0o755);
  home.change((manifest) => (manifest.path = copy));
  return copy;
}

/** A port where nobody listens. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

describe("auricle doctor", () => {
  const matrix: string[] = [];
  const row = (state: string, id: string, outcome: string): void => void matrix.push(`${state.padEnd(42)} ${id.padEnd(26)} ${outcome}`);
  after(() => {
    console.log([`${"state".padEnd(42)} ${"recognised as".padEnd(26)} outcome`, ...matrix].join("\n"));
  });

  it("finds nothing wrong where all is well, and changes nothing", async () => {
    const files = (): string[] => readdirSync(home.path, { recursive: true, encoding: "utf8" });
    const earlier = files();
    const { findings, exit } = await home.examine();
    assert.deepEqual(findings.filter((finding) => isTrouble(finding) && !isOfMachine(finding)), []);
    assert.equal(exit, findings.some(isTrouble) ? 1 : 0);
    const greeted = findings.filter(({ id }) => id === "host.hello").map(({ about }) => about);
    assert.ok(greeted.includes("Chromium") && greeted.includes("Firefox"), greeted.join());
    assert.deepEqual(files(), earlier);
  });

  for (const broken of mended) {
    const { state, id, about = "Chromium", options = [] } = broken;
    it(`recognises and mends: ${state}`, { skip: "needs" in broken && broken.needs === undefined && "no place of the system's can be covered here" }, async () => {
      await broken.break();
      const sick = await home.examine(...options);
      const found = sick.findings.find((finding) => finding.id === id && finding.about === about);
      assert.ok(found !== undefined && isTrouble(found) && found.fixable, JSON.stringify(sick.findings, null, 1));
      assert.equal(sick.exit, sick.status === "broken" ? 2 : 1);

      const treated = await home.examine("--fix", ...options);
      assert.ok(treated.mended?.some((each) => each.about === about), JSON.stringify(treated, null, 1));
      const well = await home.examine();
      assert.deepEqual(well.findings.filter((finding) => isTrouble(finding) && !isOfMachine(finding)), []);
      await broken.verify?.();
      assert.equal(await home.greet(about === "Firefox" ? FIREFOX : CHROMIUM), well.version);
      row(state, id, "mended");
    });
  }

  for (const broken of left) {
    const { state, id } = broken;
    it(`recognises and leaves to the person: ${state}`, { skip: "needs" in broken && broken.needs === undefined && "no place of the system's can be covered here" }, async () => {
      await broken.break();
      const treated = await home.examine("--fix");
      const found = treated.left?.find((each) => each.id === id);
      assert.ok(found !== undefined && !found.fixable, JSON.stringify(treated, null, 1));
      assert.notEqual(`${found.remedy ?? ""}${found.sentence}`, "");
      if (broken.about !== undefined) assert.equal(found.about, broken.about);
      assert.equal(treated.exit, treated.status === "broken" ? 2 : 1);
      await broken.verify?.();
      row(state, id, "left to the person");
    });
  }

  it("makes the folders that are missing", async () => {
    const before = await home.examine();
    assert.deepEqual(before.findings.filter(({ id }) => id === "folder.missing").map(({ severity, fixable }) => [severity, fixable]), [["note", true], ["note", true]]);
    await home.examine("--fix");
    for (const folder of [".local/state/auricle", ".cache/auricle"]) assert.equal(mode(home.at(folder)), 0o700, folder);
  });

  it("keeps the ids of further extensions when it mends, but none that others could have written", async () => {
    const other = `chrome-extension://${"abcdefghijklmnop".repeat(2)}/`;
    home.change((manifest) => {
      manifest.allowed_origins?.push(other);
      manifest.path = "/gone";
    });
    await home.examine("--fix");
    assert.deepEqual(home.manifest().allowed_origins, [CHROMIUM.origin, other]);
    chmodSync(home.manifestFile(), 0o666);
    await home.examine("--fix");
    assert.deepEqual(home.manifest().allowed_origins, [CHROMIUM.origin]);
  });

  it("never starts somebody else's program", async () => {
    const trace = home.at("was-started");
    home.write("bin/other", `#!/bin/sh\ntouch '${trace}'\n`, 0o755);
    home.change((manifest) => {
      manifest.path = home.at("bin/other");
      manifest.description = "somebody else's";
    });
    await home.examine("--fix");
    assert.equal(existsSync(trace), false);
  });

  it("starts the host as each browser does", async () => {
    const script = (name: string): string => `#!/bin/sh\n{ printf '%s\\n' "$@"; pwd; env; ls -l /proc/self/fd; grep SigIgn /proc/self/status; } >'${home.at(name)}'\nexec '${program()}' "$@"\n`;
    home.startScript(script("seen-chromium"));
    home.write("fox/auricle", script("seen-firefox"), 0o755);
    home.change((manifest) => (manifest.path = home.at("fox/auricle")), FIREFOX);
    await home.examine();
    const seen = (name: string): string => readFileSync(home.at(name), "utf8");
    const chromium = seen("seen-chromium");
    const firefox = seen("seen-firefox");
    assert.ok(chromium.startsWith(`${CHROMIUM.origin}\n${home.at("bin")}\n`), chromium);
    assert.ok(firefox.startsWith(`${home.manifestFile(FIREFOX)}\n${FIREFOX.id}\n${home.at("fox")}\n`), firefox);
    for (const text of [chromium, firefox]) assert.match(text, /^PATH=\/usr\/bin:\/bin$/m);
    assert.match(firefox, / 3 -> pipe:/);
    assert.doesNotMatch(chromium, / 3 -> pipe:/);
    const ignoresSigpipe = (text: string): boolean => (BigInt(`0x${/SigIgn:\s*(\w+)/.exec(text)?.[1] ?? "0"}`) & (1n << 12n)) !== 0n;
    assert.deepEqual([ignoresSigpipe(chromium), ignoresSigpipe(firefox)], [false, true]);
  });

  it("speaks to a person in plain words, with one line on what to do", async () => {
    rmSync(home.manifestFile());
    const { status, out } = await home.run(["doctor"]);
    assert.equal(status, 2);
    assert.match(out, /^Chromium\n {2}BROKEN {2}It does not know where this program lies\.\n +-> Run `auricle install`/m);
    assert.match(out, /`auricle doctor --fix` mends \d+ of them/);
    const fixed = await home.run(["doctor", "--fix"]);
    assert.match(fixed.out, /^Mended\n {2}Chromium: Registered .*\n/m);
  });

  it("refuses options that make no sense with status 2 and says nothing on standard output", async () => {
    for (const args of [["doctor", "--bogus"], ["doctor", "--wait-ms", "0"], ["doctor", "--bearer-from-stdin"]]) {
      const { status, out, err } = await home.run(args);
      assert.deepEqual([status, out], [2, ""], args.join(" "));
      assert.match(err, /^auricle: /);
    }
  });
});

describe("docs/troubleshooting.md", () => {
  const root = new URL("../../", import.meta.url);
  const text = readFileSync(new URL("docs/troubleshooting.md", root), "utf8");

  it("has a row for every finding, and no other", () => {
    const sources = ["installer/", "host/command/"].flatMap((folder) =>
      readdirSync(new URL(folder, root))
        .filter((name) => name.endsWith(".cpp"))
        .map((name) => readFileSync(new URL(folder + name, root), "utf8")),
    );
    const kinds = "manifest|program|host|policy|browser|folder|delivery|disk|memory|session|environment|config|tool|backend";
    const ids = sources.flatMap((source) => [...source.matchAll(new RegExp(`"((?:${kinds})\\.[a-z_]+)"`, "g"))].map(([, id]) => id));
    const rows = [...text.matchAll(/^\| (`[\w.]+`(?:, `[\w.]+`)*) \|/gm)].flatMap(([, cell]) => (cell ?? "").replaceAll("`", "").split(", "));
    assert.deepEqual([...new Set(rows)].sort(), [...new Set(ids)].sort());
    assert.equal(new Set(rows).size, rows.length);
  });

  it("names every option of the command", async () => {
    const { out } = await home.run(["doctor", "--help"]);
    for (const [option] of out.matchAll(/--[a-z-]+/g)) assert.ok(option === "--help" || text.includes(`\`${option}`), option);
  });
});

describe("auricle doctor and a backend", () => {
  let backend: ReferenceBackend;
  let folder: DoctorHome;
  before(async () => {
    folder = new DoctorHome();
    backend = await ReferenceBackend.start({ dir: folder.at("backend") });
  });
  after(async () => {
    await backend.stop();
    folder.remove();
  });

  const ids = async (options: readonly string[], input?: string): Promise<string[]> => {
    const { out, err } = await home.run(["doctor", "--json", ...options], input);
    assert.notEqual(out, "", err);
    assert.ok(!out.includes(backend.token) && !err.includes(backend.token));
    return (JSON.parse(out) as { findings: Finding[] }).findings.map(({ id }) => id).filter((id) => id.startsWith("backend."));
  };

  it("says that it is there, and that its token is the extension's to try", async () => {
    home.configure({ backends: [backend.origin] });
    assert.deepEqual(await ids([]), ["backend.good", "backend.token_unknown"]);
    assert.deepEqual(await ids(["--backend", backend.origin]), ["backend.good", "backend.token_unknown"]);
  });

  it("tries a token from standard input, and tells a good one from a bad one", async () => {
    const options = ["--backend", backend.origin, "--bearer-from-stdin"];
    assert.deepEqual(await ids(options, `${backend.token}\n`), ["backend.good", "backend.token_good"]);
    assert.deepEqual(await ids(options, "c4nary-wrong-token"), ["backend.good", "backend.token_refused"]);
  });

  it("gives a token to the backend that was named and to no other", async () => {
    home.configure({ backends: [backend.origin, `http://localhost:${String(backend.port)}`] });
    assert.deepEqual(await ids(["--bearer-from-stdin"], backend.token), ["backend.token_unused", "backend.good", "backend.token_unknown", "backend.good", "backend.token_unknown"]);
  });

  it("says that a backend is not among those allowed, without asking it", async () => {
    home.configure({ backends: ["https://study.example"], network: { connectTo: ["study.example:443:127.0.0.1:1"] } });
    assert.deepEqual(await ids(["--backend", backend.origin]), ["backend.unreachable", "backend.not_allowed"]);
  });
});

describe("auricle explain", () => {
  it("turns a browser's message into a cause and a next step", async () => {
    const { status, out } = await home.run(["explain", "Unchecked runtime.lastError: Specified native messaging host not found."]);
    assert.equal(status, 0);
    assert.match(out, /^The browser found no manifest .*\n {2}-> Run `auricle install`/);
  });

  it("shows the text that a browser took for a length", async () => {
    const { out } = await home.run(["explain", "Native application tried to send a message of 1668048215 bytes, which exceeds the limit of 1048576 bytes."]);
    assert.match(out, /first four bytes are "Welc"/);
  });

  it("says so when it does not know a message, and where to look", async () => {
    const { status, out, err } = await home.run(["explain", "computer", "says", "no"]);
    assert.deepEqual([status, out], [1, ""]);
    assert.match(err, /not known\. Run `auricle doctor`/);
    assert.equal((await home.run(["explain"])).status, 2);
  });
});
