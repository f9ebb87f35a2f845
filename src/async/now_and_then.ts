/** Limits how often a repeated event is reported, and counts what happens between two reports. */
export class NowAndThen {
  #said = -Infinity;
  #times = 0;

  /**
   * @param every time between two sayings, milliseconds
   * @param clock milliseconds
   */
  constructor(readonly every: number, readonly clock: () => number) {}

  /** Notes that it happened; how often since it was last said, this time included, or undefined while it is too soon. */
  due(): number | undefined {
    this.#times++;
    const now = this.clock();
    if (now - this.#said < this.every) return undefined;
    const times = this.#times;
    this.#said = now;
    this.#times = 0;
    return times;
  }
}
