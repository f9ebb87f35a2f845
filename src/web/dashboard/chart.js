/* global LightweightCharts */

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** How many decimals a price of this size is shown with. */
export const decimals = (price) => price >= 100 ? 2 : price >= 1 ? 4 : 6;

/**
 * The candlestick chart with volume, VWAP and the 15-second averages.
 *
 * @param element where it is drawn.
 * @param onHover gets the candle under the cross-hair, or undefined for the newest.
 * @param onEarlier is called when the user looks at the beginning of what is known.
 */
export function makeChart(element, onHover, onEarlier) {
  const { CandlestickSeries, createChart, CrosshairMode, HistogramSeries, LineSeries } = LightweightCharts;
  const chart = createChart(element, {
    autoSize: true,
    crosshair: { mode: CrosshairMode.Normal },
    timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 4 },
    localization: { locale: "en-GB" },
    layout: { attributionLogo: true, fontFamily: getComputedStyle(document.body).fontFamily },
  });
  const bars = chart.addSeries(CandlestickSeries, { lastValueVisible: false, priceLineVisible: false });
  // Our own: the built-in one takes a candle's fill for its colour, and rising candles have none.
  const priceLine = bars.createPriceLine({
    price: 0,
    lineStyle: 1,
    lineWidth: 1,
    lineVisible: false,
    axisLabelVisible: false,
  });
  const vwap = chart.addSeries(LineSeries, {
    lineWidth: 2,
    priceLineVisible: false,
    lastValueVisible: false,
  });
  const average = chart.addSeries(LineSeries, {
    lineWidth: 2,
    lineStyle: 1,
    priceLineVisible: false,
    lastValueVisible: false,
  });
  const volume = chart.addSeries(HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    priceLineVisible: false,
    lastValueVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  bars.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.22 } });

  let candles = [];
  let colours;

  // Rising candles are hollow and blue, falling ones filled and orange: told apart without colour too.
  function paint() {
    const [card, down, line, quiet, up] = ["--card", "--down", "--line", "--quiet", "--up"].map(style);
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
  const time = ({ start }) => start / 1000;
  const bar = (candle) => ({
    time: time(candle),
    open: candle.open,
    high: candle.high,
    low: candle.low,
    close: candle.close,
  });
  const volumeBar = (candle) => ({
    time: time(candle),
    value: candle.volume,
    color: candle.close < candle.open ? colours.down : colours.up,
  });
  const vwapPoint = (candle) =>
    candle.vwap === undefined ? { time: time(candle) } : { time: time(candle), value: candle.vwap };

  function markPrice() {
    const last = candles.at(-1);
    if (!last) return;
    const color = style(last.close < last.open ? "--down" : "--up");
    priceLine.applyOptions({
      price: last.close,
      color,
      axisLabelTextColor: style("--card"),
      lineVisible: true,
      axisLabelVisible: true,
    });
  }

  function draw() {
    bars.setData(candles.map(bar));
    volume.setData(candles.map(volumeBar));
    vwap.setData(candles.map(vwapPoint));
    const last = candles.at(-1);
    if (last) {
      const precision = decimals(last.close);
      bars.applyOptions({ priceFormat: { type: "price", precision, minMove: 10 ** -precision } });
    }
    markPrice();
  }

  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  chart.subscribeCrosshairMove(({ time: at }) =>
    onHover(at === undefined ? undefined : candles.find(({ start }) => start === at * 1000))
  );
  chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
    if (range && range.from < 5 && candles.length > 0) onEarlier(candles[0].start);
  });

  return {
    get last() {
      return candles.at(-1);
    },
    /** Shows these candles, earliest first, and no others. */
    show(history) {
      candles = history;
      draw();
      chart.timeScale().setVisibleLogicalRange({
        from: candles.length - Math.min(90, Math.max(30, element.clientWidth / 9)),
        to: candles.length + 3,
      });
    },
    /** Puts candles before the first. */
    prepend(earlier) {
      candles = [...earlier, ...candles];
      const range = chart.timeScale().getVisibleLogicalRange();
      draw();
      if (range) {
        chart.timeScale().setVisibleLogicalRange({
          from: range.from + earlier.length,
          to: range.to + earlier.length,
        });
      }
    },
    /** Takes newer states of candles, in any order. */
    update(changed) {
      for (const candle of [...changed].sort((a, b) => a.start - b.start)) {
        const last = candles.at(-1);
        if (!last || candle.start > last.start) candles.push(candle);
        else if (candle.start === last.start) candles[candles.length - 1] = candle;
        else {
          // A late trade changed a candle behind the newest.
          const at = candles.findIndex(({ start }) => start >= candle.start);
          const known = candles[at];
          if (known.start === candle.start && known.trades === candle.trades) continue;
          candles.splice(at, known.start === candle.start ? 1 : 0, candle);
          draw();
          continue;
        }
        bars.update(bar(candle));
        volume.update(volumeBar(candle));
        vwap.update(vwapPoint(candle));
      }
      markPrice();
    },
    /** Shows the running averages, on top of the shortest candles only: elsewhere they would be noise. */
    showAverages(averages) {
      average.setData(
        averages.filter((each) => each.vwap !== undefined).map(({ end, vwap: value }) => ({
          time: end / 1000,
          value,
        })),
      );
    },
    addAverage({ end, vwap: value }) {
      const newest = average.data().at(-1)?.time ?? 0;
      if (value !== undefined && end / 1000 >= newest) average.update({ time: end / 1000, value });
    },
  };
}
