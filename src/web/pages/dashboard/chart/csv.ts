import type { Candle } from "../../../../market/reader.ts";
import { vwapOf } from "./candles.ts";

const COLUMNS = ["start", "open", "high", "low", "close", "volume", "vwap", "trades"] as const;

/** Candles as a table: times by ISO 8601, in UTC, and numbers as they are, not as they are drawn. */
export function candlesAsCsv(candles: readonly Candle[]): string {
  const rows = candles.map((candle) => {
    const values = { ...candle, start: new Date(candle.start).toISOString(), vwap: vwapOf(candle) ?? "" };
    return COLUMNS.map((name) => values[name]).join(",");
  });
  return [COLUMNS.join(","), ...rows, ""].join("\n");
}
