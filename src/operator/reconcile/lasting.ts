/** Tells trouble that lasts from trouble that is gone at the next look. */
export class Lasting {
  readonly #since = new Map<string, number>();

  /**
   * @param bound milliseconds
   * @param now monotonic milliseconds
   */
  constructor(readonly bound: number, readonly now: () => number) {}

  /** Of what is wrong now, what has been so at each look for as long as the bound. */
  of(keys: readonly string[]): string[] {
    const now = this.now();
    const present = new Set(keys);
    for (const key of [...this.#since.keys()]) if (!present.has(key)) this.#since.delete(key);
    for (const key of present) if (!this.#since.has(key)) this.#since.set(key, now);
    return [...present].filter((key) => now - this.#since.get(key)! >= this.bound);
  }

  /** Milliseconds until the first of what is wrong has lasted; undefined when nothing is, or all has. */
  due(): number | undefined {
    const waits = [...this.#since.values()].map((since) => since + this.bound - this.now()).filter((ms) =>
      ms > 0
    );
    return waits.length === 0 ? undefined : Math.min(...waits);
  }
}
