import type { Candle, SipCandle } from "../market/reader.ts";
import { candlesOf, type SeriesKind } from "../market/series.ts";
import type { CandleReader } from "../market/views/long_candles.ts";
import { windowColumns } from "../market/window_columns.ts";
import type { BatchStore } from "./ports.ts";

/** The candles of a batch store, as whoever shows them reads them. */
export function storedCandles(store: Pick<BatchStore, "windows">): CandleReader {
  const read = async (
    symbol: string,
    kind: SeriesKind | undefined,
    from: number,
    to: number,
    limit: number,
  ): Promise<SipCandle[]> => {
    if (!kind) return [];
    const { names } = windowColumns(kind);
    const candles: SipCandle[] = [];
    for await (const { key, values } of store.windows(symbol, kind, from, to)) {
      const value = (name: string) => values[names.indexOf(name)];
      const vwap = value("vwap");
      candles.push({
        start: key,
        open: value("open") ?? null,
        high: value("high") ?? null,
        low: value("low") ?? null,
        close: value("close") ?? null,
        volume: value("volume") ?? 0,
        ...(vwap !== undefined && { vwap }),
        trades: value("trade_count") ?? 0,
      });
    }
    return limit < candles.length ? candles.slice(-limit) : candles;
  };
  return {
    candles: (symbol, interval, ...range) => read(symbol, candlesOf(interval), ...range) as Promise<Candle[]>,
    sipCandles: (symbol, interval, ...range) => read(symbol, candlesOf(interval, "sip"), ...range),
  };
}
