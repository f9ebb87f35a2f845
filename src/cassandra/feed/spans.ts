import cassandra from "cassandra-driver";
import type { StoredSpan } from "../../market/following/completeness.ts";
import { spanBucket } from "../../market/following/span.ts";
import { epochOf, offsetOf, writeTimestamp } from "../../market/position.ts";
import type { SpanRow } from "../../processing/ports.ts";
import {
  MAX_SPANS,
  SPAN_TABLES,
  spanMonths,
  type SpanTable,
  storedSpan,
} from "../../processing/span_tables.ts";
import { SOURCE_COLUMNS } from "../../processing/window_tables.ts";
import type { Session } from "../session.ts";

function insert({ end, more, start, table }: SpanTable): string {
  const all = ["symbol", "bucket", start, end, ...more, ...SOURCE_COLUMNS];
  return `INSERT INTO ${table} (${all.join(", ")}) VALUES (${
    all.map(() => "?").join(", ")
  }) USING TIMESTAMP ?`;
}

const INSERTS = { gap: insert(SPAN_TABLES.gap), followed: insert(SPAN_TABLES.followed) };

/** The statement that stores what was told of a feed; later positions win over earlier ones. */
export function spanInsert({ partition, position, span }: SpanRow): { query: string; params: unknown[] } {
  const { from, kind, symbol, to, why } = span;
  return {
    query: INSERTS[kind],
    params: [
      symbol,
      spanBucket(from),
      from,
      // A null would be a tombstone, above which an end of an earlier position could never be.
      to ?? cassandra.types.unset,
      ...(kind === "gap" ? [why] : []),
      partition,
      epochOf(position),
      offsetOf(position),
      writeTimestamp(position),
    ],
  };
}

/** What is known of a symbol's feed in [from, to): every span that may touch it. */
export async function readSpans(
  session: Session,
  symbol: string,
  from: number,
  to: number,
): Promise<StoredSpan[]> {
  const reads = Object.values(SPAN_TABLES).flatMap((table) => {
    const filled = table.kind === "gap" ? ", reason, filled_at, filled_from" : "";
    const query = `SELECT ${table.start}, ${table.end}${filled} FROM ${table.table} WHERE symbol = ? AND ` +
      `bucket = ? AND ${table.start} < ? LIMIT ${MAX_SPANS}`;
    return spanMonths(from, to).map(async (month) => {
      const { rows } = await session.execute(query, [symbol, new Date(month), new Date(to)]);
      return rows.flatMap((row) => storedSpan(table, symbol, (column) => cell(row.get(column))) ?? []);
    });
  });
  return (await Promise.all(reads)).flat();
}

function cell(value: unknown): number | string | undefined {
  if (value === null) return undefined;
  return value instanceof Date ? value.getTime() : String(value);
}
