// What a site's page holds: all recordings of a folder, so that a whole course can be captured at once.
import type { Ask } from "./vault.ts";
import type { SiteItem, SiteListParams, SiteListResult } from "./protocol.ts";

export class Sites {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** One part of the list, and where the next one begins. Put the site's cookies first: the host asks nobody to sign in. */
  list(params: SiteListParams): Promise<SiteListResult> {
    return this.#ask("site.list", params);
  }

  /** The whole list, asked for part by part as it is read. */
  async *all(params: Omit<SiteListParams, "after">): AsyncGenerator<SiteItem, void, undefined> {
    for (let after: SiteListParams["after"]; ; ) {
      const part = await this.list({ ...params, ...(after === undefined ? {} : { after }) });
      yield* part.items;
      if (part.next === undefined) return;
      after = part.next;
    }
  }
}
