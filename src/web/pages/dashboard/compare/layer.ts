import type { Candle } from "../../../../market/reader.ts";
import { type Canvas, type ChartLayer, colourOf, timeOf } from "../chart/layer.ts";
import type { LinePoint, Series } from "../chart/lightweight_charts.ts";
import { Closes } from "./closes.ts";

/** How a symbol that is compared was traded at a time. */
export interface Compared {
  price: number | undefined;
  /** Relative to its price at the first candle in sight. */
  change: number | undefined;
}

/** The lines of symbols that are compared with the one whose candles are drawn. */
export interface CompareLayer extends ChartLayer {
  /** Draws these and no others. */
  choose(symbols: readonly string[]): void;
  /** Takes closes by the starts of their candles, milliseconds. */
  take(symbol: string, closes: readonly (readonly [start: number, close: number])[]): void;
  /** Those at a candle's start, or the newest, in the order of the symbols. */
  at(start: number | undefined): Compared[];
}

interface Line {
  symbol: string;
  closes: Closes;
  series: Series<LinePoint>;
}

/** The name of the colour that the symbol with this number has: not those that indicators take first. */
export const comparedColour = (number: number): string => `--line-${8 - number}`;

/**
 * @param missing is called with a symbol of which nothing is known before a time that is drawn now, milliseconds
 * @param turned is called when a candle is over: the closes of the others may have changed since they were last told
 */
export function makeCompareLayer(
  { chart, quiet }: Canvas,
  missing: (symbol: string, from: number) => void,
  turned: () => void,
): CompareLayer {
  let lines: Line[] = [];
  let candles: readonly Candle[] = [];
  let newest: number | undefined;

  const point = ({ closes }: Line, candle: Candle): LinePoint => {
    const value = closes.at(candle.start);
    return { time: timeOf(candle), ...(value === undefined ? {} : { value }) };
  };
  const drawOne = (line: Line) => line.series.setData(candles.map((candle) => point(line, candle)));

  function ask({ symbol }: Line): void {
    const [first] = candles;
    if (first) missing(symbol, first.start);
  }

  function paint(): void {
    lines.forEach(({ series }, number) => series.applyOptions({ color: colourOf(comparedColour(number)) }));
  }

  return {
    draw(shown) {
      candles = shown;
      newest = candles.at(-1)?.start;
      // Of another interval, or for another symbol: what was known is asked for anew.
      if (candles.length === 0) lines.forEach((line) => line.closes = new Closes());
      lines.forEach(drawOne);
      lines.forEach(ask);
    },
    update(candle) {
      for (const line of lines) line.series.update(point(line, candle));
      if (candle.start !== newest) {
        lines.forEach(ask);
        turned();
      }
      newest = candle.start;
    },
    paint,
    format(priceFormat) {
      for (const { series } of lines) series.applyOptions({ priceFormat });
    },
    choose(symbols) {
      const old = new Map(lines.map((line) => [line.symbol, line]));
      for (const { series, symbol } of lines) if (!symbols.includes(symbol)) chart.removeSeries(series);
      lines = symbols.map((symbol) =>
        old.get(symbol) ?? {
          symbol,
          closes: new Closes(),
          series: chart.addSeries(LightweightCharts.LineSeries, { ...quiet, lineWidth: 2 }),
        }
      );
      paint();
      lines.forEach(ask);
    },
    take(symbol, closes) {
      const line = lines.find((each) => each.symbol === symbol);
      if (!line || closes.length === 0) return;
      for (const [start, close] of closes) line.closes.set(start, close);
      const last = candles.at(-1);
      if (!last) return;
      if (closes.length === 1 && closes[0]![0] >= last.start) line.series.update(point(line, last));
      else drawOne(line);
    },
    at(start) {
      const from = chart.timeScale().getVisibleLogicalRange()?.from ?? 0;
      const inSight = candles.slice(Math.max(0, Math.ceil(from)));
      const time = start ?? candles.at(-1)?.start;
      return lines.map(({ closes }) => {
        if (time === undefined) return { price: undefined, change: undefined };
        const price = closes.at(time);
        let base: number | undefined;
        for (const candle of inSight) if ((base = closes.at(candle.start)) !== undefined) break;
        return { price, change: price === undefined || !base ? undefined : price / base - 1 };
      });
    },
  };
}
