// The playback server without its sockets: every address, what is behind it, and what has to be done from time to time.

import type { Database } from "../backend/database.ts";
import { migrate } from "../backend/migration.ts";
import type { Answer } from "../wire/answer.ts";
import { bytesAnswer, json } from "../wire/answer.ts";
import type { Envelope } from "./envelope.ts";
import { KeyApi } from "./key-api.ts";
import { KeyIssuer } from "./key-issuer.ts";
import { LastActivity } from "./last-activity.ts";
import { manifestOf } from "./manifest.ts";
import { MediaShelf } from "./media-shelf.ts";
import { Metrics } from "./metrics.ts";
import { PlaybackLog } from "./playback-log.ts";
import { PlayerPage } from "./player-page.ts";
import { Pseudonyms, secretContext } from "./pseudonyms.ts";
import { RateLimit } from "./rate-limit.ts";
import { Refusal, VIDEO_NOT_FOUND } from "./refusal.ts";
import { refuseCrossSite } from "./request.ts";
import type { PlaybackRequest } from "./request.ts";
import { SessionApi, everybody } from "./session-api.ts";
import type { Admission } from "./session-api.ts";
import { SessionTable, privateKeyContext } from "./session-table.ts";
import { DEFAULTS } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { VideoTable, rootSecretContext } from "./video-table.ts";

const MIGRATIONS = new URL("migrations/", import.meta.url);
const MINUTE_MS = 60_000;

export interface ServiceOptions {
  /** Closed by whoever opened it. */
  readonly database: Database;
  readonly envelope: Envelope;
  /** Where the sealed pieces are: one folder a video. */
  readonly mediaDir: string;
  /** Whose pages may ask: `https://play.uni.example`. */
  readonly origins: readonly string[];
  /** Where the pieces are fetched from, if not here: `https://segments.uni.example`. */
  readonly mediaOrigin?: string;
  readonly settings?: Partial<Settings>;
  /** Who may play what; everybody everything when left out. */
  readonly admission?: Admission;
  /** The bearer token of `GET /metrics`; without one there is no such address. */
  readonly metricsToken?: string;
  /** ms since 1970 */
  readonly now?: () => number;
  /** Told what is behind an answer of 500. */
  readonly onFailure?: (error: unknown) => void;
}

export class PlaybackService {
  readonly sessions: SessionTable;
  readonly videos: VideoTable;
  readonly log: PlaybackLog;
  readonly metrics = new Metrics();
  readonly media: MediaShelf;
  readonly #options: ServiceOptions;
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #pseudonyms: Pseudonyms;
  readonly #activity: LastActivity;
  readonly #sessionApi: SessionApi;
  readonly #keyApi: KeyApi;
  readonly #page: PlayerPage;

  private constructor(options: ServiceOptions, pseudonyms: Pseudonyms) {
    const { database, envelope } = options;
    this.#options = options;
    this.#settings = { ...DEFAULTS, ...options.settings };
    this.#now = options.now ?? Date.now;
    this.#pseudonyms = pseudonyms;
    this.sessions = new SessionTable(database);
    this.videos = new VideoTable(database);
    this.log = new PlaybackLog(database, this.#settings.log);
    this.media = new MediaShelf(options.mediaDir, this.videos);
    this.#activity = new LastActivity(this.sessions, this.#now);
    this.#page = new PlayerPage(this.videos, options.mediaOrigin);
    const issuer = new KeyIssuer(envelope, this.metrics, this.#now);
    const { keysPerMinute } = this.#settings;
    this.#sessionApi = new SessionApi({ ...this.#shared(), issuer, envelope, pseudonyms, settings: this.#settings, admission: options.admission ?? everybody });
    this.#keyApi = new KeyApi({
      ...this.#shared(),
      issuer,
      activity: this.#activity,
      rate: keysPerMinute === 0 ? undefined : new RateLimit({ most: keysPerMinute, windowMs: MINUTE_MS, now: this.#now }),
      sessionOf: (request) => this.#sessionApi.sessionOf(request),
    });
  }

  #shared() {
    const { sessions, videos, log, metrics } = this;
    return { sessions, videos, log, metrics, now: this.#now };
  }

  /** Brings the tables to the newest shape. */
  static async open(options: ServiceOptions): Promise<PlaybackService> {
    await migrate(options.database, MIGRATIONS);
    return new PlaybackService(options, await Pseudonyms.open(options.database, options.envelope));
  }

  /** Always answers: what fails is a 500, and told to `onFailure`. */
  async handle(request: PlaybackRequest): Promise<Answer> {
    const began = performance.now();
    const answer = await this.#answer(request).catch((error: unknown) => this.#refusal(error));
    const route = routeOf(request);
    this.metrics.count("playback_requests_total", { route, status: String(answer.status) });
    this.metrics.observe("playback_request_seconds", { route }, (performance.now() - began) / 1000);
    return answer;
  }

  async #answer(request: PlaybackRequest): Promise<Answer> {
    refuseCrossSite(request, this.#options.origins);
    const answer =
      (await this.#keyApi.handle(request)) ?? (await this.#sessionApi.handle(request)) ?? (await this.media.handle(request)) ?? (await this.#manifest(request)) ?? (await this.#page.handle(request)) ?? this.#operation(request);
    if (answer === undefined) throw new Refusal(404, "Not found");
    return answer;
  }

  #refusal(error: unknown): Answer {
    const refusal = error instanceof Refusal ? error : new Refusal(500, "Internal server error", {}, error);
    if (refusal.status >= 500) this.#options.onFailure?.(refusal.cause ?? refusal);
    return refusal.answer();
  }

  async #manifest(request: PlaybackRequest): Promise<Answer | undefined> {
    const [, videoId] = /^\/api\/v1\/videos\/([\w-]{1,64})\/manifest$/.exec(request.path) ?? [];
    if (videoId === undefined || request.method !== "GET") return undefined;
    const [video, renditions] = await Promise.all([this.videos.find(videoId), this.videos.renditions(videoId)]);
    if (video === undefined) throw VIDEO_NOT_FOUND();
    return json(200, manifestOf(video, renditions, this.#options.mediaOrigin ?? ""), { "cache-control": "no-cache" });
  }

  #operation(request: PlaybackRequest): Answer | undefined {
    const { metricsToken } = this.#options;
    if (request.method !== "GET") return undefined;
    if (request.path === "/api/v1/health") return json(200, { status: "ok" });
    if (request.path !== "/metrics" || metricsToken === undefined) return undefined;
    if (request.headers["authorization"] !== `Bearer ${metricsToken}`) throw new Refusal(401, "Authentication required", { "www-authenticate": "Bearer" });
    return bytesAnswer(200, "text/plain; version=0.0.4; charset=utf-8", this.metrics.text());
  }

  /** Deletes expired sessions and log entries that were kept long enough. To be done every hour. */
  async sweep(): Promise<{ readonly sessions: number; readonly logEntries: number }> {
    const now = this.#now();
    const sessions = await this.sessions.removeExpired(new Date(now));
    const logEntries = await this.log.removeBefore(new Date(now - this.#settings.logKeptMs));
    this.metrics.count("playback_sessions_ended_total", { by: "expiry" }, sessions);
    return { sessions, logEntries };
  }

  /** Deletes what is written of somebody, by what the site calls them or by what their device said of itself. Answers how many entries went. */
  forget(whom: { readonly person?: string; readonly deviceFingerprint?: string; readonly sessionId?: string }): Promise<number> {
    const { person, deviceFingerprint, sessionId } = whom;
    return this.log.removeOf({
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(person === undefined ? {} : { person: this.#pseudonyms.of("person", person) }),
      ...(deviceFingerprint === undefined ? {} : { deviceHash: this.#pseudonyms.of("device", deviceFingerprint) }),
    });
  }

  /** Puts every stored secret under the current envelope key; nothing else changes, and players notice nothing. Answers how many were moved. */
  async rotateEnvelope(): Promise<number> {
    const places = [
      { table: "videos", name: "id", column: "root_secret_enc", context: rootSecretContext },
      { table: "playback_sessions", name: "id", column: "server_priv_jwk", context: privateKeyContext },
      { table: "server_secrets", name: "name", column: "sealed", context: secretContext },
    ] as const;
    let moved = 0;
    for (const place of places) moved += await this.#reseal(place.table, place.name, place.column, place.context);
    return moved;
  }

  async #reseal(table: string, name: string, column: string, context: (of: string) => string): Promise<number> {
    const { database, envelope } = this.#options;
    let moved = 0;
    for (const row of await database.query(`select ${name} as name, ${column} as sealed from ${table}`)) {
      const [of, sealed] = [String(row["name"]), String(row["sealed"])];
      if (envelope.isCurrent(sealed)) continue;
      const fresh = envelope.seal(envelope.open(sealed, context(of)), context(of));
      // Only what was read is replaced: a video that was sealed anew meanwhile keeps its own.
      moved += (await database.query(`update ${table} set ${column} = $1 where ${name} = $2 and ${column} = $3 returning ${name}`, [fresh, of, sealed])).length;
    }
    return moved;
  }

  /** Writes down what is still to be written. */
  async close(): Promise<void> {
    await Promise.all([this.log.flush(), this.#activity.flush()]);
  }
}

/** Few words for many addresses: a label must not grow with what clients ask. */
function routeOf({ method, path }: PlaybackRequest): string {
  const known = ["/api/v1/session", "/api/v1/session/refresh", "/api/v1/session/log", "/api/v1/key", "/api/v1/key/batch", "/api/v1/health", "/metrics"];
  if (known.includes(path)) return `${/^(?:GET|HEAD|POST|DELETE)$/.test(method) ? method : "other"} ${path}`;
  const [, first] = /^\/(media|watch|api\/v1\/videos)\//.exec(path) ?? [];
  return first ?? "other";
}
