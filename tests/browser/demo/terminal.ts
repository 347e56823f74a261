// What the person sees of a run: a line for each step, and one that moves where there is a terminal.

export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #began = Date.now();
  #isMoving = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  say(text: string): void {
    this.settle();
    this.#out.write(`${text}\n`);
  }

  /** A step that is done, and when. */
  step(text: string): void {
    this.say(`${((Date.now() - this.#began) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  }

  /** Shown in place of what it showed before; nowhere but on a terminal. */
  move(text: string): void {
    if (!this.#out.isTTY) return;
    this.#isMoving = true;
    this.#out.write(`\r\x1b[K          ${text.slice(0, this.#out.columns - 12)}`);
  }

  /** Takes the moving line away. */
  settle(): void {
    if (this.#isMoving) this.#out.write("\r\x1b[K");
    this.#isMoving = false;
  }
}
