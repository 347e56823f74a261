// The host's refreshes of cookies: begun by hand, and how many are where.
import type { Ask } from "./vault.ts";
import type { RefreshStatusResult, RefreshTriggerParams, RefreshTriggerResult } from "./protocol.ts";

export class Refreshes {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /**
   * Begins one, or joins the one under way: the host then asks by `refresh.wanted`. Answers at once; `status` and
   * `vault.status` show what came of it. `origin` may be left out where the host has cookies of one origin of that site.
   */
  trigger(params: RefreshTriggerParams): Promise<RefreshTriggerResult> {
    return this.#ask("refresh.trigger", params);
  }

  status(): Promise<RefreshStatusResult> {
    return this.#ask("refresh.status", {});
  }
}
