// All peers at once: authority, media, site, CDN, the university's sign-in and its Moodle, a playback server, a stranger and the backend.

import { join } from "node:path";
import { createAuthority } from "./authority/authority.ts";
import type { Authority } from "./authority/authority.ts";
import { BACKEND_HOST, ReferenceBackend } from "./backend/backend.ts";
import type { BackendOptions } from "./backend/backend.ts";
import type { Database } from "./backend/database.ts";
import { makeLectures } from "./lectures.ts";
import type { Lectures } from "./lectures.ts";
import { makeMedia } from "./media/media.ts";
import type { Media } from "./media/media.ts";
import { MOODLE_HOSTS, Moodle } from "./moodle/moodle.ts";
import { CDN_HOSTS, Cdn } from "./panopto/cdn.ts";
import { IDP_HOST, IdentityProvider } from "./panopto/identity-provider.ts";
import { viewerPath } from "./panopto/lecture.ts";
import type { Lecture } from "./panopto/lecture.ts";
import { FileSite } from "./files/file-site.ts";
import { Licences } from "./mubi/licences.ts";
import { LICENCE_HOST, MUBI_CDN_HOST, MUBI_HOSTS, Mubi } from "./mubi/mubi.ts";
import { NEIGHBOUR, STUDENT } from "./panopto/session.ts";
import { PanoptoSite, SITE_HOST } from "./panopto/site.ts";
import { makeLibrary } from "./playback/library.ts";
import { PLAYBACK_HOSTS, PlaybackStandIn } from "./playback/stand-in.ts";
import type { StandInOptions } from "./playback/stand-in.ts";
import { STRANGER_HOSTS, Stranger } from "./stranger/stranger.ts";
import type { RequestRecord } from "./wire/record.ts";

/** The first is the one that tests use; then another tenant, a European one, and a vanity name. */
export const TENANTS: readonly string[] = [SITE_HOST, "other.hosted.panopto.com", "uni.cloud.panopto.eu", "lectures.uni.example"];

export interface PeersOptions {
  /** Certificates and the backend's files; made when it is not there. */
  readonly dir: string;
  /** Where media are kept between runs; see MediaOptions. */
  readonly cacheDir?: string;
  /** False: `lectures.hour` is only 20 s long, and nothing long is made. */
  readonly hour?: boolean;
  /** How long the CDN's signed addresses hold (ms). */
  readonly signedForMs?: number;
  readonly signIn?: "form" | "sso";
  /** The site speaks no HTTP/2. */
  readonly http1Site?: boolean;
  readonly database?: Database;
  readonly tokens?: readonly string[];
  /** What else is to be said about the playback server. */
  readonly playback?: Pick<StandInOptions, "settings" | "admission" | "people" | "segmentsElsewhere" | "now">;
  /** What else is to be said about the backend. */
  readonly backend?: Pick<BackendOptions, "serves" | "refusesLecturesWith" | "maxFormBytes" | "courses" | "maxBytes" | "store" | "queue" | "triggers" | "webhook" | "metricsToken">;
}

/** How many requests brought a credential or a secret of the site to each server; for the backend also what its bytes hold. */
export interface Counters {
  readonly cookiesAtSite: number;
  readonly cookiesAtCdn: number;
  readonly cookiesAtBackend: number;
  readonly cookiesAtStranger: number;
  /** Secrets of the site's; it has cookies of its own. */
  readonly cookiesAtMoodle: number;
  /** Names and addresses of people that were found in the backend's bytes. */
  readonly personalDataAtBackend: number;
}

export interface Peers {
  /** PEM: what the host's `network.caFile` and the browser are to trust. */
  readonly caFile: string;
  /** For Chromium's --ignore-certificate-errors-spki-list: see Authority. */
  readonly spki: string;
  /** For a server that a test adds. */
  readonly authority: Authority;
  readonly media: Media;
  readonly lectures: Lectures;
  readonly site: PanoptoSite;
  readonly cdn: Cdn;
  readonly idp: IdentityProvider;
  readonly stranger: Stranger;
  readonly moodle: Moodle;
  readonly playback: PlaybackStandIn;
  readonly mubi: Mubi;
  /** Where MUBI's films and trailers lie. */
  readonly mubiCdn: FileSite;
  readonly licences: Licences;
  readonly backend: ReferenceBackend;
  /** The page of a lecture under its true name. */
  viewerUrl(lecture: Lecture, tenant?: string): string;
  /** For `network.connectTo`: HOST:443:127.0.0.1:PORT */
  connectTo(): string[];
  /** For Chromium's --host-resolver-rules */
  hostResolverRules(): string;
  counters(): Counters;
  /** What a program in another language needs to know. */
  summary(): PeersSummary;
  /** Throws what a peer did wrong itself; a test calls it at its end. */
  assertSound(): void;
  /** Ends every server and connection; files stay. */
  stop(): Promise<void>;
}

type PeerName = "site" | "cdn" | "idp" | "stranger" | "moodle" | "mubi" | "mubiCdn" | "licences" | "playback" | "backend";

export interface PeersSummary {
  readonly caFile: string;
  readonly spki: string;
  readonly ports: Readonly<Record<PeerName, number>>;
  readonly names: Readonly<Record<PeerName, readonly string[]>>;
  readonly connectTo: readonly string[];
  readonly hostResolverRules: string;
  readonly backend: { readonly origin: string; readonly token: string };
  readonly signIn: { readonly user: string; readonly password: string };
  readonly lectures: Readonly<Record<string, { readonly title: string; readonly url: string; readonly audioBytes: number; readonly videoBytes: number; readonly audioSha256: string }>>;
}

export async function startPeers(options: PeersOptions): Promise<Peers> {
  const authority = await createAuthority(join(options.dir, "authority"));
  const [media, wildcard, cdnCertificate, idpCertificate, strangerCertificate, moodleCertificate, mubiCertificates, mubiCdnCertificate, licenceCertificate, ...tenantCertificates] = await Promise.all([
    makeMedia({ ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }), ...(options.hour === undefined ? {} : { hour: options.hour }) }),
    authority.certificateFor(["*.hosted.panopto.com", "*.panopto.eu", "*.panopto.com"]),
    authority.certificateFor(CDN_HOSTS),
    authority.certificateFor([IDP_HOST]),
    authority.certificateFor([...STRANGER_HOSTS, "localhost", "127.0.0.1"]),
    authority.certificateFor([...MOODLE_HOSTS]),
    Promise.all(MUBI_HOSTS.map(async (name) => [name, await authority.certificateFor([name])] as const)),
    authority.certificateFor([MUBI_CDN_HOST]),
    authority.certificateFor([LICENCE_HOST]),
    ...TENANTS.map((name) => authority.certificateFor([name])),
  ]);
  const cdn = new Cdn({ certificate: cdnCertificate, ...(options.signedForMs === undefined ? {} : { signedForMs: options.signedForMs }) });
  const idp = new IdentityProvider({ certificate: idpCertificate, people: [STUDENT, NEIGHBOUR] });
  const stranger = new Stranger(strangerCertificate);
  const moodle = new Moodle({ certificate: moodleCertificate, people: [STUDENT, NEIGHBOUR], tool: `https://${SITE_HOST}` });
  const [[, mubiCertificate]] = mubiCertificates as [(typeof mubiCertificates)[number]];
  const mubi = new Mubi({ certificate: mubiCertificate, byName: new Map(mubiCertificates) });
  const mubiCdn = new FileSite(mubiCdnCertificate, MUBI_CDN_HOST);
  const licences = new Licences(licenceCertificate);
  const tenants = new Map(tenantCertificates.map((certificate) => [certificate.names[0] ?? "", certificate]));
  const site = new PanoptoSite({ certificate: wildcard, tenants, cdn, idp, platform: moodle, http1Only: options.http1Site ?? false, ...(options.signIn === undefined ? {} : { signIn: options.signIn }) });
  const lectures = makeLectures(media);
  for (const lecture of Object.values(lectures) as Lecture[]) site.add(lecture);
  const library = await makeLibrary(media.short.video, options.cacheDir);
  // First: of all starts it is the one that can fail, and then nothing else is left listening.
  const backend = await ReferenceBackend.start({
    dir: join(options.dir, "backend"),
    authority,
    ...options.backend,
    ...(options.database === undefined ? {} : { database: options.database }),
    ...(options.tokens === undefined ? {} : { tokens: options.tokens }),
  });
  const playback = await PlaybackStandIn.open({ dir: join(options.dir, "playback"), authority, library, ...options.playback }).catch(async (error: unknown) => {
    await backend.stop();
    throw error;
  });
  await Promise.all([cdn.start(), idp.start(), stranger.start(), moodle.start(), mubi.start(), mubiCdn.start(), licences.start(), site.start()]);
  return new RunningPeers(authority, media, lectures, site, cdn, idp, stranger, moodle, mubi, mubiCdn, licences, playback, backend);
}

class RunningPeers implements Peers {
  constructor(
    readonly authority: Authority,
    readonly media: Media,
    readonly lectures: Lectures,
    readonly site: PanoptoSite,
    readonly cdn: Cdn,
    readonly idp: IdentityProvider,
    readonly stranger: Stranger,
    readonly moodle: Moodle,
    readonly mubi: Mubi,
    readonly mubiCdn: FileSite,
    readonly licences: Licences,
    readonly playback: PlaybackStandIn,
    readonly backend: ReferenceBackend,
  ) {}

  get caFile(): string {
    return this.authority.caFile;
  }

  get spki(): string {
    return this.authority.spki;
  }

  viewerUrl(lecture: Lecture, tenant = SITE_HOST): string {
    return `https://${tenant}${viewerPath(lecture)}`;
  }

  connectTo(): string[] {
    return this.#ports().map(([name, port]) => `${name}:443:127.0.0.1:${String(port)}`);
  }

  hostResolverRules(): string {
    return this.#ports()
      .map(([name, port]) => `MAP ${name}:443 127.0.0.1:${String(port)}`)
      .join(", ");
  }

  counters(): Counters {
    const secrets = [...this.site.secrets(), ...this.idp.secrets()];
    const personalData = this.site.personalData();
    const found = new Set(this.backend.found([...secrets, ...personalData]));
    const atBackend = (words: readonly string[]): number => words.filter((word) => found.has(word)).length;
    return {
      cookiesAtSite: this.site.requests.filter(({ cookie }) => cookie !== undefined).length,
      cookiesAtCdn: this.cdn.requests.filter((record) => brings(record, secrets)).length,
      cookiesAtStranger: this.stranger.requests.filter((record) => brings(record, secrets)).length,
      cookiesAtMoodle: this.moodle.requests.filter((record) => holds(record, secrets)).length,
      cookiesAtBackend: this.backend.requests.filter(({ cookie }) => cookie !== undefined).length + atBackend(secrets),
      personalDataAtBackend: atBackend(personalData),
    };
  }

  summary(): PeersSummary {
    const { site, cdn, idp, stranger, moodle, mubi, mubiCdn, licences, playback, backend } = this;
    const lectures = Object.entries(this.lectures).map(([name, lecture]: [string, Lecture]) => [
      name,
      { title: lecture.title, url: this.viewerUrl(lecture), audioBytes: lecture.audio.bytes, videoBytes: lecture.video.bytes, audioSha256: lecture.audio.sha256 },
    ]);
    return {
      caFile: this.caFile,
      spki: this.spki,
      ports: { site: site.port, cdn: cdn.port, idp: idp.port, stranger: stranger.port, moodle: moodle.port, mubi: mubi.port, mubiCdn: mubiCdn.port, licences: licences.port, playback: playback.port, backend: backend.port },
      names: NAMES,
      connectTo: this.connectTo(),
      hostResolverRules: this.hostResolverRules(),
      backend: { origin: backend.origin, token: backend.token },
      signIn: { user: STUDENT.user, password: STUDENT.password },
      lectures: Object.fromEntries(lectures),
    };
  }

  assertSound(): void {
    for (const peer of [this.site, this.cdn, this.idp, this.moodle, this.mubi, this.mubiCdn, this.licences, this.playback, this.backend]) {
      if (peer.failure !== undefined) throw peer.failure;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.site, this.cdn, this.idp, this.stranger, this.moodle, this.mubi, this.mubiCdn, this.licences, this.playback, this.backend].map((peer) => peer.stop()));
  }

  #ports(): [string, number][] {
    const { site, cdn, idp, stranger, moodle, mubi, mubiCdn, licences, playback, backend } = this;
    const ports = { site, cdn, idp, stranger, moodle, mubi, mubiCdn, licences, playback, backend };
    return Object.entries(NAMES).flatMap(([peer, names]) => names.map((name): [string, number] => [name, ports[peer as keyof typeof ports].port]));
  }
}

const NAMES = { site: TENANTS, cdn: CDN_HOSTS, idp: [IDP_HOST], stranger: STRANGER_HOSTS, moodle: MOODLE_HOSTS, mubi: MUBI_HOSTS, mubiCdn: [MUBI_CDN_HOST], licences: [LICENCE_HOST], playback: PLAYBACK_HOSTS, backend: [BACKEND_HOST] } as const;

/** A credential in its own header, or a secret of the site anywhere in the head. */
function brings(record: RequestRecord, secrets: readonly string[]): boolean {
  return record.cookie !== undefined || record.authorization !== undefined || holds(record, secrets);
}

function holds(record: RequestRecord, secrets: readonly string[]): boolean {
  const head = [record.path, ...Object.values(record.headers)].join("\n");
  return secrets.some((secret) => head.includes(secret));
}
