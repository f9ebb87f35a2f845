/** Digits beyond which a number shows what arithmetic left behind: 0.1 + 0.2 is 0.3. */
const SIGNIFICANT = 10;
/** Most decimals of anything. */
const MOST = 15;

/** Decimals that a number needs: 2 of 42.26, 8 of 0.00000851. */
export function decimalsOf(value: number): number {
  if (!Number.isFinite(value)) return 0;
  const [mantissa = "", exponent] = Number(value.toPrecision(SIGNIFICANT)).toExponential().split("e");
  return Math.min(MOST, Math.max(0, Math.max(0, mantissa.replace("-", "").length - 2) - Number(exponent)));
}

/** How many decimals a symbol's numbers are shown with: as many as any of them needs. */
export class Digits {
  #count: number;

  /**
   * @param least decimals, whatever was seen
   * @param most decimals, whatever was seen
   */
  constructor(least: number, readonly most = MOST) {
    this.#count = least;
  }

  get count(): number {
    return this.#count;
  }

  note(value: number): void {
    // Nearly all need no more than those before: seen without making a text of each.
    const steps = value * 10 ** this.#count;
    if (Math.abs(steps - Math.round(steps)) <= Math.abs(steps) * 1e-12) return;
    this.#count = Math.min(this.most, Math.max(this.#count, decimalsOf(value)));
  }
}

/** Decimals of prices, whatever they are: as money is written. */
export const LEAST_PRICE_DIGITS = 2;
/** Decimals of volumes: those of a bitcoin. */
export const MOST_VOLUME_DIGITS = 8;
