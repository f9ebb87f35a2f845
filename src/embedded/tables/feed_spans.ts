import type { SQLInputValue } from "node:sqlite";
import type { StoredSpan } from "../../market/following/completeness.ts";
import { spanBucket } from "../../market/following/span.ts";
import { epochOf, offsetOf } from "../../market/position.ts";
import type { SpanRow } from "../../processing/ports.ts";
import {
  MAX_SPANS,
  SPAN_TABLES,
  spanMonths,
  type SpanTable,
  storedSpan,
} from "../../processing/span_tables.ts";
import { SOURCE_COLUMNS } from "../../processing/window_tables.ts";
import type { Database } from "../database.ts";

function upsert({ end, more, start, table }: SpanTable): { table: string; sql: string } {
  const values = [end, ...more, ...SOURCE_COLUMNS, "written"];
  const all = ["symbol", "bucket", start, ...values];
  return {
    table,
    sql:
      `INSERT INTO ${table} (${all.join(", ")}) VALUES (${
        all.map(() => "?").join(", ")
      }) ON CONFLICT DO UPDATE ` +
      `SET ${
        values.map((name) => `${name} = excluded.${name}`).join(", ")
      } WHERE excluded.written >= ${table}.written`,
  };
}

/** The statement that stores a span of each kind: an owner left behind overwrites nothing newer. */
export const SPAN_UPSERTS = { gap: upsert(SPAN_TABLES.gap), followed: upsert(SPAN_TABLES.followed) };

/** Its values. */
export function spanValues({ partition, position, span }: SpanRow): SQLInputValue[] {
  const { from, kind, symbol, to, why } = span;
  return [
    symbol,
    spanBucket(from),
    from,
    to ?? null,
    ...(kind === "gap" ? [why] : []),
    partition,
    epochOf(position),
    offsetOf(position),
    position,
  ];
}

/** What is known of a symbol's feed in [from, to): every span that may touch it. */
export function readSpans(database: Database, symbol: string, from: number, to: number): StoredSpan[] {
  const months = spanMonths(from, to);
  return Object.values(SPAN_TABLES).flatMap((table) =>
    months.flatMap((month) =>
      database.all(
        `SELECT * FROM ${table.table} WHERE symbol = ? AND bucket = ? AND ${table.start} < ? ` +
          `ORDER BY ${table.start} DESC LIMIT ?`,
        symbol,
        month,
        to,
        MAX_SPANS,
      ).flatMap((row) => {
        const span = storedSpan(table, symbol, (column) => {
          const value = row[column];
          return typeof value === "number" || typeof value === "string" ? value : undefined;
        });
        if (span === undefined) database.passOver(`a row of ${table.table}`);
        return span ?? [];
      })
    )
  );
}
