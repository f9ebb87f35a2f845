/** What a scale shows: prices from here to there. */
export interface Autoscale {
  priceRange: { minValue: number; maxValue: number } | null;
}

/** Least height of a scale, in the smallest steps of its prices. */
const LEAST_STEPS = 10;

/**
 * Keeps a scale from being so fine that it shows what rounding left behind as curves.
 *
 * @param shown what the chart would show
 * @param step smallest step of a price
 */
export function atLeast(shown: Autoscale | null, step: number): Autoscale | null {
  const range = shown?.priceRange;
  if (!shown || !range) return shown;
  const lacking = LEAST_STEPS * step - (range.maxValue - range.minValue);
  if (!(lacking > 0)) return shown;
  return {
    ...shown,
    priceRange: { minValue: range.minValue - lacking / 2, maxValue: range.maxValue + lacking / 2 },
  };
}
