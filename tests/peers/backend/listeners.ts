// Who wants to be woken, by person.

export class Listeners {
  readonly #wakes = new Map<string, Set<() => void>>();

  add(person: string, wake: () => void): () => void {
    const wakes = this.#wakes.get(person) ?? new Set();
    this.#wakes.set(person, wakes.add(wake));
    return () => {
      wakes.delete(wake);
      if (wakes.size === 0 && this.#wakes.get(person) === wakes) this.#wakes.delete(person);
    };
  }

  wake(person: string): void {
    for (const wake of this.#wakes.get(person) ?? []) wake();
  }
}
