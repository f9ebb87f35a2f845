import type { Candle } from "../../../../market/reader.ts";
import { NO_DIGITS, numberText } from "../format.ts";
import type { Chart, Options } from "./lightweight_charts.ts";
import { atLeast, type Autoscale } from "./scale.ts";

/** Something that is drawn over the same times as the candles. */
export interface ChartLayer {
  /** Draws all anew. @param candles earliest first */
  draw(candles: readonly Candle[]): void;
  /** Draws the newest candle, which changed or came. */
  update(candle: Candle): void;
  /** Takes the colours of the page, which may have turned dark. */
  paint(): void;
  /** Takes how prices are written. */
  format?(priceFormat: Options): void;
  /** Hides lines of prices that have no percentage of their own, or shows them again. */
  compare?(on: boolean): void;
}

/** What a layer is made of. */
export interface Canvas {
  chart: Chart;
  /** Options of every series of prices: no marks of its own, and a scale that shows no noise. */
  quiet: Options;
}

/** A colour of the style sheet. */
export const colourOf = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The chart library's time of a candle, seconds. */
export const timeOf = ({ start }: Candle): number => start / 1000;

/** How prices are written on axes. @param digits decimals */
export const priceFormat = (digits: number): Options => ({
  type: "custom",
  formatter: (price: number) => numberText(price, digits),
  minMove: 10 ** -digits,
});

/** @param digits decimals of prices, asked whenever the scale is fitted */
export const quietOptions = (digits: () => number = () => NO_DIGITS.price): Options => ({
  autoscaleInfoProvider: (shown: () => Autoscale | null) => atLeast(shown(), 10 ** -digits()),
  lastValueVisible: false,
  priceLineVisible: false,
});
