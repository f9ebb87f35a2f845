import bars from "../../../schemas/bars.avsc" with { type: "text" };
import { type BarKind, barOf } from "../../market/bars.ts";
import { HOUR_MS, hourOf } from "../../market/series.ts";
import { windowColumns } from "../../market/window_columns.ts";
import type { ExportTable } from "../files/export_rows.ts";

/** Bars of one series, of every UTC hour that [from, to) touches. */
export function barTable(kind: BarKind): ExportTable {
  const { names } = windowColumns(kind);
  return {
    columns: [
      "symbol",
      "series",
      "hour",
      "number",
      "start",
      "end",
      "open",
      "high",
      "low",
      "close",
      "volume",
      "turnover",
      "vwap",
      "trades",
      "full",
    ],
    time: "hour",
    schema: bars,
    async *rows(store, symbol, from, to) {
      const end = hourOf(to - 1) + HOUR_MS;
      for await (const { key, values } of store.windows(symbol, kind, hourOf(from), end)) {
        const hour = hourOf(key);
        const own: Record<string, number> = { hour, number: key - hour };
        const bar = barOf(kind, (column) => own[column] ?? values[names.indexOf(column)]);
        yield { symbol, series: kind.name, ...bar, vwap: bar.vwap ?? null };
      }
    },
    perValue: 1,
    value: ([only]) => only,
  };
}
