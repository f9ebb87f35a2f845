import type { Average, Candle } from "../../../../market/reader.ts";
import { type Canvas, type ChartLayer, colourOf, timeOf } from "./layer.ts";
import type { LinePoint } from "./lightweight_charts.ts";

/** The line of the running averages; drawn are those of candles: the scale of times belongs to them. */
export interface AverageLayer extends ChartLayer {
  /** Shows these averages and no others. */
  show(averages: readonly Average[]): void;
  add(average: Average): void;
  /** The line's value at a time, milliseconds, or its newest; undefined where no line is. */
  at(time: number | undefined): number | undefined;
}

export function makeAverageLayer({ chart, quiet }: Canvas): AverageLayer {
  const line = chart.addSeries(LightweightCharts.LineSeries, { ...quiet, lineWidth: 2, lineStyle: 1 });
  let candles: readonly Candle[] = [];
  /** By the end of their windows. */
  let means = new Map<number, number>();

  const point = (candle: Candle): LinePoint => ({ time: timeOf(candle), value: means.get(candle.start)! });

  function draw(): void {
    line.setData(candles.filter(({ start }) => means.has(start)).map(point));
  }

  return {
    draw(shown) {
      candles = shown;
      if (candles.length === 0) means = new Map();
      draw();
    },
    update(candle) {
      if (means.has(candle.start)) line.update(point(candle));
    },
    paint: () => line.applyOptions({ color: colourOf("--average") }),
    format: (priceFormat) => line.applyOptions({ priceFormat }),
    compare: (on) => line.applyOptions({ visible: !on }),
    show(averages) {
      means = new Map();
      for (const { end, vwap } of averages) if (Number.isFinite(vwap)) means.set(end, vwap!);
      draw();
    },
    add({ end, vwap }) {
      if (!Number.isFinite(vwap) || means.get(end) === vwap) return;
      means.set(end, vwap!);
      const last = candles.at(-1);
      if (last?.start === end) line.update(point(last));
      else if (candles.some(({ start }) => start === end)) draw();
    },
    at(time) {
      const at = time ?? candles.findLast(({ start }) => means.has(start))?.start;
      return at === undefined ? undefined : means.get(at);
    },
  };
}
