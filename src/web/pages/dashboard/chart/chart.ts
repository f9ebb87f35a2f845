import type { Average, Candle } from "../../../../market/reader.ts";
import { isDrawable, takeCandle, vwapOf } from "./candles.ts";
import { NO_DIGITS, numberText, type SymbolDigits } from "../format.ts";
import type { Bar, HistogramPoint, LinePoint } from "./lightweight_charts.ts";
import { atLeast, type Autoscale } from "./scale.ts";

/** The chart of one symbol and interval. */
export interface CandleChart {
  /** The newest candle. */
  readonly last: Candle | undefined;
  /** Shows nothing, until candles are shown. */
  clear(): void;
  /** Writes prices with so many decimals. */
  setDigits(digits: SymbolDigits): void;
  /** Shows these candles, earliest first, and no others. */
  show(history: Candle[]): void;
  /** Puts candles before the first. */
  prepend(earlier: readonly Candle[]): void;
  /** Takes newer states of candles, in any order. */
  update(changed: readonly Candle[]): void;
  /** Shows these running averages and no others. */
  showAverages(averages: readonly Average[]): void;
  addAverage(average: Average): void;
  /** The value of the averages' line at a time, milliseconds, or its newest; undefined where no line is. */
  averageAt(time: number | undefined): number | undefined;
  /** The candles in sight, earliest first. */
  seen(): Candle[];
  /** The chart as it is drawn. */
  picture(): HTMLCanvasElement;
  /** @param mode 0 linear, 1 logarithmic, 2 percent of the first candle in sight */
  setScale(mode: 0 | 1 | 2): void;
  toLatest(): void;
}

const style = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const time = ({ start }: Candle) => start / 1000;
const bar = (candle: Candle): Bar => ({
  time: time(candle),
  open: candle.open,
  high: candle.high,
  low: candle.low,
  close: candle.close,
});
const line = (at: number, value: number | undefined): LinePoint =>
  value === undefined ? { time: at } : { time: at, value };
const vwapPoint = (candle: Candle) => line(time(candle), vwapOf(candle));

/**
 * The candlestick chart with volume, VWAP and the 15-second averages.
 *
 * @param element where it is drawn.
 * @param onHover gets the candle under the cross-hair, or undefined for the newest.
 * @param onEarlier is called with the first candle's start when the user looks at the beginning of what is known.
 */
export function makeChart(
  element: HTMLElement,
  onHover: (candle: Candle | undefined) => void,
  onEarlier: (first: number) => void,
): CandleChart {
  const { CandlestickSeries, createChart, CrosshairMode, HistogramSeries, LineSeries } = LightweightCharts;
  const chart = createChart(element, {
    autoSize: true,
    crosshair: { mode: CrosshairMode.Normal },
    timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 4 },
    localization: { locale: "en-GB" },
    layout: { attributionLogo: true, fontFamily: getComputedStyle(document.body).fontFamily },
  });
  let digits = NO_DIGITS;
  const autoscaleInfoProvider = (shown: () => Autoscale | null) => atLeast(shown(), 10 ** -digits.price);
  const quiet = { autoscaleInfoProvider, lastValueVisible: false, priceLineVisible: false };
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
  const average = chart.addSeries(LineSeries, { ...quiet, lineWidth: 2, lineStyle: 1 });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    priceLineVisible: false,
    lastValueVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  bars.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.22 } });

  let candles: Candle[] = [];
  /** Averages by their time; drawn are those of candles: the scale of times belongs to them. */
  let means = new Map<number, number>();
  let colours = { up: "", down: "" };
  const volumeBar = (candle: Candle): HistogramPoint => ({
    time: time(candle),
    value: Number.isFinite(candle.volume) ? candle.volume : 0,
    color: candle.close < candle.open ? colours.down : colours.up,
  });

  const meanPoint = (candle: Candle) => line(time(candle), means.get(candle.start));

  // Rising candles are hollow and blue, falling ones filled and orange: told apart without colour too.
  function paint() {
    const [card, down, line, quiet, up] = [
      style("--card"),
      style("--down"),
      style("--line"),
      style("--quiet"),
      style("--up"),
    ];
    colours = { up: `${up}66`, down: `${down}99` };
    chart.applyOptions({
      layout: { background: { color: card }, textColor: quiet },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    bars.applyOptions({
      upColor: card,
      borderUpColor: up,
      wickUpColor: up,
      downColor: down,
      borderDownColor: down,
      wickDownColor: down,
    });
    vwap.applyOptions({ color: style("--vwap") });
    average.applyOptions({ color: style("--average") });
    volume.setData(candles.map(volumeBar));
  }

  function markPrice() {
    const last = candles.at(-1);
    if (!last) return priceLine.applyOptions({ lineVisible: false, axisLabelVisible: false });
    priceLine.applyOptions({
      price: last.close,
      color: style(last.close < last.open ? "--down" : "--up"),
      axisLabelTextColor: style("--card"),
      lineVisible: true,
      axisLabelVisible: true,
    });
  }

  function draw() {
    bars.setData(candles.map(bar));
    volume.setData(candles.map(volumeBar));
    vwap.setData(candles.map(vwapPoint));
    average.setData(candles.filter(({ start }) => means.has(start)).map(meanPoint));
    markPrice();
  }

  function formatPrices() {
    const priceFormat = {
      type: "custom",
      formatter: (price: number) => numberText(price, digits.price),
      minMove: 10 ** -digits.price,
    };
    for (const series of [bars, vwap, average]) series.applyOptions({ priceFormat });
  }

  paint();
  formatPrices();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  chart.subscribeCrosshairMove(({ time: at }) =>
    onHover(at === undefined ? undefined : candles.find(({ start }) => start === at * 1000))
  );
  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    const [first] = candles;
    if (range && range.from < 5 && first) onEarlier(first.start);
  });

  return {
    get last() {
      return candles.at(-1);
    },
    clear() {
      candles = [];
      means = new Map();
      draw();
    },
    setDigits(wanted) {
      if (wanted.price === digits.price) return;
      digits = wanted;
      formatPrices();
    },
    show(history) {
      candles = history.filter(isDrawable);
      draw();
      chart.timeScale().setVisibleLogicalRange({
        from: candles.length - Math.min(90, Math.max(30, element.clientWidth / 9)),
        to: candles.length + 3,
      });
    },
    prepend(earlier) {
      const before = earlier.filter(isDrawable);
      candles = [...before, ...candles];
      const range = chart.timeScale().getVisibleLogicalRange();
      draw();
      if (range) {
        chart.timeScale().setVisibleLogicalRange({
          from: range.from + before.length,
          to: range.to + before.length,
        });
      }
    },
    update(changed) {
      for (const candle of changed.filter(isDrawable).sort((a, b) => a.start - b.start)) {
        const place = takeCandle(candles, candle);
        if (place === "all") draw();
        if (place !== "end") continue;
        bars.update(bar(candle));
        volume.update(volumeBar(candle));
        vwap.update(vwapPoint(candle));
        if (means.has(candle.start)) average.update(meanPoint(candle));
      }
      markPrice();
    },
    showAverages(averages) {
      means = new Map();
      for (const { end, vwap } of averages) if (Number.isFinite(vwap)) means.set(end, vwap!);
      draw();
    },
    addAverage({ end, vwap }) {
      if (!Number.isFinite(vwap) || means.get(end) === vwap) return;
      means.set(end, vwap!);
      const last = candles.at(-1);
      if (last?.start === end) average.update(meanPoint(last));
      else if (candles.some(({ start }) => start === end)) draw();
    },
    averageAt(time) {
      const at = time ?? candles.findLast(({ start }) => means.has(start))?.start;
      return at === undefined ? undefined : means.get(at);
    },
    seen() {
      const range = chart.timeScale().getVisibleLogicalRange();
      return range ? candles.slice(Math.max(0, Math.ceil(range.from)), Math.floor(range.to) + 1) : [];
    },
    picture: () => chart.takeScreenshot(),
    setScale: (mode) => bars.priceScale().applyOptions({ mode }),
    toLatest: () => chart.timeScale().scrollToRealTime(),
  };
}
