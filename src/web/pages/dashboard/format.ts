import { LEAST_PRICE_DIGITS } from "../../dashboard/digits.ts";

/** Numbers as the page shows them. What is not known is `–`. */

const formats = new Map<number, Intl.NumberFormat>();
// British short forms are k and m, which may stand for other things.
const short = new Intl.NumberFormat("en-US", {
  notation: "compact",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

/** A number that may be missing; null is what JSON has for infinity. */
type Maybe = number | null | undefined;

const isKnown = (value: Maybe): value is number => typeof value === "number" && Number.isFinite(value);

/** A number with so many digits after the point, and thousands set apart. */
export function numberText(value: Maybe, digits = 0): string {
  if (!isKnown(value)) return "–";
  let format = formats.get(digits);
  if (!format) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    formats.set(digits, format = new Intl.NumberFormat("en-GB", options));
  }
  return format.format(value);
}

/** With how many decimals a symbol's numbers are shown, wherever they are. */
export interface SymbolDigits {
  price: number;
  volume: number;
}

/** While nothing is known of a symbol. */
export const NO_DIGITS: SymbolDigits = { price: LEAST_PRICE_DIGITS, volume: 0 };

export const priceText = (price: Maybe, digits: SymbolDigits): string => numberText(price, digits.price);
export const volumeText = (volume: Maybe, digits: SymbolDigits): string => numberText(volume, digits.volume);

/** A volume among those of other symbols: two decimals, thousands as K. */
export const shortText = (volume: Maybe): string => isKnown(volume) ? short.format(volume) : "–";

/** Where a price goes. */
export type Way = "up" | "down" | "flat";

/** From the one price to the other; flat where one is not known. */
export function wayOf(from: number | undefined, to: number): Way {
  return from === undefined || to === from ? "flat" : to > from ? "up" : "down";
}

/** A relative change with a sign for its way: colour alone tells nobody. */
export function changeText(change: Maybe): [text: string, way: Way] {
  if (!isKnown(change)) return ["", "flat"];
  // Less would be shown as 0.00 %.
  const way = change > 0.000_05 ? "up" : change < -0.000_05 ? "down" : "flat";
  return [`${{ up: "▲", down: "▼", flat: "◆" }[way]} ${numberText(Math.abs(change) * 100, 2)} %`, way];
}

/** A latency. @param ms milliseconds; 0 while nothing was measured, null above what is measured */
export function latencyText(ms: number | null | undefined): string {
  if (ms === undefined || ms === 0) return "–";
  if (ms === null) return "over 60 s";
  return ms < 1000 ? `${numberText(ms)} ms` : `${numberText(ms / 1000, 1)} s`;
}

/** Points of a line through these values, from left to right, that fills a drawing of 66 × 30. */
export function sparkPoints(values: readonly number[]): string {
  if (values.length < 2) return "";
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  return values.map((value, i) =>
    `${(i / (values.length - 1) * 66).toFixed(1)},${(28 - (value - low) / span * 26).toFixed(1)}`
  ).join(" ");
}

/** The connection to the feed, or for how long there was none. */
export function gapText(connected: boolean | undefined, gapSeconds: number | undefined): string {
  if (connected === false) return "not connected";
  return gapSeconds === 0 ? "none" : gapSeconds === undefined ? "–" : `${numberText(gapSeconds)} s`;
}
