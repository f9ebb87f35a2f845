import type { Candle } from "../../../../market/reader.ts";
import { Clock } from "../clock/clock.ts";
import { NO_DIGITS, type SymbolDigits } from "../format.ts";
import { type AverageLayer, makeAverageLayer } from "./average_layer.ts";
import { isDrawable, takeCandle } from "./candles.ts";
import { type Canvas, type ChartLayer, colourOf, priceFormat, quietOptions } from "./layer.ts";
import { makePriceLayer } from "./price_layer.ts";
import {
  firstSight,
  type LogicalRange,
  pannedBy,
  rangeOf,
  RIGHT_OFFSET,
  type Sight,
  sightOf,
  zoomedBy,
} from "./sight.ts";
import { timeFormats, zonedAxis } from "./time_axis.ts";

/** The chart of one symbol and interval. */
export interface CandleChart {
  /** The newest candle. */
  readonly last: Candle | undefined;
  readonly averages: AverageLayer;
  /** Draws something more from now on. */
  add<L extends ChartLayer>(make: (canvas: Canvas) => L): L;
  /** Shows nothing, until candles are shown: as many of them, and of the same time, as are shown now. */
  clear(): void;
  /** Writes prices with so many decimals. */
  setDigits(digits: SymbolDigits): void;
  /** Writes times as this clock tells them. */
  setClock(clock: Clock): void;
  /** What is to be seen, of these candles or of the next ones. */
  readonly sight: Sight;
  /** Shows these candles, earliest first, and no others; of them what was in sight before. */
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
  /** Whether other symbols are compared: the scale is in percent then, whatever it is set to. */
  compare(on: boolean): void;
  /** To the newest candle. */
  toLatest(): void;
  /** To the earliest candle that is known; older ones are asked for then. */
  toEarliest(): void;
  /** @param by share of the width, later where it is positive */
  pan(by: number): void;
  /** @param times of the width */
  zoom(times: number): void;
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
    // A vertical swipe scrolls the page.
    handleScroll: { vertTouchDrag: false },
    crosshair: { mode: LightweightCharts.CrosshairMode.Normal },
    timeScale: {
      ...timeFormats(clock).timeScale,
      timeVisible: true,
      secondsVisible: true,
      rightOffset: RIGHT_OFFSET,
    },
    layout: { attributionLogo: true, fontFamily: getComputedStyle(document.body).fontFamily },
  });
  let digits = NO_DIGITS;
  const canvas: Canvas = { chart, quiet: quietOptions(() => digits.price) };
  const prices = makePriceLayer(canvas);
  const averages = makeAverageLayer(canvas);
  const layers: ChartLayer[] = [prices, averages];
  const times = chart.timeScale();
  let candles: Candle[] = [];
  /** What is to be seen of the next candles. */
  let sight = firstSight(element.clientWidth);
  let [comparing, scale]: [boolean, 0 | 1 | 2] = [false, 0];
  /** The range that the chart has with the next frame. */
  let wanted: LogicalRange | undefined;

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

  // The library moves with the next frame, and tells until then where it was.
  const rangeNow = () => wanted ?? times.getVisibleLogicalRange();

  function setRange(range: LogicalRange): void {
    wanted = range;
    times.setVisibleLogicalRange(range);
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (wanted === range) wanted = undefined;
      })
    );
  }

  function look(): Sight {
    const range = rangeNow();
    if (range && candles.length > 0) sight = sightOf(range, candles);
    return sight;
  }

  function move(change: (range: LogicalRange) => LogicalRange): void {
    const range = rangeNow();
    if (range && candles.length > 0) setRange(change(range));
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
  times.subscribeVisibleLogicalRangeChange((range) => {
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
    get sight() {
      return look();
    },
    clear() {
      look();
      candles = [];
      draw();
    },
    setDigits(next) {
      if (next.price === digits.price) return;
      digits = next;
      format();
    },
    setClock(next) {
      clock = next;
      const range = rangeNow();
      chart.applyOptions(timeFormats(clock));
      // Marks are set when points come: they come anew.
      for (const layer of layers) layer.draw([]);
      draw();
      if (range) setRange(range);
    },
    show(history) {
      look();
      candles = history.filter(isDrawable);
      draw();
      setRange(rangeOf(sight, candles));
    },
    prepend(earlier) {
      const before = earlier.filter(isDrawable);
      candles = [...before, ...candles];
      const range = rangeNow();
      draw();
      if (range) {
        setRange({
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
      const range = rangeNow();
      return range ? candles.slice(Math.max(0, Math.ceil(range.from)), Math.floor(range.to) + 1) : [];
    },
    picture: () => chart.takeScreenshot(),
    setScale(mode) {
      scale = mode;
      if (!comparing) prices.setScale(mode);
    },
    compare(on) {
      comparing = on;
      prices.setScale(on ? 2 : scale);
      for (const layer of layers) layer.compare?.(on);
    },
    toLatest: () => move(({ from, to }) => rangeOf({ bars: to - from, offset: RIGHT_OFFSET }, candles)),
    toEarliest() {
      move((range) => pannedBy(range, -(range.from + 1) / (range.to - range.from)));
      // Nothing may move: it is there, and an answer may have failed.
      if (candles[0]) onEarlier(candles[0].start);
    },
    pan: (by) => move((range) => pannedBy(range, by)),
    zoom: (factor) => move((range) => zoomedBy(range, factor, candles.length)),
  };
}
