// The reference backend: BACKEND's lectures, as an example for authors and as the other side for tests.

import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Authority, Certificate } from "../authority/authority.ts";
import type { Answer } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import type { WireRequest } from "../wire/request.ts";
import { ApiError } from "./api-error.ts";
import { leaseDatabase } from "./database.ts";
import type { Database } from "./database.ts";
import { LectureApi, ownerOf } from "./lecture-api.ts";
import { LectureTable } from "./lecture-table.ts";
import type { LectureRow } from "./lecture-table.ts";
import { migrate } from "./migration.ts";
import { MischiefPlan } from "./mischief.ts";
import type { Mischief } from "./mischief.ts";
import { Recording } from "./recording.ts";
import { UploadSpace } from "./upload-space.ts";

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
  /** The largest upload; 2 GiB when left out. */
  readonly maxBytes?: number;
  /** One day when left out. */
  readonly uploadExpiresAfterMs?: number;
}

const MAX_UPLOAD_BYTES = 2 * 1024 ** 3;
const DAY_MS = 24 * 3600 * 1000;

interface Parts {
  readonly table: LectureTable;
  readonly uploads: UploadSpace;
  readonly mischief: MischiefPlan;
  readonly certificate: Certificate | undefined;
  readonly recording: Recording;
  readonly close: () => Promise<void>;
}

export class ReferenceBackend extends Peer {
  readonly #tokens: Set<string>;
  readonly #recording: Recording;
  readonly #table: LectureTable;
  readonly #uploads: UploadSpace;
  readonly #mischief: MischiefPlan;
  readonly #api: LectureApi;
  readonly #audioDir: string;
  readonly #origin: string | undefined;
  readonly #close: () => Promise<void>;

  private constructor(options: BackendOptions, parts: Parts) {
    const { certificate, recording } = parts;
    super({ server: "backend", ...(certificate === undefined ? {} : { tls: { certificate } }), tap: (bytes) => recording.add(bytes) });
    this.#recording = recording;
    this.#tokens = new Set(options.tokens ?? [randomBytes(24).toString("base64url")]);
    this.#table = parts.table;
    this.#uploads = parts.uploads;
    this.#mischief = parts.mischief;
    this.#close = parts.close;
    this.#origin = options.authority === undefined ? undefined : `https://${options.host ?? BACKEND_HOST}`;
    this.#audioDir = join(options.dir, "audio");
    this.#api = new LectureApi({ ...parts, audioDir: this.#audioDir, maxBytes: options.maxBytes ?? MAX_UPLOAD_BYTES, origin: () => this.origin });
  }

  /** Makes its folders and tables and listens on 127.0.0.1; `port` 0: any free one. */
  static async start(options: BackendOptions, port = 0): Promise<ReferenceBackend> {
    await mkdir(join(options.dir, "audio"), { recursive: true, mode: 0o700 });
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
    const close = options.database === undefined ? () => database.close() : () => Promise.resolve();
    const backend = new ReferenceBackend(options, { table: new LectureTable(database), uploads, mischief, certificate, recording: new Recording(join(options.dir, "received.bin")), close });
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
  }

  /** A further token, for another person. */
  issueToken(): string {
    const token = randomBytes(24).toString("base64url");
    this.#tokens.add(token);
    return token;
  }

  /** From now on 401. */
  revokeToken(token: string): void {
    this.#tokens.delete(token);
  }

  lectures(): Promise<LectureRow[]> {
    return this.#table.all();
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
      if (request.headers["cookie"] !== undefined) throw new ApiError(422, "secret_refused", "This backend takes no cookie.");
      return await this.#api.handle(request, this.#authenticated(request));
    } catch (error) {
      if (error instanceof ApiError) return error.answer();
      throw error;
    }
  }

  #authenticated(request: WireRequest): string {
    const token = /^Bearer (.+)$/i.exec(request.headers["authorization"] ?? "")?.[1];
    if (token === undefined || !this.#tokens.has(token)) throw new ApiError(401, "unauthorized", "Authentication required", { "www-authenticate": "Bearer" });
    return ownerOf(token);
  }
}
