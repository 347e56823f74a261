// Reads what was captured, for whoever wants to hear it: over a program that is started again, and with the backend's token.
import { ChannelError, HostError, type Bridge, type CaptureAudioResult } from "@auricle/bridge";
import { sentence } from "../shared/sentence.ts";
import type { AudioAnswer, AudioCall } from "../shared/wire.ts";

/** Waits before a piece is asked for once more after what may pass, ms; one that the server names wins. */
const PAUSES_MS = [500, 2_000, 5_000];
/** A person who listens does not wait for longer than this, ms. */
const LONGEST_PAUSE_MS = 10_000;

export interface ListeningTools {
  /** The connection, opened when there is none. */
  ready(): Promise<Bridge>;
  /** Gives the program the study backend's token; whether there is one. */
  putToken(): Promise<boolean>;
  sleep?(ms: number): Promise<void>;
}

/** Returns when the program is there, which is at once unless it is being started again. Fails when it is given up. */
function whenConnected(bridge: Bridge): Promise<void> {
  if (bridge.connected) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = bridge.on("state", (state) => {
      if (state.state === "reconnecting") return;
      stop();
      if (state.state === "connected") resolve();
      else reject(state.error);
    });
  });
}

/** How long to wait before asking once more; null: that would change nothing. */
function pauseAfter(error: unknown, failures: number): number | null {
  const usual = PAUSES_MS[failures];
  if (usual === undefined) return null;
  if (error instanceof ChannelError) return error.retryable ? 0 : null;
  if (!(error instanceof HostError) || !error.retryable || error.kind === "not_ready_yet") return null;
  const pause = Number(error.data.retryAfterMs ?? usual);
  return pause <= LONGEST_PAUSE_MS ? pause : null;
}

export class Listening {
  readonly #tools: Required<ListeningTools>;

  constructor(tools: ListeningTools) {
    this.#tools = { sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)), ...tools };
  }

  /** Never fails: what went wrong is the answer. */
  async answer({ id, offset, length }: AudioCall): Promise<AudioAnswer> {
    try {
      return { piece: await this.#piece({ id, offset, ...(length === undefined ? {} : { length }) }) };
    } catch (error) {
      return { said: sentence(error), ...(error instanceof HostError ? { kind: error.kind } : {}) };
    }
  }

  async #piece(params: Omit<AudioCall, "call">): Promise<CaptureAudioResult> {
    let hasPutToken = false;
    for (let failures = 0; ; ) {
      const bridge = await this.#tools.ready();
      await whenConnected(bridge);
      try {
        return await bridge.request("capture.audio", params);
      } catch (error) {
        // A program that was started again has no token yet.
        const lacksToken = error instanceof HostError && error.kind === "backend_unauthorized" && !hasPutToken;
        if (lacksToken && (hasPutToken = await this.#tools.putToken())) continue;
        const pause = pauseAfter(error, failures++);
        if (pause === null) throw error;
        await this.#tools.sleep(pause);
      }
    }
  }
}
