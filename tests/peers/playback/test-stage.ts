// For tests: a stand-in with a clock of its own, on a database of its own, and what several of them share.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority } from "../authority/authority.ts";
import type { Authority } from "../authority/authority.ts";
import type { Database } from "../backend/database.ts";
import type { TestDatabases } from "../backend/test-databases.ts";
import { makeMedia } from "../media/media.ts";
import { makeLibrary } from "./library.ts";
import type { SealedVideo } from "./library.ts";
import { PlaybackStandIn } from "./stand-in.ts";
import type { StandInOptions } from "./stand-in.ts";
import { TestPlayer } from "./test-player.ts";

const BEGIN = Date.parse("2026-11-21T12:00:00.000Z");

/** A clock that a test turns; ms since 1970. */
export class TestClock {
  now = BEGIN;

  pass(ms: number): void {
    this.now += ms;
  }
}

export class Stage {
  private constructor(
    readonly clock: TestClock,
    readonly standIn: PlaybackStandIn,
    readonly database: Database,
    readonly dir: string,
    readonly caFile: string,
  ) {}

  static async open(shared: Shared, databases: TestDatabases, choices: Omit<StandInOptions, "dir" | "authority" | "library" | "database"> & Pick<Partial<StandInOptions>, "library"> = {}): Promise<Stage> {
    const dir = await mkdtemp(join(tmpdir(), "auricle-playback-"));
    const database = await databases.lease();
    const clock = new TestClock();
    const standIn = await PlaybackStandIn.open({ dir, authority: shared.authority, library: shared.library, database, now: () => clock.now, ...choices });
    return new Stage(clock, standIn, database, dir, shared.authority.caFile);
  }

  /** For the next test: nobody has asked for anything yet. Sealing videos anew for each would take most of the time. */
  async reset(): Promise<void> {
    await this.standIn.calm();
    await this.database.run("delete from playback_sessions; delete from playback_logs");
    this.clock.now = BEGIN;
  }

  /** Another one has another cookie. */
  player(): TestPlayer {
    return new TestPlayer(this.standIn, this.caFile);
  }

  async close(): Promise<void> {
    const { failure } = this.standIn;
    await this.standIn.stop();
    await this.database.close();
    await rm(this.dir, { recursive: true, force: true });
    if (failure !== undefined) throw failure;
  }
}

export interface Shared {
  readonly authority: Authority;
  readonly library: readonly SealedVideo[];
  readonly close: () => Promise<void>;
}

export async function shareStage(): Promise<Shared> {
  const dir = await mkdtemp(join(tmpdir(), "auricle-authority-"));
  const media = await makeMedia({ hour: false });
  return { authority: await createAuthority(dir), library: await makeLibrary(media.short.video), close: () => rm(dir, { recursive: true, force: true }) };
}
