// A host inside the test: scripted answers, and the seal opened by node:crypto instead of WebCrypto.
import { createDecipheriv, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync, randomBytes, type KeyObject } from "node:crypto";
import type { EndedPort, Port } from "../src/port.ts";
import type { Capture, Fault, HelloResult, OpenedSeal, OwnServer, Sealed } from "../src/protocol.ts";
import type { SeenFrame } from "../../schema/check.ts";

interface Asked {
  id: number;
  method: string;
  params: Record<string, unknown>;
}

/** Answers a method: a result, or a fault, or nothing at all. */
export type Answerer = (params: Record<string, unknown>) => { result: unknown } | { error: Fault } | null;

const SPKI_PREFIX = Buffer.from("302a300506032b656e032100", "hex");
const TAG_BYTES = 16;

export function refusal(kind: Fault["data"]["kind"], message = `It was ${kind}.`, retryable = false): { error: Fault } {
  return { error: { code: -32000, message, data: { kind, retryable } } };
}

export function aCapture(more: Partial<Capture> = {}): Capture {
  return {
    id: "c1", key: "panopto:uni.hosted.panopto.com:1", page: "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=1", site: "panopto",
    title: "Lecture 1", state: "downloading", done: 0, total: 1000, rate: 0, etaMs: null, saved: 0.88, attempt: 1, startedAt: "2026-11-21T14:00:00.000Z", ...more,
  };
}

interface HeldSession {
  key: Buffer;
  lastSeq: number;
}

/** All lives of the host: each call of `open` is one. What was said in any of them is in `traffic`. */
export class FakeHost {
  readonly traffic: SeenFrame[] = [];
  readonly asked: Asked[] = [];
  readonly opened: OpenedSeal[] = [];
  readonly seqs: number[] = [];
  readonly answers: Record<string, Answerer> = {};
  /** How many times a port was opened. */
  lives = 0;
  unfinished: Capture[] = [];
  /** Servers of institutions that its configuration names. */
  ownServers: OwnServer[] = [];
  /** When sessions end, ms since 1970. */
  sessionEndsAtMs = Date.parse("2099-01-01T00:00:00Z");
  /** What opening a port throws, in the browser's words. */
  openFails: string | null = null;
  /** The port ends, in these words, right after it was opened. */
  endsAtOnce: string | null = null;

  readonly #sessions = new Map<string, HeldSession>();
  #toClient: ((message: unknown) => void)[] = [];
  #onEnd: ((port: EndedPort) => void)[] = [];

  readonly open = (): Port => {
    this.lives++;
    if (this.openFails !== null) throw new Error(this.openFails);
    const toClient: ((message: unknown) => void)[] = [];
    const onEnd: ((port: EndedPort) => void)[] = [];
    this.#toClient = toClient;
    this.#onEnd = onEnd;
    let alive = true;
    const words = this.endsAtOnce;
    if (words !== null) queueMicrotask(() => onEnd.forEach((listener) => listener({ error: { message: words } })));
    return {
      postMessage: (message) => {
        const copy: unknown = structuredClone(message);
        this.traffic.push({ from: "client", frame: copy });
        if (words === null) queueMicrotask(() => alive && this.#serve(copy as Asked));
      },
      disconnect: () => {
        alive = false;
        this.#sessions.clear();
      },
      onMessage: { addListener: (listener) => void toClient.push(listener) },
      onDisconnect: { addListener: (listener) => void onEnd.push(listener) },
    };
  };

  /** Ends the present life as a browser would tell it. */
  die(words = "Native host has exited."): void {
    const onEnd = this.#onEnd;
    this.#toClient = [];
    this.#sessions.clear();
    for (const listener of onEnd) listener({ error: { message: words } });
  }

  notify(method: string, params: unknown): void {
    this.#send({ jsonrpc: "2.0", method, params });
  }

  /** The host has lost its sessions, the port goes on. */
  forgetSessions(): void {
    this.#sessions.clear();
  }

  methods(): string[] {
    return this.asked.map((one) => one.method);
  }

  #send(frame: unknown): void {
    const copy: unknown = structuredClone(frame);
    this.traffic.push({ from: "host", frame: copy });
    for (const listener of this.#toClient) listener(copy);
  }

  #serve(asked: Asked): void {
    this.asked.push(asked);
    const scripted = this.answers[asked.method];
    const answer = scripted ? scripted(asked.params) : this.#usual(asked);
    if (answer) this.#send({ jsonrpc: "2.0", id: asked.id, ...answer });
  }

  #usual(asked: Asked): { result: unknown } | { error: Fault } {
    switch (asked.method) {
      case "hello":
        return { result: this.#hello() };
      case "session.open":
        return { result: this.#openSession(String(asked.params["clientPubKey"])) };
      case "session.refresh":
        if (!this.#sessions.has(String(asked.params["sessionId"]))) return refusal("unknown_session");
        this.sessionEndsAtMs += 30 * 60_000;
        return { result: { sessionId: asked.params["sessionId"], expiresAt: new Date(this.sessionEndsAtMs).toISOString() } };
      case "vault.put":
        return this.#put(asked.params["sealed"] as Sealed);
      case "vault.status":
        return { result: { entries: [] } };
      case "capture.get":
      case "capture.start":
        return { result: { capture: aCapture() } };
      default:
        return { result: {} };
    }
  }

  #hello(): HelloResult {
    return {
      protocol: 1,
      host: { name: "auricle", version: "0.1.0", os: "linux", arch: "x86_64", pid: 4711 },
      limits: { reply_bytes: 1_048_576, request_bytes: 8_388_608, captures: 3 },
      tools: { ffmpeg: { found: true, version: "5.1" }, "yt-dlp": { found: false } },
      sites: ["panopto"],
      ...(this.ownServers.length > 0 ? { ownServers: this.ownServers } : {}),
      unfinished: this.unfinished,
    };
  }

  #openSession(clientPubKey: string): unknown {
    const pair = generateKeyPairSync("x25519");
    const client: KeyObject = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, Buffer.from(clientPubKey, "base64")]), format: "der", type: "spki" });
    const shared = diffieHellman({ privateKey: pair.privateKey, publicKey: client });
    const nonce = randomBytes(12);
    const key = Buffer.from(hkdfSync("sha256", shared, nonce, "auricle seal v1", 32));
    const sessionId = randomBytes(16).toString("hex");
    this.#sessions.set(sessionId, { key, lastSeq: 0 });
    const serverPubKey = pair.publicKey.export({ format: "der", type: "spki" }).subarray(SPKI_PREFIX.length).toString("base64");
    return { sessionId, serverPubKey, serverNonce: nonce.toString("base64"), expiresAt: new Date(this.sessionEndsAtMs).toISOString() };
  }

  #put(sealed: Sealed): { result: unknown } | { error: Fault } {
    const session = this.#sessions.get(sealed.sessionId);
    if (!session) return refusal("unknown_session");
    if (sealed.seq <= session.lastSeq) return refusal("bad_seal");
    session.lastSeq = sealed.seq;
    this.seqs.push(sealed.seq);
    const data = Buffer.from(sealed.data, "base64");
    const decipher = createDecipheriv("aes-256-gcm", session.key, Buffer.from(sealed.iv, "base64"));
    decipher.setAAD(Buffer.from(`${sealed.sessionId}:${sealed.seq}`)).setAuthTag(data.subarray(-TAG_BYTES));
    const plain = Buffer.concat([decipher.update(data.subarray(0, -TAG_BYTES)), decipher.final()]);
    const secret = JSON.parse(plain.toString("utf8")) as OpenedSeal;
    this.opened.push(secret);
    const kept = secret.kind === "cookies" ? secret.cookies.length : 1;
    return { result: { kept, dropped: [], generation: this.opened.length, expiresAt: null } };
  }
}
