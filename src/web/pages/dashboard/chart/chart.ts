import type { Candle } from "../../../../market/reader.ts";
import { Clock } from "../clock/clock.ts";
import { NO_DIGITS, type SymbolDigits } from "../format.ts";
import { type AverageLayer, makeAverageLayer } from "./average_layer.ts";
import { isDrawable, takeCandle } from "./candles.ts";
import { type Canvas, type ChartLayer, colourOf, priceFormat, quietOptions } from "./layer.ts";
import { makePriceLayer } from "./price_layer.ts";
import { timeFormats, zonedAxis } from "./time_axis.ts";

/** The chart of one symbol and interval. */
export interface CandleChart {
  /** The newest candle. */
  readonly last: Candle | undefined;
  readonly averages: AverageLayer;
  /** Draws something more from now on. */
  add<L extends ChartLayer>(make: (canvas: Canvas) => L): L;
  /** Shows nothing, until candles are shown. */
  clear(): void;
  /** Writes prices with so many decimals. */
  setDigits(digits: SymbolDigits): void;
  /** Writes times as this clock tells them. */
  setClock(clock: Clock): void;
  /** Shows these candles, earliest first, and no others. */
  show(history: Candle[]): void;
  /** Puts candles before the first. */
  prepend(earlier: readonly Candle[]): void;
  /** Takes newer states of candles, in any order. */
  update(changed: readonly Candle[]): void;
  /** The candles in sight, earliest first. */
  seen(): Candle[];
  /** The chart as it is drawn. */
  picture(): HTMLCanvasElement;
  /** @param mode 0 linear, 1 logarithmic, 2 percent of the first candle in sight */
  setScale(mode: 0 | 1 | 2): void;
  toLatest(): void;
}

/**
 * The candlestick chart with volume, VWAP and the 15-second averages; other layers are added to it.
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
  let clock = new Clock("UTC");
  const chart = LightweightCharts.createChartEx(element, zonedAxis(() => clock), {
    autoSize: true,
    localization: timeFormats(clock).localization,
    crosshair: { mode: LightweightCharts.CrosshairMode.Normal },
    timeScale: {
      ...timeFormats(clock).timeScale,
      timeVisible: true,
      secondsVisible: true,
      rightOffset: 4,
    },
    layout: { attributionLogo: true, fontFamily: getComputedStyle(document.body).fontFamily },
  });
  let digits = NO_DIGITS;
  const canvas: Canvas = { chart, quiet: quietOptions(() => digits.price) };
  const prices = makePriceLayer(canvas);
  const averages = makeAverageLayer(canvas);
  const layers: ChartLayer[] = [prices, averages];
  let candles: Candle[] = [];

  function paint(): void {
    const [card, line, quiet] = [colourOf("--card"), colourOf("--line"), colourOf("--quiet")];
    chart.applyOptions({
      layout: {
        background: { color: card },
        textColor: quiet,
        panes: { separatorColor: line, separatorHoverColor: `${line}99` },
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    for (const layer of layers) layer.paint();
  }

  function draw(): void {
    for (const layer of layers) layer.draw(candles);
  }

  function format(): void {
    for (const layer of layers) layer.format?.(priceFormat(digits.price));
  }

  paint();
  format();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  chart.subscribeCrosshairMove(({ time: at }) =>
    onHover(at === undefined ? undefined : candles.find(({ start }) => start === at * 1000))
  );
  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    const [first] = candles;
    if (range && range.from < 5 && first) onEarlier(first.start);
  });

  return {
    averages,
    get last() {
      return candles.at(-1);
    },
    add(make) {
      const layer = make(canvas);
      layers.push(layer);
      layer.paint();
      layer.format?.(priceFormat(digits.price));
      layer.draw(candles);
      return layer;
    },
    clear() {
      candles = [];
      draw();
    },
    setDigits(wanted) {
      if (wanted.price === digits.price) return;
      digits = wanted;
      format();
    },
    setClock(wanted) {
      clock = wanted;
      const range = chart.timeScale().getVisibleLogicalRange();
      chart.applyOptions(timeFormats(clock));
      // Marks are set when points come: they come anew.
      for (const layer of layers) layer.draw([]);
      draw();
      if (range) chart.timeScale().setVisibleLogicalRange(range);
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
        if (place === "end") { for (const layer of layers) layer.update(candle); }
      }
    },
    seen() {
      const range = chart.timeScale().getVisibleLogicalRange();
      return range ? candles.slice(Math.max(0, Math.ceil(range.from)), Math.floor(range.to) + 1) : [];
    },
    picture: () => chart.takeScreenshot(),
    setScale: (mode) => prices.setScale(mode),
    toLatest: () => chart.timeScale().scrollToRealTime(),
  };
}
