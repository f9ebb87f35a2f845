export { seededRandom } from "../../src/finnhub/random.ts";

/** A whole number from 0 up to, not including, `below`. */
export const pick = (random: () => number, below: number): number => Math.floor(random() * below);
