// What a CDN and redirects can do to a download: the digest is equal or a typed error comes, and no cookie leaves its origin.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import { idFrom, type Lecture } from "../peers/panopto/lecture.ts";
import { SITE_HOST } from "../peers/panopto/site.ts";
import type { Fault, FaultRule, FaultTarget } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertFault, assertNoLeak, assertSaved, sha256Of } from "./support/assertions.ts";
import { Dice } from "./support/seeded.ts";
import { Scene } from "./support/scene.ts";

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

const soundOf = (lecture: Lecture): string => `/sessions/${lecture.sessionId}/${idFrom("audioPodcast", lecture.deliveryId)}.mp4`;
const podcastOf = (lecture: Lecture): string => `/Panopto/Podcast/Download/${lecture.deliveryId}.mp4`;

/** Orders a fault for the sound of this lecture alone. */
function onSound(lecture: Lecture, fault: Fault, target: FaultTarget = {}): FaultRule {
  return scene.peers.cdn.fail(fault, { path: soundOf(lecture), ...target });
}

function askedFor(lecture: Lecture): RequestRecord[] {
  return scene.peers.cdn.requests.filter(({ path }) => path.startsWith(soundOf(lecture)));
}

async function captured(lecture: Lecture, config: Record<string, unknown> = {}): Promise<Capture> {
  const host = await scene.start({ config });
  await host.signIn();
  return host.capture(scene.peers.viewerUrl(lecture));
}

const CUT = 40_000;

/** Without a stream to take the sound out of where the file fails. */
const soundAlone = () => scene.lecture({ stream: "none" });

describe("a download that is cut", () => {
  for (const kind of ["reset", "drop", "truncate"] as const) {
    it(`(${kind}) goes on from the byte it had reached, if it is still the same file`, async () => {
      const lecture = soundAlone();
      onSound(lecture, { kind, afterBytes: CUT });
      await assertSaved(await captured(lecture), lecture.audio);
      const [first, second, ...more] = askedFor(lecture);
      assert.deepEqual(more, []);
      assert.equal(first?.headers["range"], undefined);
      assert.equal(second?.status, 206);
      const from = Number(/^bytes=(\d+)-$/.exec(second.headers["range"] ?? "")?.[1]);
      assert.ok(from > 0 && from <= CUT, second.headers["range"]);
      assert.equal(second.headers["if-range"], `"${lecture.audio.sha256.slice(0, 32)}"`);
      assert.equal(second.bytesSent, lecture.audio.bytes - from);
    });

    for (const where of ["before its first byte", "at its first byte", "before its last byte"]) {
      it(`(${kind}) ${where} is whole in the end`, async () => {
        const lecture = soundAlone();
        const afterBytes = { "before its first byte": 0, "at its first byte": 1 }[where] ?? lecture.audio.bytes - 1;
        onSound(lecture, { kind, afterBytes });
        await assertSaved(await captured(lecture), lecture.audio);
      });
    }
  }

  it("again and again is whole in the end, as long as bytes flow", async () => {
    const lecture = soundAlone();
    for (let n = 0; n < 8; n += 1) onSound(lecture, { kind: "truncate", afterBytes: 5_000 }, { after: n });
    await assertSaved(await captured(lecture), lecture.audio);
    assert.ok(askedFor(lecture).length >= 9);
  });

  it("while its validator is weak or missing starts over, and asks for no range", async () => {
    const weak = soundAlone();
    const missing = soundAlone();
    onSound(weak, { kind: "etag", what: "weak" }, { times: 9 });
    onSound(missing, { kind: "etag", what: "missing" }, { times: 9 });
    onSound(missing, { kind: "no-last-modified" }, { times: 9 });
    for (const lecture of [weak, missing]) {
      onSound(lecture, { kind: "truncate", afterBytes: CUT });
      await assertSaved(await captured(lecture), lecture.audio);
      assert.deepEqual(askedFor(lecture).map(({ headers }) => headers["range"]), [undefined, undefined]);
    }
  });

  it("goes on by Last-Modified where there is no ETag", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "etag", what: "missing" }, { times: 9 });
    onSound(lecture, { kind: "truncate", afterBytes: CUT });
    await assertSaved(await captured(lecture), lecture.audio);
    const [, second] = askedFor(lecture);
    assert.match(second?.headers["if-range"] ?? "", /GMT$/);
    assert.equal(second?.status, 206);
  });

  it("and whose file has changed meanwhile is fetched anew", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "etag", what: "changed" }, { after: 1 });
    onSound(lecture, { kind: "truncate", afterBytes: CUT });
    await assertSaved(await captured(lecture), lecture.audio);
    const [, second] = askedFor(lecture);
    assert.equal(second?.status, 200);
    assert.equal(second.bytesSent, lecture.audio.bytes);
  });

  for (const what of ["start", "total", "validator", "absent"] as const) {
    it(`does not take a 206 that is not what was asked for: ${what}`, async () => {
      const lecture = soundAlone();
      const wrong = onSound(lecture, { kind: "wrong-range", what }, { after: 1 });
      onSound(lecture, { kind: "truncate", afterBytes: CUT });
      await assertSaved(await captured(lecture), lecture.audio);
      assert.equal(wrong.hits, 1);
      assert.equal(askedFor(lecture).at(-1)?.headers["range"], undefined);
    });
  }

  it("starts over where the range is ignored", async () => {
    const lecture = soundAlone();
    const ignored = onSound(lecture, { kind: "ignore-range" }, { after: 1 });
    onSound(lecture, { kind: "truncate", afterBytes: CUT });
    await assertSaved(await captured(lecture), lecture.audio);
    assert.equal(ignored.hits, 1);
    assert.equal(askedFor(lecture).length, 2);
  });

  it("starts over where the range is refused as not satisfiable", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "status", status: 416 }, { after: 1 });
    onSound(lecture, { kind: "truncate", afterBytes: CUT });
    await assertSaved(await captured(lecture), lecture.audio);
    assert.equal(askedFor(lecture).at(-1)?.headers["range"], undefined);
  });

  it("resolves again, and does not ask for a sign-in, when the signed address is too old", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "status", status: 403, type: "application/xml", body: "<Error><Code>AccessDenied</Code></Error>" }, { after: 1 });
    onSound(lecture, { kind: "truncate", afterBytes: CUT });
    const host = await scene.start();
    await host.signIn();
    const done = await host.capture(scene.peers.viewerUrl(lecture));
    await assertSaved(done, lecture.audio);
    assert.deepEqual(host.wanted, []);
    assert.equal(done.attempt, 1);
  });
});

describe("a CDN that is busy", () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504]) {
    it(`(${String(status)}) is asked again`, async () => {
      const lecture = soundAlone();
      onSound(lecture, { kind: "status", status, retryAfter: 0 }, { times: 2 });
      await assertSaved(await captured(lecture), lecture.audio);
      assert.equal(askedFor(lecture).length, 3);
    });
  }

  for (const [form, retryAfter] of [
    ["in seconds", () => 1],
    ["as a date", () => new Date(Date.now() + 2_000)],
  ] as const) {
    it(`is given the time that it asks for ${form}`, async () => {
      const lecture = soundAlone();
      const wait = retryAfter();
      onSound(lecture, { kind: "status", status: 503, retryAfter: wait });
      await assertSaved(await captured(lecture), lecture.audio);
      const [first, second] = askedFor(lecture);
      const due = typeof wait === "number" ? (first?.at ?? 0) + wait * 1000 : Math.floor(wait.getTime() / 1000) * 1000;
      assert.ok((second?.at ?? 0) >= due - 5, `asked again ${String(due - (second?.at ?? 0))} ms early`);
    });
  }

  it("for ever ends in a typed error that may be tried again, and then is", async () => {
    const lecture = soundAlone();
    const busy = onSound(lecture, { kind: "status", status: 503, retryAfter: 0 }, { times: 6 });
    const host = await scene.start();
    await host.signIn();
    const failed = await host.capture(scene.peers.viewerUrl(lecture));
    assertFailed(failed, "network");
    assert.equal(failed.error?.data.retryable, true);
    assert.equal(busy.hits, 6);
    await host.bridge.captures.retry(failed.id);
    await assertSaved(await host.reaches(failed.id, ["done"]), lecture.audio);
  });
});

describe("a body of another form", () => {
  it("without a length is taken whole", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "no-length" });
    await assertSaved(await captured(lecture), lecture.audio);
  });

  it("without a length and cut short is never taken for whole", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "no-length" });
    onSound(lecture, { kind: "truncate", afterBytes: CUT });
    const ended = await captured(lecture);
    if (ended.state === "done") await assertSaved(ended, lecture.audio);
    else assertFailed(ended, "not_media");
  });

  it("compressed though nobody asked for it is refused", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "gzip" });
    assertFailed(await captured(lecture), "not_media");
    assert.equal(askedFor(lecture)[0]?.headers["accept-encoding"], "identity");
  });

  for (const type of ["application/octet-stream", "audio/x-m4a", "binary/octet-stream", "image/png", "video/mp4; charset=binary"]) {
    it(`is judged by what it holds, not by ${type}`, async () => {
      const lecture = soundAlone();
      onSound(lecture, { kind: "content-type", type });
      await assertSaved(await captured(lecture), lecture.audio);
    });
  }

  it("with a bit turned over in the sound is passed on as it came, digest and all", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "bit-flip", atByte: lecture.audio.bytes - 2_000 });
    const host = await scene.start();
    await host.signIn();
    await host.putToken();
    const done = await host.capture(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend });
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.notEqual(done.result?.sha256, lecture.audio.sha256);
    assert.equal(done.result?.confirmed, true);
    assert.equal(await sha256Of(scene.peers.backend.audioFile(done.result.lecture ?? "")), done.result.sha256);
  });

  it("with a bit turned over in the container's head is no media", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "bit-flip", atByte: 5 });
    assertFailed(await captured(lecture), "not_media");
  });
});

describe("a redirect", () => {
  let elsewhere = "/";
  let places = 0;
  beforeEach(() => {
    places += 1;
    elsewhere = `/elsewhere/${String(places)}`;
  });
  const strangerPort = (): string => String(scene.peers.stranger.port);
  const targets: [string, () => string][] = [
    ["to another host", () => `https://stranger.example${elsewhere}`],
    ["to another host without a scheme", () => `//stranger.example${elsewhere}`],
    ["to a host whose name begins like the site's", () => `https://panopto.com.stranger.example${elsewhere}`],
    ["to an international name", () => `https://xn--pnopto-4ta.example${elsewhere}`],
    ["to another tenant", () => `https://other.hosted.panopto.com${elsewhere}`],
    ["to another port of the site", () => `https://${SITE_HOST}:8443${elsewhere}`],
    ["to plain http", () => `http://${SITE_HOST}${elsewhere}`],
    ["to plain http on the port of https", () => `http://${SITE_HOST}:443${elsewhere}`],
    ["to plain http of a stranger", () => `http://stranger.example${elsewhere}`],
    ["to a name with a dot at its end", () => `https://${SITE_HOST}.${elsewhere}`],
    ["to a user's name before the host", () => `https://${SITE_HOST}@stranger.example${elsewhere}`],
    ["to a user's name and password", () => `https://me:word@${SITE_HOST}${elsewhere}`],
    ["to this machine's address", () => `https://127.0.0.1:${strangerPort()}${elsewhere}`],
    ["to this machine's name", () => `https://localhost:${strangerPort()}${elsewhere}`],
    ["to this machine's address in one number", () => `https://2130706433:${strangerPort()}${elsewhere}`],
    ["to this machine's address in hexadecimal", () => `https://0x7f.1:${strangerPort()}${elsewhere}`],
    ["to this machine's address of version 6", () => `https://[::1]:${strangerPort()}${elsewhere}`],
    ["to this machine's address of version 4 in version 6", () => `https://[::ffff:127.0.0.1]:${strangerPort()}${elsewhere}`],
    ["to an address of no name", () => `https://192.0.2.7${elsewhere}`],
    ["to a file", () => "file:///etc/passwd"],
    ["to ftp", () => `ftp://stranger.example${elsewhere}`],
    ["to a script", () => "javascript:alert(1)"],
    ["to data", () => "data:text/plain,hello"],
    ["to nothing", () => "https://"],
    ["to something endless", () => `https://stranger.example/${"a".repeat(17_000)}`],
  ];
  for (const [name, target] of targets) {
    it(`${name} takes no cookie along, and ends in a typed error or with the true sound`, async () => {
      const { site, stranger, cdn } = scene.peers;
      const connectTo = [`${SITE_HOST}:8443:127.0.0.1:${String(site.port)}`, `192.0.2.7:443:127.0.0.1:${strangerPort()}`];
      const lecture = soundAlone();
      site.fail({ kind: "redirect", to: [target()] }, { path: podcastOf(lecture) });
      const host = await scene.start({ config: { network: { connectTo }, captures: { signInMs: 1 } } });
      const cookie = await host.signIn();
      const ended = await host.capture(scene.peers.viewerUrl(lecture));
      if (ended.state === "done") await assertSaved(ended, lecture.audio);
      else assertFault(ended.error, ended.error?.data.kind ?? "internal");
      const arrived = [...site.requests, ...stranger.requests, ...cdn.requests].filter(({ path }) => path.startsWith(elsewhere));
      const credentials = arrived.flatMap((request) => [request.cookie, request.authorization]).filter((value) => value !== undefined);
      assert.equal(credentials.length, 0, "a cookie went to where the redirect led");
      assert.ok(!JSON.stringify(arrived).includes(cookie));
      assert.ok(!JSON.stringify(host.frames).includes(cookie));
    });
  }

  it("into a circle of more than five is not followed further", async () => {
    const lecture = soundAlone();
    const again = `${podcastOf(lecture)}?mediaTargetType=audioPodcast`;
    scene.peers.site.fail({ kind: "redirect", to: Array.from({ length: 20 }, (_, n) => `${again}&hop=${String(n)}`) }, { path: podcastOf(lecture) });
    assertFailed(await captured(lecture), "forbidden");
    const hops = scene.peers.site.requests.filter(({ path }) => path.startsWith(podcastOf(lecture)));
    assert.equal(hops.length, 6);
  });

  it("five times is followed, with the cookie matched anew at each one", async () => {
    const lecture = soundAlone();
    const again = `${podcastOf(lecture)}?mediaTargetType=audioPodcast`;
    scene.peers.site.fail({ kind: "redirect", to: [1, 2, 3, 4].map((n) => `${again}&hop=${String(n)}`) }, { path: podcastOf(lecture) });
    await assertSaved(await captured(lecture), lecture.audio);
    const hops = scene.peers.site.requests.filter(({ path }) => path.startsWith(podcastOf(lecture)));
    assert.equal(hops.length, 5);
    assert.ok(hops.every(({ cookie }) => cookie?.includes(".ASPXAUTH")));
    assert.equal(askedFor(lecture).length, 1);
  });

  it("of the CDN back to the site gives the site its own cookie, and the CDN none", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "redirect", to: [`https://${SITE_HOST}${podcastOf(lecture)}?mediaTargetType=audioPodcast`] });
    await assertSaved(await captured(lecture), lecture.audio);
    assert.equal(askedFor(lecture).length, 2);
  });

  it("of the CDN to a stranger brings the stranger nothing of ours", async () => {
    const lecture = soundAlone();
    onSound(lecture, { kind: "redirect", to: [`https://stranger.example${elsewhere}`] });
    assertFailed(await captured(lecture, { captures: { signInMs: 1 } }), "login_required");
  });
});

describe("150 random meetings of faults", () => {
  const SEED = 20261121;
  const WHOLE = 62_000;

  function aFault(dice: Dice): Fault {
    const afterBytes = dice.below(WHOLE);
    return dice.pick<() => Fault>([
      () => ({ kind: "reset", afterBytes }),
      () => ({ kind: "drop", afterBytes }),
      () => ({ kind: "truncate", afterBytes }),
      () => ({ kind: "truncate", afterBytes }),
      () => ({ kind: "wrong-range", what: dice.pick(["start", "total", "validator", "absent"]) }),
      () => ({ kind: "ignore-range" }),
      () => ({ kind: "etag", what: dice.pick(["missing", "weak", "changed"]) }),
      () => ({ kind: "no-last-modified" }),
      () => ({ kind: "no-length" }),
      () => ({ kind: "delay", ms: dice.below(20) }),
      () => ({ kind: "slow", bytesPerSecond: 400_000 }),
      () => ({ kind: "gzip" }),
      () => ({ kind: "bit-flip", atByte: dice.below(WHOLE) }),
      () => ({ kind: "content-type", type: dice.pick(["application/octet-stream", "text/html", "application/xml", "audio/mp4", ""]) }),
      () => ({ kind: "status", status: dice.pick([403, 404, 408, 410, 416, 429, 500, 503]), retryAfter: 0 }),
      () => ({ kind: "redirect", to: [dice.pick(["https://stranger.example/", "http://stranger.example/", `https://${SITE_HOST}./`, "/", `https://u@${SITE_HOST}/`])] }),
    ])();
  }

  it("all end with an equal digest or a typed error", { timeout: 120_000 }, async () => {
    const dice = new Dice(SEED);
    const host = await scene.start({ config: { captures: { atOnce: 12, signInMs: 1 } } });
    await host.signIn();
    const outcomes = { done: 0, failed: 0 };
    await Promise.all(
      Array.from({ length: 150 }, async (_, n) => {
        const lecture = scene.lecture({ stream: "none", title: `Meeting ${String(n)}` });
        const faults = Array.from({ length: 1 + dice.below(4) }, () => ({ fault: aFault(dice), after: dice.below(3), times: 1 + dice.below(2) }));
        for (const { fault, after: passed, times } of faults) onSound(lecture, fault, { after: passed, times });
        const { id } = await host.start(scene.peers.viewerUrl(lecture));
        const ended = await host.reaches(id, ["done", "failed"], 110_000);
        const story = `seed ${String(SEED)}, meeting ${String(n)}: ${JSON.stringify(faults)} → ${JSON.stringify(ended.error ?? ended.result)}`;
        const isFlipped = faults.some(({ fault }) => fault.kind === "bit-flip");
        if (ended.state === "failed") {
          outcomes.failed += 1;
          assert.notEqual(ended.error?.data.kind, "internal", story);
          assertFault(ended.error, ended.error?.data.kind ?? "internal");
        } else {
          outcomes.done += 1;
          if (!isFlipped) assert.equal(ended.result?.sha256, lecture.audio.sha256, story);
          assert.equal(await sha256Of(ended.result?.file ?? ""), ended.result?.sha256, story);
        }
      }),
    );
    assert.ok(outcomes.done > 60 && outcomes.failed > 10, `it met too little: ${JSON.stringify(outcomes)}`);
  });
});
