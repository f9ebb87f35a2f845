import type { Candle } from "../../../../market/reader.ts";
import { type Canvas, type ChartLayer, colourOf, priceFormat, timeOf } from "../chart/layer.ts";
import type { LinePoint, Options, PriceLine, Series } from "../chart/lightweight_charts.ts";
import { type Indicator, kindOf } from "./choice.ts";
import type { Step } from "./formulas.ts";

/** Share of the chart's height that the pane below has, where there is one. */
const BELOW = 0.3;
/** Decimals of what goes from 0 to 100. */
export const PERCENT_DIGITS = 2;
/** Below and above which a price counts as sold or bought too much. */
const LEVELS = [30, 70];
/** Colours of the style sheet, which are taken in turn. */
const COLOURS = 8;

/** The name of the colour that the indicator with this number has. */
export const colourName = (number: number): string => `--line-${number % COLOURS + 1}`;

/** The lines of the indicators that are chosen. */
export interface IndicatorLayer extends ChartLayer {
  /** Draws these and no others. @param dayOf tells sessions apart */
  choose(indicators: readonly Indicator[], dayOf: (time: number) => string): void;
  /** The values of each, in their order: those at a candle's start, milliseconds, or the newest. */
  valuesAt(start: number | undefined): (readonly (number | undefined)[])[];
}

/** One that is drawn. */
interface Drawn {
  indicator: Indicator;
  series: Series<LinePoint>[];
  /** Lines that show what counts as low and high. */
  levels: PriceLine[];
  begin: Step;
  /** After all candles but the newest, and after that. */
  before: Step;
  last: Step;
  values: Map<number, Step["values"]>;
}

const pointOf = (candle: Candle, value: number | undefined): LinePoint => ({
  time: timeOf(candle),
  ...(value === undefined ? {} : { value }),
});

export function makeIndicatorLayer({ chart, quiet }: Canvas): IndicatorLayer {
  let drawn: Drawn[] = [];
  let candles: readonly Candle[] = [];
  let newest: number | undefined;
  let format: Options = {};
  /** Whether other symbols are compared, and lines of prices would lie wrong. */
  let hidden = false;

  function take(each: Drawn, candle: Candle): void {
    each.last = each.before.next(candle);
    each.values.set(candle.start, each.last.values);
  }

  function drawOne(each: Drawn): void {
    each.before = each.last = each.begin;
    each.values = new Map();
    for (const candle of candles) {
      each.before = each.last;
      take(each, candle);
    }
    each.series.forEach((series, line) =>
      series.setData(candles.map((candle) => pointOf(candle, each.values.get(candle.start)?.[line])))
    );
  }

  function add(indicator: Indicator, dayOf: (time: number) => string): Drawn {
    const { apart, begin, lines } = kindOf(indicator);
    const series = lines.map((_, i) =>
      chart.addSeries(
        LightweightCharts.LineSeries,
        {
          ...quiet,
          lineWidth: i === 0 ? 2 : 1,
          crosshairMarkerVisible: false,
          ...(apart && { autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 100 } }) }),
        },
        apart ? 1 : 0,
      )
    );
    const levels = (apart ? LEVELS : []).map((price) =>
      series[0]!.createPriceLine({ price, lineStyle: 2, lineWidth: 1, axisLabelVisible: false })
    );
    if (apart) {
      const [above, below] = chart.panes();
      above?.setStretchFactor(1 - BELOW);
      below?.setStretchFactor(BELOW);
      series[0]!.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.06 } });
    }
    const step = begin(indicator.settings, dayOf);
    return { indicator, series, levels, begin: step, before: step, last: step, values: new Map() };
  }

  function formatAll(): void {
    for (const { indicator, series } of drawn) {
      const own = kindOf(indicator).apart ? priceFormat(PERCENT_DIGITS) : format;
      for (const each of series) each.applyOptions({ priceFormat: own });
    }
  }

  function hide(): void {
    for (const { indicator, series } of drawn) {
      const visible = !hidden || kindOf(indicator).apart === true;
      for (const each of series) each.applyOptions({ visible });
    }
  }

  function paint(): void {
    drawn.forEach(({ levels, series }, number) => {
      for (const each of series) each.applyOptions({ color: colourOf(colourName(number)) });
      for (const each of levels) each.applyOptions({ color: colourOf("--quiet") });
    });
  }

  return {
    draw(shown) {
      candles = shown;
      newest = candles.at(-1)?.start;
      drawn.forEach(drawOne);
    },
    update(candle) {
      for (const each of drawn) {
        if (newest !== candle.start) each.before = each.last;
        take(each, candle);
        each.series.forEach((series, line) => series.update(pointOf(candle, each.last.values[line])));
      }
      newest = candle.start;
    },
    paint,
    format(wanted) {
      format = wanted;
      formatAll();
    },
    compare(on) {
      hidden = on;
      hide();
    },
    choose(indicators, dayOf) {
      for (const { series } of drawn) series.forEach((each) => chart.removeSeries(each));
      drawn = indicators.map((indicator) => add(indicator, dayOf));
      formatAll();
      hide();
      paint();
      drawn.forEach(drawOne);
    },
    valuesAt: (start) =>
      drawn.map(({ last, values }) => (start === undefined ? last.values : values.get(start)) ?? []),
  };
}
