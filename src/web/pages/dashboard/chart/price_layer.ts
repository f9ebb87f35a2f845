import type { Candle } from "../../../../market/reader.ts";
import { vwapOf } from "./candles.ts";
import { type Canvas, type ChartLayer, colourOf, timeOf } from "./layer.ts";
import type { Bar, HistogramPoint, LinePoint } from "./lightweight_charts.ts";

/** Candles, volume and VWAP. */
export interface PriceLayer extends ChartLayer {
  /** @param mode 0 linear, 1 logarithmic, 2 percent of the first candle in sight */
  setScale(mode: 0 | 1 | 2): void;
}

const barOf = (candle: Candle): Bar => ({
  time: timeOf(candle),
  open: candle.open,
  high: candle.high,
  low: candle.low,
  close: candle.close,
});

const vwapPoint = (candle: Candle): LinePoint => {
  const value = vwapOf(candle);
  return { time: timeOf(candle), ...(value === undefined ? {} : { value }) };
};

export function makePriceLayer({ chart, quiet }: Canvas): PriceLayer {
  const { CandlestickSeries, HistogramSeries, LineSeries } = LightweightCharts;
  const bars = chart.addSeries(CandlestickSeries, quiet);
  // Our own: the built-in one takes a candle's fill for its colour, and rising candles have none.
  const priceLine = bars.createPriceLine({
    price: 0,
    lineStyle: 1,
    lineWidth: 1,
    lineVisible: false,
    axisLabelVisible: false,
  });
  const vwap = chart.addSeries(LineSeries, { ...quiet, lineWidth: 2 });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    priceLineVisible: false,
    lastValueVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  bars.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.22 } });

  let shown: readonly Candle[] = [];
  let colours = { up: "", down: "" };
  const volumeBar = (candle: Candle): HistogramPoint => ({
    time: timeOf(candle),
    value: Number.isFinite(candle.volume) ? candle.volume : 0,
    color: candle.close < candle.open ? colours.down : colours.up,
  });

  function markPrice(last: Candle | undefined): void {
    if (!last) return priceLine.applyOptions({ lineVisible: false, axisLabelVisible: false });
    priceLine.applyOptions({
      price: last.close,
      color: colourOf(last.close < last.open ? "--down" : "--up"),
      axisLabelTextColor: colourOf("--card"),
      lineVisible: true,
      axisLabelVisible: true,
    });
  }

  return {
    draw(candles) {
      shown = candles;
      bars.setData(candles.map(barOf));
      volume.setData(candles.map(volumeBar));
      vwap.setData(candles.map(vwapPoint));
      markPrice(candles.at(-1));
    },
    update(candle) {
      bars.update(barOf(candle));
      volume.update(volumeBar(candle));
      vwap.update(vwapPoint(candle));
      markPrice(candle);
    },
    // Rising candles are hollow and blue, falling ones filled and orange: told apart without colour too.
    paint() {
      const [card, down, up] = [colourOf("--card"), colourOf("--down"), colourOf("--up")];
      colours = { up: `${up}66`, down: `${down}99` };
      bars.applyOptions({
        upColor: card,
        borderUpColor: up,
        wickUpColor: up,
        downColor: down,
        borderDownColor: down,
        wickDownColor: down,
      });
      vwap.applyOptions({ color: colourOf("--vwap") });
      volume.setData(shown.map(volumeBar));
      markPrice(shown.at(-1));
    },
    format(priceFormat) {
      for (const series of [bars, vwap]) series.applyOptions({ priceFormat });
    },
    compare: (on) => vwap.applyOptions({ visible: !on }),
    setScale: (mode) => bars.priceScale().applyOptions({ mode }),
  };
}
