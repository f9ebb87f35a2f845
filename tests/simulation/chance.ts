import { seededRandom } from "../../src/finnhub/random.ts";

/** Everything that a history leaves to chance, from one seed. */
export class Chance {
  readonly #next: () => number;

  constructor(readonly seed: number) {
    this.#next = seededRandom(seed);
  }

  /** Uniform in [0, 1). */
  readonly random = (): number => this.#next();

  /** Whether something that happens with this probability does. */
  happens(probability: number): boolean {
    return this.#next() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.#next() * (max - min + 1));
  }

  pick<T>(of: readonly T[]): T {
    return of[Math.floor(this.#next() * of.length)]!;
  }

  /** Mostly short and now and then long, as waits are: up to `longest`. */
  wait(longest: number): number {
    return longest * this.#next() ** 4;
  }

  /** How often a fault happens in this history: in some never, in some now and then, in some all the time. */
  rate(most: number): number {
    return this.happens(0.4) ? 0 : most * this.#next() ** 2;
  }
}
