// For tests alone: the playback server under a true name beside the other peers, and all that a test can do to it.

import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Authority, Certificate } from "../authority/authority.ts";
import { leaseDatabase } from "../backend/database.ts";
import type { Database } from "../backend/database.ts";
import type { Answer } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";
import type { FaultRule } from "../wire/fault.ts";
import { Peer } from "../wire/peer.ts";
import type { WireRequest } from "../wire/request.ts";
import { toBase64 } from "./bytes.ts";
import { seal } from "./encode.ts";
import { ENVELOPE_KEY_BYTES, Envelope } from "./envelope.ts";
import { KeyIssuer } from "./key-issuer.ts";
import { OTHER_LECTURE } from "./library.ts";
import type { SealedVideo } from "./library.ts";
import { piecePath } from "./manifest.ts";
import { Metrics } from "./metrics.ts";
import { TAG_BYTES } from "./primitives.ts";
import { PlaybackService } from "./service.ts";
import type { ServiceOptions } from "./service.ts";
import { COOKIE } from "./session-api.ts";
import type { Admission } from "./session-api.ts";
import type { Settings } from "./settings.ts";
import { SignIn } from "./sign-in.ts";
import type { Person } from "../panopto/session.ts";

export const PLAYBACK_HOST = "play.uni.example";
/** Where segments lie when they are not on the server's own origin. A cookie that arrives here is a leak. */
export const SEGMENTS_HOST = "segments.uni.example";
export const PLAYBACK_HOSTS: readonly string[] = [PLAYBACK_HOST, SEGMENTS_HOST];

export interface StandInOptions {
  /** The sealed pieces are kept in here. */
  readonly dir: string;
  readonly authority: Authority;
  readonly library: readonly SealedVideo[];
  /** Closed by whoever opened it. Left out: empty tables in memory, which end with the stand-in. */
  readonly database?: Database;
  readonly settings?: Partial<Settings>;
  readonly admission?: Admission;
  /** These have to sign in before they see a page or get a session, in place of `admission`. */
  readonly people?: readonly Person[];
  /** True: segments are at SEGMENTS_HOST. */
  readonly segmentsElsewhere?: boolean;
  /** ms since 1970 */
  readonly now?: () => number;
}

/** How a segment is spoilt: a bit of what is sealed, a bit of its tag, or another segment in its place. */
export type Forgery = "flip" | "tag" | "swap";

interface Forged {
  readonly path: string;
  readonly forgery: Forgery;
}

interface Parts {
  readonly certificates: readonly [Certificate, Certificate];
  readonly database: Database;
  readonly envelope: Envelope;
  readonly mediaDir: string;
  /** Makes the server anew, as after a restart: only what is in its tables is left. */
  readonly renew: () => Promise<PlaybackService>;
  readonly service: PlaybackService;
  readonly signIn: SignIn | undefined;
  readonly failures: unknown[];
}

export class PlaybackStandIn extends Peer {
  readonly #options: StandInOptions;
  readonly #parts: Parts;
  readonly #leaks: string[] = [];
  #service: PlaybackService;
  #forged: Forged[] = [];
  #foreignKeysLeft = 0;

  private constructor(options: StandInOptions, parts: Parts) {
    const [certificate, segments] = parts.certificates;
    super({ server: "playback", tls: { certificate, byName: new Map([[SEGMENTS_HOST, segments]]) } });
    this.#options = options;
    this.#parts = parts;
    this.#service = parts.service;
  }

  /** Listens on 127.0.0.1; `port` 0: any free one. */
  static async open(options: StandInOptions, port = 0): Promise<PlaybackStandIn> {
    const mediaDir = join(options.dir, "sealed");
    await mkdir(mediaDir, { recursive: true, mode: 0o700 });
    const certificates = await Promise.all([options.authority.certificateFor([PLAYBACK_HOST]), options.authority.certificateFor([SEGMENTS_HOST])]);
    const [database, envelope, failures] = [options.database ?? (await leaseDatabase()), new Envelope(randomBytes(ENVELOPE_KEY_BYTES)), [] as unknown[]];
    const signIn = options.people === undefined ? undefined : new SignIn(options.people);
    const admission = signIn?.admission ?? options.admission;
    const renew = (): Promise<PlaybackService> => serviceOf({ ...options, ...(admission === undefined ? {} : { admission }) }, { database, envelope, mediaDir, onFailure: (error) => void failures.push(error) });
    const standIn = new PlaybackStandIn(options, { certificates, database, envelope, mediaDir, signIn, failures, renew, service: await renew() });
    for (const video of options.library) await standIn.add(video);
    await standIn.start(port);
    return standIn;
  }

  override async stop(): Promise<void> {
    await super.stop();
    await this.#service.close();
    if (this.#options.database === undefined) await this.#parts.database.close();
  }

  /** The server that is tested: its tables, its log, its sweep. */
  get service(): PlaybackService {
    return this.#service;
  }

  /** The institution's own sign-in; only where `people` are given. */
  get signIn(): SignIn {
    if (this.#parts.signIn === undefined) throw new Error("Nobody has to sign in at this server");
    return this.#parts.signIn;
  }

  /** What signs people in, and may be nowhere else. */
  secrets(): readonly string[] {
    return this.#parts.signIn?.secrets ?? [];
  }

  /** `https://play.uni.example` */
  get origin(): string {
    return ORIGIN;
  }

  watchUrl(videoId: string): string {
    return `${ORIGIN}/watch/${videoId}`;
  }

  /** What the server itself did wrong, if anything. */
  override get failure(): unknown {
    return super.failure ?? this.#parts.failures[0];
  }

  /** Paths of segments on the other origin that were asked for with a cookie or an authorization. */
  get leaks(): readonly string[] {
    return this.#leaks;
  }

  /** Seals a video and puts it there. */
  add({ id, title, cuts }: SealedVideo): Promise<void> {
    const { envelope, mediaDir } = this.#parts;
    return seal({ id, title }, cuts, { videos: this.#service.videos, envelope, mediaDir });
  }

  /** Every session has come to its end: 401 `Session expired`. */
  async expireSessions(): Promise<void> {
    await this.#parts.database.query("update playback_sessions set expires_at = $1", [new Date(this.#now() - 1)]);
  }

  /** Every session is gone, as when an administrator ends them: 404 `Session not found`. */
  async revokeSessions(): Promise<void> {
    await this.#parts.database.query("delete from playback_sessions");
  }

  /** Connections end, memory is lost, the same port answers again; sessions are still in the tables. `meanwhile`: what happens while nobody answers. */
  async restart(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const { port } = this;
    await super.stop();
    await this.#service.close();
    try {
      await meanwhile();
    } finally {
      // Also when a test fails meanwhile: those after it have the same server.
      this.#service = await this.#parts.renew();
      await super.start(port);
    }
  }

  /** The next `times` questions for keys are too many. `retryAfter`: seconds */
  tooManyKeys(times = 1, retryAfter = 1): FaultRule {
    return this.fail({ kind: "status", status: 429, retryAfter, type: "application/json", body: JSON.stringify({ error: "Too many key requests" }) }, { path: /^\/api\/v1\/key/, times });
  }

  /** From now on this segment comes spoilt. */
  forge(videoId: string, rendition: string, segIdx: number, forgery: Forgery): void {
    this.#forged.push({ path: piecePath(videoId, rendition, segIdx), forgery });
  }

  /** The next `times` questions for keys are answered with keys of `OTHER_LECTURE`, properly wrapped for the session that asks. */
  keysOfAnotherVideo(times = 1): void {
    this.#foreignKeysLeft = times;
  }

  /** Takes back all that a test has ordered, and forgets how often anybody has asked. */
  async calm(): Promise<void> {
    this.clearFaults();
    this.#forged = [];
    this.#foreignKeysLeft = 0;
    await this.#service.close();
    this.#service = await this.#parts.renew();
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    const elsewhere = request.host === SEGMENTS_HOST;
    if (elsewhere && (request.headers["cookie"] !== undefined || request.headers["authorization"] !== undefined)) this.#leaks.push(request.path);
    if (elsewhere && !request.path.startsWith("/media/")) return json(404, { error: "Not found" });
    const signIn = elsewhere ? undefined : await this.#parts.signIn?.handle(request);
    if (signIn !== undefined) return signIn;
    const answer = await this.#service.handle(request);
    const forged = this.#forged.find(({ path }) => path === request.path);
    if (forged !== undefined && answer.status === 200) return this.#spoilt(answer, forged);
    if (this.#foreignKeysLeft > 0 && answer.status === 200 && request.path.startsWith("/api/v1/key")) {
      this.#foreignKeysLeft -= 1;
      return this.#withForeignKeys(request, answer);
    }
    return answer;
  }

  async #spoilt(answer: Answer, { path, forgery }: Forged): Promise<Answer> {
    const [, , videoId = "", rendition = "", name = ""] = path.split("/");
    const segIdx = Number.parseInt(name, 10);
    const { media } = this.#service;
    const bytes = await readFile(media.file(videoId, rendition, segIdx));
    if (forgery === "swap") {
      // Cut to the length that the manifest promises, so that only the tag can tell.
      const other = await readFile(media.file(videoId, rendition, segIdx + (segIdx === 0 ? 1 : -1)));
      other.copy(bytes);
    } else {
      const at = forgery === "tag" ? bytes.length - TAG_BYTES : Math.floor((bytes.length - TAG_BYTES) / 2);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    }
    return { ...answer, body: bytes };
  }

  async #withForeignKeys(request: WireRequest, answer: Answer): Promise<Answer> {
    const [session, video] = await Promise.all([this.#service.sessions.find(request.cookies.get(COOKIE) ?? ""), this.#service.videos.find(OTHER_LECTURE)]);
    if (session === undefined || video === undefined || !Buffer.isBuffer(answer.body)) return answer;
    const issuer = new KeyIssuer(this.#parts.envelope, new Metrics(), () => this.#now());
    const said = JSON.parse(answer.body.toString("utf8")) as { keys?: { segIdx: number }[] };
    const foreign = async (key: object, segIdx: number): Promise<object> => {
      const { wrappedDek, wrapIv } = await issuer.issue({ ...session, videoId: video.id, rootSecretEnc: video.rootSecretEnc }, "180p", segIdx);
      return { ...key, wrappedDek: toBase64(wrappedDek), ...(wrapIv === undefined ? {} : { wrapIv: toBase64(wrapIv) }) };
    };
    const changed = said.keys === undefined ? await foreign(said, Number(request.query.get("segIdx"))) : { ...said, keys: await Promise.all(said.keys.map((key) => foreign(key, key.segIdx))) };
    return json(200, changed, { "cache-control": "no-store" });
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

const ORIGIN = `https://${PLAYBACK_HOST}`;

function serviceOf(options: StandInOptions, own: Pick<ServiceOptions, "database" | "envelope" | "mediaDir" | "onFailure">): Promise<PlaybackService> {
  const { settings, admission, now, segmentsElsewhere = false } = options;
  return PlaybackService.open({
    ...own,
    origins: [ORIGIN],
    ...(segmentsElsewhere ? { mediaOrigin: `https://${SEGMENTS_HOST}` } : {}),
    ...(settings === undefined ? {} : { settings }),
    ...(admission === undefined ? {} : { admission }),
    ...(now === undefined ? {} : { now }),
  });
}
