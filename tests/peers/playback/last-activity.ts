// When sessions were last used, written behind the answers: many sessions in one statement.

import type { SessionTable } from "./session-table.ts";

const EVERY_MS = 1000;

export class LastActivity {
  readonly #touched = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** `now`: ms since 1970 */
  constructor(
    private readonly sessions: SessionTable,
    private readonly now: () => number,
  ) {}

  /** Returns at once. */
  touch(sessionId: string): void {
    this.#touched.add(sessionId);
    this.#timer ??= setTimeout(() => void this.flush(), EVERY_MS);
  }

  /** Does not fail: where the database is away, a time is lost that the next key writes again. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ids = [...this.#touched];
    this.#touched.clear();
    if (ids.length > 0) await this.sessions.touch(ids, new Date(this.now())).catch(() => undefined);
  }
}
