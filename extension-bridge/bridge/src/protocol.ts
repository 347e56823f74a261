// Made from ../../schema/protocol.schema.json by ../../schema/generate.ts. Edit that, not this.

/**
 * A number of bytes.
 */
export type Bytes = number;
export type SiteName = "panopto" | "mubi" | "youtube" | "playback" | "direct";
/**
 * scheme://host[:port], no slash at the end.
 */
export type Origin = string;
export type CaptureId = string;
export type CaptureState =
  | "queued"
  | "resolving"
  | "downloading"
  | "finishing"
  | "uploading"
  | "done"
  | "waiting_for_cookies"
  | "parked"
  | "failed"
  | "cancelled";
/**
 * An instant: RFC 3339 in UTC with milliseconds, so that texts sort as times do.
 */
export type Time = string;
export type ErrorKind =
  | "not_ready"
  | "bad_params"
  | "unknown_capture"
  | "unknown_session"
  | "session_expired"
  | "bad_seal"
  | "cookies_missing"
  | "login_required"
  | "bot_detected"
  | "rate_limited"
  | "forbidden"
  | "not_found"
  | "not_media"
  | "drm_protected"
  | "unsupported_site"
  | "download_disabled"
  | "not_ready_yet"
  | "backend_not_allowed"
  | "backend_unauthorized"
  | "upload_rejected"
  | "network"
  | "timeout"
  | "tls"
  | "disk_full"
  | "tool_missing"
  | "too_large"
  | "cancelled"
  | "internal";
/**
 * SHA-256 as 64 lower-case hex digits.
 */
export type Sha256 = string;
/**
 * Base64 of 32 bytes.
 */
export type Key32 = string;
export type SessionId = string;
/**
 * Base64 of 12 bytes.
 */
export type Nonce12 = string;
export type Base64 = string;
/**
 * The client's name of a jar of cookies that is mixed with no other: the browser's cookie store ("0", "firefox-container-1"…), with the site in whose pages they are kept apart ("0 in https://uni.example").
 */
export type Store = string;
export type Freshness = "fresh" | "stale" | "expired" | "unknown";
/**
 * Opaque; the next request's after.
 */
export type Cursor = string | number;
/**
 * Where the sound goes; left out: the configured default.
 */
export type Delivery = BackendDelivery | FolderDelivery;
export type RefreshReason =
  "missing_cookies" | "session_expired" | "bot_detection" | "forbidden" | "stale" | "manual_trigger";
/**
 * What a sealed value opens to.
 */
export type OpenedSeal = CookiesSecret | BearerSecret;
export type RequestId = string | number;

/**
 * Every method and notification of the channel between an extension and the host, by name.
 */
export interface Protocol {
  methods: {
    hello: HelloMethod;
    "session.open": SessionOpenMethod;
    "session.info": SessionLeaseMethod;
    "session.refresh": SessionLeaseMethod;
    "session.close": SessionCloseMethod;
    "vault.put": VaultPutMethod;
    "vault.status": VaultStatusMethod;
    "vault.forget": VaultForgetMethod;
    "vault.audit": VaultAuditMethod;
    "capture.start": CaptureStartMethod;
    "capture.list": CaptureListMethod;
    "capture.get": CaptureByIdMethod;
    "capture.pause": CaptureByIdMethod;
    "capture.cancel": CaptureByIdMethod;
    "capture.retry": CaptureByIdMethod;
    "capture.remove": CaptureDismissMethod;
    "capture.reveal": CaptureDismissMethod;
    "capture.audio": CaptureAudioMethod;
    "site.list": SiteListMethod;
    "login.check": LoginCheckMethod;
    "refresh.trigger": RefreshTriggerMethod;
    "refresh.status": RefreshStatusMethod;
    "refresh.done": RefreshDoneMethod;
    "refresh.failed": RefreshFailedMethod;
    stats: StatsMethod;
  };
  notifications: {
    "capture.changed": CaptureReply;
    "capture.progress": CaptureProgress;
    "refresh.wanted": RefreshWanted;
    "host.changed": HostChanged;
    "host.warning": HostWarning;
  };
}
export interface HelloMethod {
  params: HelloParams;
  result: HelloResult;
}
export interface HelloParams {
  /**
   * The numbers the client speaks.
   */
  protocol: number[];
  client: Client;
}
export interface Client {
  name: string;
  version: string;
  browser: string;
}
export interface HelloResult {
  protocol: 1;
  host: Host;
  limits: Limits;
  tools?: Tools;
  sites: SiteName[];
  ownServers?: OwnServer[];
  unfinished: Capture[];
}
export interface Host {
  name: "auricle";
  version: string;
  os: string;
  arch: string;
  pid: number;
}
export interface Limits {
  reply_bytes: Bytes;
  request_bytes: Bytes;
  /**
   * Captures that run at once; more wait as queued.
   */
  captures: number;
}
/**
 * Programs that only some sites need. Absent from hello while they are looked for; host.changed brings them then.
 */
export interface Tools {
  ffmpeg?: Tool;
  "yt-dlp"?: Tool;
}
export interface Tool {
  found: boolean;
  version?: string | null;
}
/**
 * A server that an institution runs under a name of its own, and that the host's configuration names.
 */
export interface OwnServer {
  site: "panopto" | "playback";
  origin: Origin;
}
export interface Capture {
  id: CaptureId;
  key: string | null;
  page: string;
  site: SiteName | null;
  title: string | null;
  state: CaptureState;
  /**
   * Where downloading and uploading overlap: the slower one.
   */
  phase?: string;
  plan?: Plan;
  done: Bytes;
  /**
   * null while the site has not said.
   */
  total: Bytes | null;
  uploaded?: Bytes;
  /**
   * Bytes a second.
   */
  rate: number | null;
  etaMs: number | null;
  /**
   * The share of the video that is not downloaded.
   */
  saved: number | null;
  attempt: number;
  startedAt: Time;
  endedAt?: Time;
  error?: Fault;
  result?: CaptureResult;
}
export interface Plan {
  how: "audio-direct" | "audio-rendition" | "audio-from-mp4" | "audio-from-video" | "yt-dlp" | "sealed-segments";
  /**
   * What will be fetched; null while nobody has said.
   */
  bytes: Bytes | null;
  /**
   * What the video would have cost.
   */
  wholeBytes: Bytes | null;
}
/**
 * Every fault that is not one of JSON-RPC itself. The message can be shown to a person.
 */
export interface Fault {
  code: -32000;
  message: string;
  data: FaultData;
}
export interface FaultData {
  kind: ErrorKind;
  retryable: boolean;
  /**
   * With bad_params: a JSON pointer to the field.
   */
  path?: string;
  [k: string]: unknown;
}
export interface CaptureResult {
  file?: string;
  bytes: Bytes;
  sha256: Sha256;
  mime: string;
  durationMs: number | null;
  /**
   * The backend's id of it.
   */
  lecture?: string;
  /**
   * The backend said our SHA-256.
   */
  confirmed: boolean;
  /**
   * Of the plain form, where the backend says it; false: it had this recording already.
   */
  created?: boolean;
  /**
   * Bytes that the sound had before it was encoded anew as mono, because it was larger than delivery.maxBytes. Absent where it is bit for bit the site's.
   */
  encodedFrom?: number;
  /**
   * Languages (BCP 47) of the captions that went along; absent: none did.
   */
  captions?: string[];
}
export interface SessionOpenMethod {
  params: SessionOpenParams;
  result: SessionOpenResult;
}
export interface SessionOpenParams {
  clientPubKey: Key32;
}
export interface SessionOpenResult {
  sessionId: SessionId;
  serverPubKey: Key32;
  serverNonce: Nonce12;
  expiresAt: Time;
}
export interface SessionLeaseMethod {
  params: SessionParams;
  result: SessionLease;
}
export interface SessionParams {
  sessionId: SessionId;
}
export interface SessionLease {
  sessionId: SessionId;
  expiresAt: Time;
}
export interface SessionCloseMethod {
  params: SessionParams;
  result: Nothing;
}
export interface Nothing {}
export interface VaultPutMethod {
  params: VaultPutParams;
  result: VaultPutResult;
}
export interface VaultPutParams {
  sealed: Sealed;
}
/**
 * AES-256-GCM over a secret; additional data: sessionId + ":" + seq. data is ciphertext and the 16-byte tag.
 */
export interface Sealed {
  sessionId: SessionId;
  seq: number;
  iv: Nonce12;
  data: Base64;
}
export interface VaultPutResult {
  kept: number;
  dropped: DroppedCookie[];
  generation: number;
  /**
   * null: nothing in it says when it ends.
   */
  expiresAt: Time | null;
}
export interface DroppedCookie {
  name: string;
  why: string;
}
export interface VaultStatusMethod {
  params: Nothing;
  result: VaultStatusResult;
}
export interface VaultStatusResult {
  entries: VaultEntry[];
}
export interface VaultEntry {
  kind: "cookies" | "bearer";
  site: SiteName | null;
  origin: Origin;
  store: Store | null;
  slot: "active" | "previous";
  generation: number;
  count: number;
  freshness: Freshness;
  expiresAt: Time | null;
  putAt: Time;
  lastUsedAt: Time | null;
  uses: number;
}
export interface VaultForgetMethod {
  params: VaultForgetParams;
  result: VaultForgetResult;
}
export interface VaultForgetParams {
  site?: SiteName;
  origin?: Origin;
}
export interface VaultForgetResult {
  forgotten: number;
}
export interface VaultAuditMethod {
  params: PageParams;
  result: VaultAuditResult;
}
export interface PageParams {
  after?: Cursor;
  limit?: number;
}
export interface VaultAuditResult {
  events: AuditEvent[];
  next?: Cursor;
}
export interface AuditEvent {
  at: Time;
  event: string;
  site: SiteName | null;
  origin: string | null;
  capture?: CaptureId;
  outcome: string;
}
export interface CaptureStartMethod {
  params: CaptureStartParams;
  result: CaptureReply;
}
export interface CaptureStartParams {
  /**
   * URL the person is looking at.
   */
  page: string;
  /**
   * Idempotency key.
   */
  key?: string;
  title?: string;
  store?: Store;
  media?: Media;
  quality?: "audio-only";
  deliver?: Delivery;
}
export interface Media {
  /**
   * Stream URL the page gave.
   */
  url?: string;
  /**
   * DeliveryInfo JSON the page gave.
   */
  delivery?: {
    [k: string]: unknown;
  };
}
export interface BackendDelivery {
  to: "backend";
  origin: Origin;
  courseId?: string;
  api?: "auto" | "tus" | "presigned" | "multipart";
}
export interface FolderDelivery {
  to: "folder";
  subfolder?: string;
}
export interface CaptureReply {
  capture: Capture;
}
export interface CaptureListMethod {
  params: PageParams;
  result: CaptureListResult;
}
export interface CaptureListResult {
  captures: Capture[];
  next?: Cursor;
}
export interface CaptureByIdMethod {
  params: CaptureIdParams;
  result: CaptureReply;
}
export interface CaptureIdParams {
  id: CaptureId;
}
export interface CaptureDismissMethod {
  params: CaptureIdParams;
  result: Nothing;
}
export interface CaptureAudioMethod {
  params: CaptureAudioParams;
  result: CaptureAudioResult;
}
export interface CaptureAudioParams {
  id: CaptureId;
  /**
   * Of the first byte.
   */
  offset: number;
  /**
   * At most so many bytes. Left out, or larger: as many as a reply holds.
   */
  length?: number;
}
export interface CaptureAudioResult {
  offset: Bytes;
  /**
   * One byte at least, unless offset is the end.
   */
  data: string;
  /**
   * A number of bytes.
   */
  total: number;
  /**
   * Without parameters, e.g. audio/mp4.
   */
  mimeType: string;
}
export interface SiteListMethod {
  params: SiteListParams;
  result: SiteListResult;
}
export interface SiteListParams {
  /**
   * As the address bar shows it, its fragment included.
   */
  page: string;
  store?: Store;
  after?: Cursor;
  limit?: number;
}
export interface SiteListResult {
  items: SiteItem[];
  total: number;
  next?: Cursor;
}
export interface SiteItem {
  /**
   * The recording's own page: what capture.start takes.
   */
  page: string;
  title: string;
  durationMs: number | null;
  /**
   * False where the site says that its owner has switched downloads off.
   */
  downloadable: boolean;
  /**
   * The newest capture of it that is done or under way, wherever it goes.
   */
  captured: CaptureId | null;
}
export interface LoginCheckMethod {
  params: LoginCheckParams;
  result: LoginCheckResult;
}
export interface LoginCheckParams {
  site: SiteName;
  origin: Origin;
  store?: Store;
}
export interface LoginCheckResult {
  loggedIn: boolean;
  account?: string;
  expiresAt?: Time;
  checkedAt: Time;
}
export interface RefreshTriggerMethod {
  params: RefreshTriggerParams;
  result: RefreshTriggerResult;
}
export interface RefreshTriggerParams {
  site: SiteName;
  origin?: Origin;
  reason: RefreshReason;
}
export interface RefreshTriggerResult {
  success: true;
  message: string;
  reason: RefreshReason;
  id: string;
}
export interface RefreshStatusMethod {
  params: Nothing;
  result: RefreshStatusResult;
}
export interface RefreshStatusResult {
  success: true;
  queue: "cookie-refresh";
  status: RefreshCounts;
}
export interface RefreshCounts {
  waiting: number;
  active: number;
  delayed: number;
  completed: number;
  failed: number;
  /**
   * The sum of the five.
   */
  total: number;
}
export interface RefreshDoneMethod {
  params: RefreshIdParams;
  result: Nothing;
}
export interface RefreshIdParams {
  id: string;
}
export interface RefreshFailedMethod {
  params: RefreshFailedParams;
  result: Nothing;
}
export interface RefreshFailedParams {
  id: string;
  why: string;
}
export interface StatsMethod {
  params: Nothing;
  result: StatsResult;
}
/**
 * What was counted since the installation, by all hosts of this person; `now` is of this host alone.
 */
export interface StatsResult {
  /**
   * Of the first count; null before it.
   */
  since: Time | null;
  /**
   * By site, then by outcome: done, cancelled, or the kind of the error.
   */
  captures: {
    [k: string]: Counts;
  };
  bytes: {
    fetched: Bytes;
    saved: Bytes;
  };
  uploads: {
    completed: number;
    bytes: Bytes;
  };
  cookieFailures: Counts1;
  /**
   * By site.
   */
  refreshes: {
    [k: string]: RefreshTotals;
  };
  now: {
    captures: Counts2;
    sessions: SessionGauge[];
  };
}
export interface Counts {
  [k: string]: number;
}
/**
 * By the reason of the refresh that it led to.
 */
export interface Counts1 {
  [k: string]: number;
}
export interface RefreshTotals {
  completed: number;
  failed: number;
  /**
   * All that were completed, together.
   */
  tookMs: number;
  longestMs: number;
}
/**
 * That are not over, by state.
 */
export interface Counts2 {
  [k: string]: number;
}
export interface SessionGauge {
  site: SiteName;
  origin: Origin;
  freshness: Freshness;
  expiresAt: Time | null;
}
export interface CaptureProgress {
  id: CaptureId;
  phase: string;
  done: Bytes;
  total: Bytes | null;
  uploaded?: Bytes;
  /**
   * Bytes a second.
   */
  rate: number | null;
  etaMs: number | null;
}
export interface RefreshWanted {
  id: string;
  kind: "cookies" | "bearer";
  site?: SiteName;
  origin: Origin;
  store?: Store;
  reason: RefreshReason;
  attempt: number;
}
export interface HostChanged {
  tools: Tools;
}
export interface HostWarning {
  /**
   * session_expiring, refresh_failing and refresh_backlog are for a person to hear; others (history) are for a list.
   */
  kind: string;
  message: string;
}
export interface PartitionKey {
  topLevelSite?: string;
  hasCrossSiteAncestor?: boolean;
}
/**
 * A cookie as the browser's cookies API gives it: Chrome's fields, and Firefox's.
 */
export interface Cookie {
  name: string;
  value: string;
  domain: string;
  path: string;
  hostOnly?: boolean;
  secure?: boolean;
  httpOnly?: boolean;
  session?: boolean;
  sameSite?: string;
  storeId?: string;
  /**
   * Seconds since 1970, fractions allowed; absent for a session cookie.
   */
  expirationDate?: number;
  partitionKey?: PartitionKey | null;
  firstPartyDomain?: string | null;
}
export interface CookiesSecret {
  kind: "cookies";
  site: SiteName;
  origin: Origin;
  store: Store;
  cookies: Cookie[];
}
export interface BearerSecret {
  kind: "bearer";
  origin: Origin;
  token: string;
  expiresAt?: Time;
}
/**
 * A fault of the message itself, with JSON-RPC's standard code.
 */
export interface ProtocolFault {
  code: -32700 | -32600 | -32601 | -32602 | -32603;
  message: string;
  data?: FaultData;
}
export interface Request {
  jsonrpc: "2.0";
  id: RequestId;
  method: string;
  params?: {
    [k: string]: unknown;
  };
}
export interface Answer {
  jsonrpc: "2.0";
  id: RequestId;
  result: {
    [k: string]: unknown;
  };
}
export interface Refusal {
  jsonrpc: "2.0";
  id: RequestId | null;
  error: Fault | ProtocolFault;
}
export interface Notification {
  jsonrpc: "2.0";
  method: string;
  params: {
    [k: string]: unknown;
  };
}
