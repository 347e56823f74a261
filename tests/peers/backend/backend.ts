// The reference backend: lectures, and what it asks of people's machines, as an example for authors and as the other side for tests.

import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Authority, Certificate } from "../authority/authority.ts";
import type { Answer } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import type { WireRequest } from "../wire/request.ts";
import { ApiError } from "./api-error.ts";
import { CaptionsShelf } from "./captions-shelf.ts";
import { HostStatusTable } from "./host-status.ts";
import { leaseDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { FormLectureTable } from "./form-lecture-table.ts";
import type { FormLecture } from "./form-lecture-table.ts";
import { LectureApi, ownerOf } from "./lecture-api.ts";
import { LectureTable } from "./lecture-table.ts";
import type { LectureRow } from "./lecture-table.ts";
import { MemoryQueue } from "./memory-queue.ts";
import { migrate } from "./migration.ts";
import { MischiefPlan } from "./mischief.ts";
import type { Mischief } from "./mischief.ts";
import { PartSpace } from "./part-space.ts";
import type { ObjectStore } from "./part-space.ts";
import { Pipeline } from "./pipeline.ts";
import { PlainFormApi } from "./plain-form-api.ts";
import type { Course } from "./plain-form-api.ts";
import { RateLimit } from "./rate-limit.ts";
import type { RateLimitOptions } from "./rate-limit.ts";
import { Recording } from "./recording.ts";
import { RefreshApi } from "./refresh-api.ts";
import type { RefreshQueue } from "./refresh-queue.ts";
import { UploadSpace } from "./upload-space.ts";
import type { WebhookOptions } from "./webhook.ts";

export const BACKEND_HOST = "study.example.edu";

export interface BackendOptions {
  /** Uploads, audio and the recording are kept in here. */
  readonly dir: string;
  /** Given: HTTPS under `host`. Left out: plain HTTP on 127.0.0.1. */
  readonly authority?: Authority;
  /** Its true name; `study.example.edu` when left out. */
  readonly host?: string;
  /** Closed by whoever opened it. Left out: empty tables in memory, which end with the backend. */
  readonly database?: Database;
  /** Bearer tokens that are good; a random one when left out. */
  readonly tokens?: readonly string[];
  /** Where it is given, uploads of a known size go there in presigned parts. */
  readonly store?: ObjectStore;
  /** The largest upload; 2 GiB when left out. */
  readonly maxBytes?: number;
  /** One day when left out. */
  readonly uploadExpiresAfterMs?: number;
  /**
   * `plain-form`: only what StudyBuddy's backend has today, which says 404 or 405 to `POST /api/lectures`, and errors
   * without a `kind`. `lectures`: only the others. Both when left out.
   */
  readonly serves?: "everything" | "lectures" | "plain-form";
  /** How a backend with the plain form alone refuses `POST /api/lectures`; 404 when left out. */
  readonly refusesLecturesWith?: 404 | 405;
  /** The largest file in the plain form (bytes, inclusive); 100 MiB when left out. */
  readonly maxFormBytes?: number;
  /** Two when left out. */
  readonly courses?: readonly Course[];
  /** Closed by whoever opened it. Left out: one in this process, which ends with the backend. */
  readonly queue?: RefreshQueue;
  /** How often a person's machine may be asked for something; 12 an hour, 5 at once, when left out. */
  readonly triggers?: RateLimitOptions;
  /** Told of what machines have done. */
  readonly webhook?: Omit<WebhookOptions, "told">;
  /** What a reader of /metrics must bring as its bearer token; nothing when left out. */
  readonly metricsToken?: string;
}

/** Which a person may choose from, where a test names none of its own. */
export const COURSES: readonly Course[] = [
  { id: "5f0c9c1e-2c1b-4f6e-9d53-1f0a4b1c7a01", code: "PHYS 204", title: "Acoustics", instructor: "A. Lovelace" },
  { id: "0d7e3f52-8f5c-4a0e-b6cb-6a2f9f1d8e02", code: "MED 110", title: "Anatomy of the Ear", instructor: "H. von Helmholtz" },
];

const TRIGGERS: RateLimitOptions = { perHour: 12, burst: 5 };
const MAX_FORM_BYTES = 100 * 1024 ** 2;
const MAX_UPLOAD_BYTES = 2 * 1024 ** 3;
const INCOMING = "incoming";
const DAY_MS = 24 * 3600 * 1000;

interface Parts {
  readonly table: LectureTable;
  readonly forms: FormLectureTable;
  readonly statuses: HostStatusTable;
  readonly queue: RefreshQueue;
  readonly uploads: UploadSpace;
  readonly mischief: MischiefPlan;
  readonly certificate: Certificate | undefined;
  readonly recording: Recording;
  readonly close: () => Promise<void>;
}

export class ReferenceBackend extends Peer {
  /** What becomes of a lecture that came by the plain form. */
  readonly pipeline: Pipeline;
  /** May be changed between requests. */
  acceptsCaptions = true;
  readonly #options: BackendOptions;
  /** Tokens that are good, but of nobody. */
  readonly #nobodys = new Set<string>();
  readonly #tokens: Set<string>;
  readonly #recording: Recording;
  readonly #table: LectureTable;
  readonly #uploads: UploadSpace;
  readonly #partSpace: PartSpace | undefined;
  readonly #mischief: MischiefPlan;
  readonly #forms: FormLectureTable;
  readonly #api: LectureApi;
  readonly #formApi: PlainFormApi;
  readonly #captions: CaptionsShelf;
  readonly #refreshApi: RefreshApi;
  readonly #audioDir: string;
  readonly #origin: string | undefined;
  readonly #close: () => Promise<void>;

  private constructor(options: BackendOptions, parts: Parts) {
    const { certificate, recording } = parts;
    super({ server: "backend", ...(certificate === undefined ? {} : { tls: { certificate } }), tap: (bytes) => recording.add(bytes) });
    this.#options = options;
    this.#recording = recording;
    this.#tokens = new Set(options.tokens ?? [randomBytes(24).toString("base64url")]);
    this.#table = parts.table;
    this.#uploads = parts.uploads;
    this.#mischief = parts.mischief;
    this.#close = parts.close;
    this.#origin = options.authority === undefined ? undefined : `https://${options.host ?? BACKEND_HOST}`;
    this.#audioDir = join(options.dir, "audio");
    this.#forms = parts.forms;
    this.pipeline = new Pipeline(parts.forms, (id) => this.audioFile(id));
    this.#formApi = new PlainFormApi({
      table: parts.forms,
      pipeline: this.pipeline,
      courses: options.courses ?? COURSES,
      incomingDir: join(options.dir, INCOMING),
      audioFile: (id) => this.audioFile(id),
      maxBytes: options.maxFormBytes ?? MAX_FORM_BYTES,
    });
    this.#partSpace = options.store === undefined ? undefined : new PartSpace(options.store, parts.mischief);
    this.#refreshApi = new RefreshApi({
      queue: parts.queue,
      lectures: parts.table,
      forms: parts.forms,
      statuses: parts.statuses,
      limit: new RateLimit(options.triggers ?? TRIGGERS),
      webhook: options.webhook,
    });
    this.#captions = new CaptionsShelf(join(options.dir, "captions"));
    this.#api = new LectureApi({
      ...parts,
      parts: this.#partSpace,
      audioDir: this.#audioDir,
      maxBytes: options.maxBytes ?? MAX_UPLOAD_BYTES,
      captions: this.#captions,
      acceptsCaptions: () => this.acceptsCaptions,
      origin: () => this.origin,
    });
  }

  /** Makes its folders and tables and listens on 127.0.0.1; `port` 0: any free one. */
  static async start(options: BackendOptions, port = 0): Promise<ReferenceBackend> {
    for (const name of ["audio", INCOMING]) await mkdir(join(options.dir, name), { recursive: true, mode: 0o700 });
    const database = options.database ?? (await leaseDatabase());
    await migrate(database);
    const mischief = new MischiefPlan();
    const uploads = await UploadSpace.open({
      dir: join(options.dir, "uploads"),
      maxBytes: options.maxBytes ?? MAX_UPLOAD_BYTES,
      expiresAfterMs: options.uploadExpiresAfterMs ?? DAY_MS,
      mischief,
    });
    const certificate = await options.authority?.certificateFor([options.host ?? BACKEND_HOST]);
    const queue = options.queue ?? new MemoryQueue();
    const close = async (): Promise<void> => {
      if (options.queue === undefined) await queue.close();
      if (options.database === undefined) await database.close();
    };
    const backend = new ReferenceBackend(options, {
      table: new LectureTable(database),
      forms: new FormLectureTable(database),
      statuses: new HostStatusTable(database),
      queue,
      uploads,
      mischief,
      certificate,
      recording: new Recording(join(options.dir, "received.bin")),
      close,
    });
    await backend.start(port);
    return backend;
  }

  /** What a client is configured with: `https://study.example.edu`, or `http://127.0.0.1:PORT`. */
  get origin(): string {
    return this.#origin ?? `http://127.0.0.1:${String(this.port)}`;
  }

  /** A bearer token that is good. */
  get token(): string {
    const [token] = this.#tokens;
    if (token === undefined) throw new Error("every token has been revoked");
    return token;
  }

  override async stop(): Promise<void> {
    await super.stop();
    await this.#refreshApi.close();
    this.#partSpace?.close();
    this.#recording.close();
    await this.#close();
  }

  /** Something goes wrong behind the interface, that many times. */
  misbehave(mischief: Mischief, times = 1): void {
    this.#mischief.order(mischief, times);
  }

  override clearFaults(): void {
    super.clearFaults();
    this.#mischief.clear();
    this.pipeline.clear();
  }

  /** A further token, for another person. */
  issueToken(): string {
    const token = randomBytes(24).toString("base64url");
    this.#tokens.add(token);
    return token;
  }

  /** A token that is good and says not whose it is: 403. */
  issueTokenOfNobody(): string {
    const token = randomBytes(24).toString("base64url");
    this.#nobodys.add(token);
    return token;
  }

  /** From now on 401. */
  revokeToken(token: string): void {
    this.#tokens.delete(token);
  }

  lectures(): Promise<LectureRow[]> {
    return this.#table.all();
  }

  /** Those that came by the plain form. */
  formLectures(): Promise<FormLecture[]> {
    return this.#forms.all();
  }

  /** What was said in a lecture, by language. */
  captions(id: string): Promise<Map<string, string>> {
    return this.#captions.of(id);
  }

  /** The finished audio of a lecture, in the file system. */
  audioFile(id: string): string {
    return join(this.#audioDir, id);
  }

  /** What a real backend does from time to time; answers how many went. */
  removeExpiredUploads(): Promise<number> {
    return this.#uploads.removeExpired();
  }

  /** Every byte that has come in: heads and bodies. */
  received(): Buffer {
    return this.#recording.read();
  }

  /** As Recording's. */
  found(words: readonly string[]): string[] {
    return this.#recording.found(words);
  }

  receivedContains(needle: string | Buffer): boolean {
    return this.received().includes(needle);
  }

  /** The file behind `received`. */
  get recordingFile(): string {
    return this.#recording.file;
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    try {
      if (request.path === "/api/health") return json(200, { status: "ok" });
      if (request.path === "/metrics" && request.method === "GET") return await this.#measured(request);
      if (request.headers["cookie"] !== undefined) throw new ApiError(422, "secret_refused", "This backend takes no cookie.");
      return await this.#route(request, this.#authenticated(request));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return this.#options.serves === "plain-form" ? error.plainAnswer() : error.answer();
    }
  }

  async #route(request: WireRequest, owner: string): Promise<Answer> {
    const serves = this.#options.serves ?? "everything";
    const answer = serves === "lectures" ? undefined : await this.#formApi.handle(request, owner);
    if (answer !== undefined) return answer;
    if (serves !== "plain-form") return (await this.#refreshApi.handle(request, owner)) ?? this.#api.handle(request, owner);
    if (request.path === "/api/lectures" && this.#options.refusesLecturesWith === 405) throw new ApiError(405, "method_not_allowed", "Method Not Allowed", { allow: "GET" });
    throw new ApiError(404, "not_found", "Not Found");
  }

  #measured(request: WireRequest): Promise<Answer> {
    const { metricsToken } = this.#options;
    if (metricsToken !== undefined && request.headers["authorization"] !== `Bearer ${metricsToken}`) throw new ApiError(401, "unauthorized", "Authentication required", { "www-authenticate": "Bearer" });
    return this.#refreshApi.metrics();
  }

  #authenticated(request: WireRequest): string {
    const token = /^Bearer (.+)$/i.exec(request.headers["authorization"] ?? "")?.[1];
    if (token !== undefined && this.#nobodys.has(token)) throw new ApiError(403, "forbidden", "Token is missing a user identifier");
    if (token === undefined || !this.#tokens.has(token)) throw new ApiError(401, "unauthorized", "Authentication required", { "www-authenticate": "Bearer" });
    return ownerOf(token);
  }
}
