// What has been started and must be ended: servers, a browser, folders. Ended in reverse order, whatever happened.

type End = () => Promise<unknown>;

export class Belongings {
  readonly #ends: End[] = [];
  #ending: Promise<void> | undefined;

  /**
   * Starts something and waits for it. It is ended also when it comes to life only after `end` was called, and nothing
   * is started any more from then on, so there is no moment at which something would be left behind.
   */
  async hold<T>(start: () => Promise<T>, end: (started: T) => Promise<unknown>): Promise<T> {
    if (this.#ending) throw new Error("It is over: nothing is started any more.");
    const starting = start();
    this.#ends.push(async () => {
      const started = await starting.then(
        (value) => ({ value }),
        () => undefined,
      );
      if (started) await end(started.value);
    });
    return starting;
  }

  /** Ends all, even where one of them fails; then fails with the first failure. The second call waits for the first. */
  end(): Promise<void> {
    this.#ending ??= this.#endAll();
    return this.#ending;
  }

  async #endAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) {
      await end().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
