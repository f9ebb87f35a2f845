import type { BatchStore, Repair, Span, StoredWindow } from "../../../src/batch/ports.ts";
import type { StoredSpan } from "../../../src/market/following/completeness.ts";
import type { FetchedCandle } from "../../../src/market/following/fetched.ts";
import { seededRandom } from "../../../src/finnhub/random.ts";
import { positionOf, writeTimestamp } from "../../../src/market/position.ts";
import { hourOf, type SeriesKind } from "../../../src/market/series.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { tradeId } from "../../../src/market/trade_id.ts";
import { windowColumns } from "../../../src/market/window_columns.ts";
import type { SeriesKey, StoredTrade, TradeMark, TradeRow } from "../../../src/processing/ports.ts";

export const HOUR = 3_600_000;
/** A midnight: what spans it is in two hours, days and months. */
export const START = Date.UTC(2024, 5, 1);

const text = (id: Uint8Array) => [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Keeps rows as Cassandra does: by key, and of two writes to a window the one with the higher timestamp. */
export class MemoryBatchStore implements BatchStore {
  readonly raw = new Map<string, StoredTrade & { symbol: string }>();
  readonly rows = new Map<string, StoredWindow>();
  /** What is known of feeds. */
  told: StoredSpan[] = [];
  /** Candles that were fetched, by symbol and interval. */
  readonly fetched = new Map<string, readonly FetchedCandle[]>();
  /** Called before each read of windows. */
  beforeRead: (symbol: string) => void = () => {};

  spans(): Promise<Map<string, Span>> {
    const spans = new Map<string, Span>();
    for (const { symbol, time } of this.raw.values()) {
      const old = spans.get(symbol);
      spans.set(symbol, {
        from: Math.min(hourOf(time), old?.from ?? Infinity),
        to: Math.max(hourOf(time) + 2 * HOUR, old?.to ?? 0),
      });
    }
    return Promise.resolve(spans);
  }

  async *trades(symbol: string, from: number, to: number): AsyncGenerator<StoredTrade> {
    const found = [...this.raw.values()].filter((trade) =>
      trade.symbol === symbol && trade.time >= from && trade.time < to
    );
    yield* found.sort((a, b) => a.time - b.time || (text(a.id) < text(b.id) ? -1 : 1));
  }

  async *windows(symbol: string, kind: SeriesKind, from: number, to: number): AsyncGenerator<StoredWindow> {
    this.beforeRead(symbol);
    const name = `${symbol} ${kind.name} `;
    const found = [...this.rows].filter(([key, row]) =>
      key.startsWith(name) && row.key >= from && row.key < to
    );
    yield* found.map(([, row]) => row).sort((a, b) => a.key - b.key);
  }

  feedSpans(symbol: string): Promise<StoredSpan[]> {
    return Promise.resolve(this.told.filter((span) => span.symbol === symbol));
  }

  fetchedCandles(symbol: string, kind: SeriesKind, from: number, to: number): Promise<FetchedCandle[]> {
    const all = this.fetched.get(`${symbol} ${kind.name}`) ?? [];
    return Promise.resolve(all.filter(({ start }) => start >= from && start < to));
  }

  writeFetched(symbol: string, kind: SeriesKind, candles: readonly FetchedCandle[]): Promise<void> {
    this.fetched.set(`${symbol} ${kind.name}`, candles);
    return Promise.resolve();
  }

  fillGap(symbol: string, from: number, filledAt: number, filledFrom: string): Promise<void> {
    this.told = this.told.map((span) =>
      span.kind === "gap" && span.symbol === symbol && span.from === from
        ? { ...span, filledAt, filledFrom }
        : span
    );
    return Promise.resolve();
  }

  markTrade(symbol: string, time: number, id: Uint8Array, cancelled: TradeMark): Promise<void> {
    const name = `${symbol} ${time} ${text(id)}`;
    this.raw.set(name, { ...this.raw.get(name)!, cancelled });
    return Promise.resolve();
  }

  writeTrades(symbol: string, _hour: number, rows: readonly TradeRow[]): Promise<void> {
    for (const { conditions = [], id, price, time, volume } of rows) {
      const name = `${symbol} ${time} ${text(id)}`;
      this.raw.set(name, { ...this.raw.get(name), symbol, id, time, price, volume, conditions });
    }
    return Promise.resolve();
  }

  writeRepairs({ kind, symbol }: SeriesKey, repairs: readonly Repair[]): Promise<void> {
    for (const { aggregate, complete, key, partition, timestamp } of repairs) {
      const name = `${symbol} ${kind.name} ${key}`;
      if ((this.rows.get(name)?.written ?? -1n) > timestamp) continue;
      if (!aggregate) this.rows.delete(name);
      else {
        const values = windowColumns(kind).values(aggregate);
        this.rows.set(name, { key, values, partition, complete, written: timestamp });
      }
    }
    return Promise.resolve();
  }

  /** Changes one row as whoever wrote it might have. */
  damage(name: string, change: Partial<StoredWindow> & { value?: [number, number] }): void {
    const { value, ...rest } = change;
    const row = this.rows.get(name)!;
    const values = row.values.map((old, i) => value && i === value[0] ? value[1] : old);
    this.rows.set(name, { ...row, values, ...rest });
  }
}

/** Trades around a midnight: late ones, several of one time, some without volume. */
export function madeTrades(count: number, seed: number, symbol = "A"): Trade[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => ({
    symbol,
    price: Math.round(10_000 + random() * 1000) / 100,
    volume: random() < 0.1 ? 0 : Math.round(random() * 1000) / 100,
    time: START + Math.floor((Math.floor(i / 2) * 2 / count - 0.5 - random() * 0.02) * HOUR),
    conditions: [],
  }));
}

/** Rows of trades as the stream stores them: two a message. */
export const streamed = (trades: readonly Trade[], epoch = 1, offset = 0): TradeRow[] =>
  trades.map(({ price, time, volume }, i) => ({
    id: tradeId(7, 3, positionOf(epoch, offset + Math.floor(i / 2)), i % 2),
    time,
    price,
    volume,
    conditions: undefined,
    ingested: time,
  }));

/** Timestamp of the stream's write at an offset of epoch 1. */
export const writtenAt = (offset: number): bigint => BigInt(writeTimestamp(positionOf(1, offset)));
