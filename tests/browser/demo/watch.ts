// Looks at the page as a person would while a capture runs: its words go to the terminal, its bad news to the run.
import type { ButtonState, LecturePage } from "../support/lecture-page.ts";
import { sleep } from "../support/sleep.ts";
import type { Terminal } from "./terminal.ts";

const LOOK_EVERY_MS = 150;
const BAD_NEWS: ReadonlySet<ButtonState> = new Set(["failed", "host", "waiting"]);

export class Watch {
  readonly #page: LecturePage;
  readonly #terminal: Terminal;
  readonly #looking: Promise<void>;
  #isOver = false;
  #fail: (error: Error) => void = () => undefined;
  readonly #failure = new Promise<never>((_, reject) => (this.#fail = reject));

  constructor(page: LecturePage, terminal: Terminal) {
    this.#page = page;
    this.#terminal = terminal;
    // Who waits for something hears of a failure; when nobody does, there is none to be told.
    this.#failure.catch(() => undefined);
    this.#looking = this.#look();
  }

  /** Waits for `wanted`; fails as soon as the page says that it will not come. */
  unlessItFails<T>(wanted: Promise<T>): Promise<T> {
    return Promise.race([wanted, this.#failure]);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#looking;
    this.#terminal.settle();
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const look = Promise.all([this.#page.state(), this.#page.label(), this.#page.detail()]);
      const [state, label, detail] = await look.catch(() => [null, null, null]);
      if (state !== null && BAD_NEWS.has(state)) this.#fail(new Error(`The page says: ${[label, detail].join(" – ")}`));
      if (label !== null) this.#terminal.move([label, detail].filter((text) => text !== null).join(" · "));
      await sleep(LOOK_EVERY_MS);
    }
  }
}
