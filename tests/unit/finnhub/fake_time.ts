interface Timer {
  at: number;
  run(): void;
}

/** Stands in for the global timers until disposed; time passes only by {@linkcode FakeTime.advance}. */
export class FakeTime implements Disposable {
  now = 0;
  readonly #timers = new Map<number, Timer>();
  readonly #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  #next = 1;

  /** @param longest what a timer bears, milliseconds: as in the runtime, a longer one fires at once */
  constructor(longest = Infinity) {
    const set = (run: () => void, wait = 0) => {
      const ms = wait > longest ? 1 : wait;
      this.#timers.set(this.#next, { at: this.now + ms, run });
      return this.#next++;
    };
    globalThis.setTimeout = set as typeof setTimeout;
    globalThis.clearTimeout = (id) => void this.#timers.delete(id!);
  }

  /** Timers that are set and have not run. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets all that waits for nothing but its turn run. */
  settle(): Promise<void> {
    return new Promise((resolve) => this.#real.setTimeout.call(globalThis, resolve, 0));
  }

  /** Runs the timers of the next `ms` milliseconds in order, each with all that follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    await this.settle();
    while (true) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      const [id, { at, run }] = due;
      this.#timers.delete(id);
      this.now = at;
      run();
      await this.settle();
    }
    this.now = end;
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#real);
  }
}
