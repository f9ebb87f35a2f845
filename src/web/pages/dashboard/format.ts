/** Numbers and times as the page shows them. What is not known is `–`. */

const formats = new Map<number, Intl.NumberFormat>();
const compact = new Intl.NumberFormat("en-GB", { notation: "compact", maximumSignificantDigits: 4 });

/** A number with so many digits after the point. */
export function numberText(value: number | undefined, digits = 0): string {
  if (value === undefined) return "–";
  let format = formats.get(digits);
  if (!format) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    formats.set(digits, format = new Intl.NumberFormat("en-GB", options));
  }
  return format.format(value);
}

/** How many decimals a price of this size is shown with. */
export const decimals = (price: number): number => price >= 100 ? 2 : price >= 1 ? 4 : 6;

export const priceText = (price: number | undefined): string =>
  price === undefined ? "–" : numberText(price, decimals(price));

export function volumeText(volume: number | undefined): string {
  if (volume === undefined) return "–";
  return volume >= 10_000 ? compact.format(volume) : String(Number(volume.toFixed(volume >= 100 ? 2 : 4)));
}

/** The time of day, UTC. @param time milliseconds since the epoch */
export const timeText = (time: number): string => new Date(time).toISOString().slice(11, 19);

/** The date and time, UTC. @param time milliseconds since the epoch */
export const dateText = (time: number): string => new Date(time).toISOString().slice(0, 19).replace("T", " ");

/** Where a price goes. */
export type Way = "up" | "down" | "flat";

/** From the one price to the other; flat where one is not known. */
export function wayOf(from: number | undefined, to: number): Way {
  return from === undefined || to === from ? "flat" : to > from ? "up" : "down";
}

/** A relative change with a sign for its way: colour alone tells nobody. */
export function changeText(change: number | undefined): [text: string, way: Way] {
  if (change === undefined) return ["", "flat"];
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
