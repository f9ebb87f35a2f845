import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { seededRandom } from "../../../../src/finnhub/random.ts";
import type { Candle } from "../../../../src/market/reader.ts";
import { dayIn, exchangeZone } from "../../../../src/web/pages/dashboard/clock/exchange.ts";
import {
  choiceOf,
  choiceText,
  KINDS,
  nameOf,
  presetOf,
} from "../../../../src/web/pages/dashboard/indicators/choice.ts";
import {
  bollinger,
  ema,
  rsi,
  sessionVwap,
  sma,
  type Step,
} from "../../../../src/web/pages/dashboard/indicators/formulas.ts";

const random = seededRandom(14);
const CANDLES: Candle[] = Array.from({ length: 60 }, (_, i) => {
  const [open, close] = [100 + 10 * random(), 100 + 10 * random()];
  return {
    start: Date.UTC(2025, 0, 15, 4, 30) + i * 60_000,
    open,
    close,
    high: Math.max(open, close),
    low: Math.min(open, close),
    volume: i % 7 === 0 ? 0 : 1 + 5 * random(),
    ...(i % 7 === 0 ? {} : { vwap: (open + close) / 2 }),
    trades: 3,
  };
});
const CLOSES = CANDLES.map(({ close }) => close);
const sum = (values: number[]) => values.reduce((all, each) => all + each, 0);

const after = (step: Step, candles: readonly Candle[]): readonly (number | undefined)[] =>
  candles.reduce((each, candle) => each.next(candle), step).values;

function assertLike(values: readonly (number | undefined)[], wanted: (number | undefined)[]): void {
  assertEquals(values.length, wanted.length);
  values.forEach((value, i) => {
    if (wanted[i] === undefined) assertEquals(value, undefined);
    else assertAlmostEquals(value!, wanted[i], 1e-9);
  });
}

Deno.test("SMA and Bollinger bands are those of the last closes, and nothing before enough came", () => {
  for (let n = 0; n <= CLOSES.length; n++) {
    const last = CLOSES.slice(Math.max(0, n - 20), n);
    const middle = sum(last) / 20;
    const spread = Math.sqrt(sum(last.map((close) => close ** 2)) / 20 - middle ** 2);
    const known = n >= 20;
    assertLike(after(sma(20), CANDLES.slice(0, n)), [known ? middle : undefined]);
    assertLike(
      after(bollinger(20, 2.5), CANDLES.slice(0, n)),
      known ? [middle, middle + 2.5 * spread, middle - 2.5 * spread] : [undefined, undefined, undefined],
    );
  }
});

Deno.test("EMA begins with the mean of the first closes, and goes 2 / (period + 1) of the way", () => {
  assertLike(after(ema(10), CANDLES.slice(0, 9)), [undefined]);
  let wanted = sum(CLOSES.slice(0, 10)) / 10;
  assertLike(after(ema(10), CANDLES.slice(0, 10)), [wanted]);
  for (let n = 10; n < CLOSES.length; n++) {
    wanted = CLOSES[n]! * 2 / 11 + wanted * 9 / 11;
    assertLike(after(ema(10), CANDLES.slice(0, n + 1)), [wanted]);
  }
});

/** Closes and RSI 14 of Wilder's method as StockCharts publishes them; they round what is between. */
const PUBLISHED = [
  [44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931],
  [46.0328, 45.614, 46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439],
].flat();

Deno.test("RSI is that of a published table, 100 where prices only rise, and 50 where none moves", () => {
  const candles = PUBLISHED.map((close, i) => ({ ...CANDLES[0]!, close, start: i }));
  assertLike(after(rsi(14), candles.slice(0, 14)), [undefined]);
  for (const [n, wanted] of [[15, 70.53], [16, 66.32], [17, 66.55], [18, 69.41], [19, 66.36], [20, 57.97]]) {
    assertAlmostEquals(after(rsi(14), candles.slice(0, n))[0]!, wanted!, 0.06);
  }
  const rising = CANDLES.slice(0, 20).map((candle, i) => ({ ...candle, close: i }));
  assertLike(after(rsi(14), rising), [100]);
  assertLike(after(rsi(14), rising.map((candle) => ({ ...candle, close: 5 }))), [50]);
});

Deno.test("session VWAP is turnover by volume, and begins anew at midnight of the exchange", () => {
  const dayOf = dayIn("America/New_York");
  const midnight = CANDLES.findIndex(({ start }) => start === Date.UTC(2025, 0, 15, 5));
  assertEquals(midnight, 30);
  for (let n = 1; n <= CANDLES.length; n++) {
    const session = CANDLES.slice(n > midnight ? midnight : 0, n);
    const volume = sum(session.map((candle) => candle.volume));
    const turnover = sum(session.map((candle) => candle.volume === 0 ? 0 : candle.volume * candle.vwap!));
    assertLike(after(sessionVwap(dayOf), CANDLES.slice(0, n)), [
      volume === 0 ? undefined : turnover / volume,
    ]);
  }
  assertEquals([exchangeZone("AAPL"), exchangeZone("BINANCE:BTCUSDT")], ["America/New_York", "UTC"]);
});

Deno.test("a candle that changes again and again gives what its last state gives", () => {
  for (const begin of [sma(5), ema(5), rsi(5), bollinger(5, 2), sessionVwap(dayIn("UTC"))]) {
    const before = CANDLES.slice(0, -1).reduce((step, candle) => step.next(candle), begin);
    const last = CANDLES.at(-1)!;
    for (const close of [1, 1000, 50]) before.next({ ...last, close });
    assertEquals(before.next(last).values, after(begin, CANDLES));
  }
});

Deno.test("a choice of indicators is kept as text, and what is no choice is not read", () => {
  const text = "sma-20_ema-200_bb-20-2.5_rsi-14_vwap";
  assertEquals(choiceText(choiceOf(text)), text);
  assertEquals(choiceOf(text).map(nameOf), ["SMA 20", "EMA 200", "BB 20 2.5", "RSI 14", "Session VWAP"]);
  for (const name of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
    assertEquals(choiceOf(choiceText([presetOf(name)])), [presetOf(name)]);
  }
  assertEquals(
    choiceText(choiceOf("sma-1_sma-9999999_sma-x_sma_bb-20-0.1")),
    "sma-2_sma-500_sma-20_bb-20-0.5",
  );
  for (const none of ["", "_", "toString-1", "macd-12", "<b>", "-5"]) assertEquals(choiceOf(none), []);
  const many = Array.from({ length: 300 }, (_, i) => `sma-${i + 2}`).join("_");
  assert(choiceOf(many).length <= 8);
});
