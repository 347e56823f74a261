// Puts secrets into the host's vault, sealed. The session is kept alive, and opened anew when the host has forgotten it.
import { HostError } from "./errors.ts";
import { SealedSession, type SessionHost } from "./seal.ts";
import type { Clock } from "./clock.ts";
import type { Method, Params, Result } from "./channel.ts";
import type { OpenedSeal, VaultForgetParams, VaultPutResult, VaultStatusResult } from "./protocol.ts";

/** Sends one request to the host, whichever connection is the present one. */
export type Ask = <M extends Method>(method: M, params: Params<M>) => Promise<Result<M>>;

/** A session with less than this left is refreshed before it is used, ms. */
export const REFRESH_BEFORE_MS = 5 * 60_000;

function isGone(error: unknown): boolean {
  return error instanceof HostError && (error.kind === "unknown_session" || error.kind === "session_expired");
}

export class Vault {
  readonly #ask: Ask;
  readonly #clock: Clock;
  readonly #host: SessionHost;
  #session: SealedSession | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(ask: Ask, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
    this.#host = {
      open: (params) => ask("session.open", params),
      refresh: (sessionId) => ask("session.refresh", { sessionId }),
    };
  }

  /**
   * Seals and puts one secret. Puts go one after the other: the host takes only a growing `seq`, and sealing two at once
   * could send them in the wrong order. Fails as a request does.
   */
  put(secret: OpenedSeal): Promise<VaultPutResult> {
    const put = this.#turn.then(() => this.#putNow(secret));
    this.#turn = put.catch(() => undefined);
    return put;
  }

  status(): Promise<VaultStatusResult> {
    return this.#ask("vault.status", {});
  }

  /** Forgets the secrets of a site, of an origin, or all of them; answers with how many. */
  async forget(which: VaultForgetParams = {}): Promise<number> {
    return (await this.#ask("vault.forget", which)).forgotten;
  }

  /** The connection has ended, and the host's keys with it. */
  dropSession(): void {
    this.#session = null;
  }

  async #putNow(secret: OpenedSeal): Promise<VaultPutResult> {
    try {
      return await this.#putOnce(secret);
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#session = null;
      return this.#putOnce(secret);
    }
  }

  async #putOnce(secret: OpenedSeal): Promise<VaultPutResult> {
    const session = await this.#usableSession();
    return this.#ask("vault.put", { sealed: await session.seal(secret) });
  }

  async #usableSession(): Promise<SealedSession> {
    const session = this.#session;
    if (!session) return (this.#session = await SealedSession.open(this.#host));
    if (session.remainingMs(this.#clock.now()) < REFRESH_BEFORE_MS) await session.refresh(this.#host);
    return session;
  }
}
