import type { FeedSpan } from "../../src/market/following/span.ts";
import { epochOf, type SourceEpoch, writeTimestamp } from "../../src/market/position.ts";
import { ALL_SERIES, bucketOf, type SeriesKind } from "../../src/market/series.ts";
import { windowColumns } from "../../src/market/window_columns.ts";
import type { BatchStore, Repair, Span, StoredWindow } from "../../src/batch/ports.ts";
import type {
  SeriesKey,
  SpanRow,
  StoredTrade,
  TradeRow,
  TradeStore,
  WindowRow,
} from "../../src/processing/ports.ts";
import type { Chance } from "./chance.ts";
import { forever } from "./model_reader.ts";
import type { VirtualTime } from "./virtual_time.ts";

/** How often the store misbehaves; probabilities. */
export interface StoreFaults {
  /** Refused, and not done. */
  refused: number;
  /** Timed out, and done all the same, perhaps much later than what was asked after it. */
  late: number;
  /** Longest ordinary answer, milliseconds. */
  slowest: number;
}

export type StoredRow = TradeRow & { symbol: string };
type Cell = WindowRow & { timestamp: bigint };

/** The key of a row of what was told of a feed. */
export const spanName = ({ from, kind, symbol }: FeedSpan): string => `${kind} ${symbol} ${from}`;

const hex = (bytes: Uint8Array) => bytes.toHex();
const HOUR = 3_600_000;

/** The tables: rows by their keys; of two writes to a window, the one with the higher timestamp. */
export class ModelTables {
  readonly trades = new Map<string, StoredRow>();
  readonly windows = new Map<string, Map<number, Cell>>();
  /** What was told of feeds, by kind, symbol and start. */
  readonly spans = new Map<string, SpanRow>();
  readonly epochs: SourceEpoch[] = [];
  /** When the others began: always. */
  readonly always = new Map(ALL_SERIES.map(({ name }) => [name, 0]));
  /** When series were added to those that were always kept. */
  readonly added = new Map<string, number>();

  series({ kind, symbol }: Pick<SeriesKey, "kind" | "symbol">): Map<number, Cell> {
    const name = `${symbol} ${kind.name}`;
    let rows = this.windows.get(name);
    if (!rows) this.windows.set(name, rows = new Map());
    return rows;
  }

  /** Whether windows have positions of an epoch. */
  holds(epoch: number): boolean {
    return [...this.windows.values()].some((rows) =>
      [...rows.values()].some(({ complete }) => epochOf(complete) === epoch)
    );
  }

  putTrades(symbol: string, rows: readonly TradeRow[]): void {
    for (const row of rows) this.trades.set(`${symbol} ${row.time} ${hex(row.id)}`, { ...row, symbol });
  }

  putSpan(row: SpanRow): void {
    const name = spanName(row.span);
    const old = this.spans.get(name);
    if (!old || writeTimestamp(old.position) <= writeTimestamp(row.position)) this.spans.set(name, row);
  }

  putWindow(series: SeriesKey, row: WindowRow, timestamp: bigint): void {
    const rows = this.series(series);
    const old = rows.get(row.key);
    if (!old || old.timestamp <= timestamp) {
      rows.set(row.key, { ...row, aggregate: { ...row.aggregate }, timestamp });
    }
  }
}

/** The tables as one process reaches them: slowly, and not always. */
export class ModelStore implements TradeStore, BatchStore {
  constructor(
    readonly tables: ModelTables,
    readonly faults: StoreFaults,
    readonly chance: Chance,
    readonly time: VirtualTime,
    readonly alive: () => boolean,
    /** Whether the whole store is away. */
    readonly away: () => boolean = () => false,
  ) {}

  writeTrades(symbol: string, _hour: number, rows: readonly TradeRow[]): Promise<void> {
    return this.#write(() => this.tables.putTrades(symbol, rows));
  }

  writeWindows(series: SeriesKey, rows: readonly WindowRow[]): Promise<void> {
    // As they are now: a request that is under way does not change.
    const sent = rows.map((row) => ({ ...row, aggregate: { ...row.aggregate } }));
    return this.#write(() => {
      for (const row of sent) this.tables.putWindow(series, row, BigInt(writeTimestamp(row.complete)));
    });
  }

  writeSpans(rows: readonly SpanRow[]): Promise<void> {
    return this.#write(() => rows.forEach((row) => this.tables.putSpan(row)));
  }

  async readWindows(series: SeriesKey, keys: readonly number[]): Promise<WindowRow[]> {
    await this.#answer();
    const rows = this.tables.series(series);
    return keys.flatMap((key) => {
      const row = rows.get(key);
      return row ? [{ ...row, aggregate: { ...row.aggregate } }] : [];
    });
  }

  async newestKey(series: SeriesKey): Promise<number | undefined> {
    await this.#answer();
    const keys = [...this.tables.series(series).keys()].filter((key) =>
      bucketOf(series.kind, key) === series.bucket
    );
    return keys.length === 0 ? undefined : Math.max(...keys);
  }

  async sourceEpochs(): Promise<SourceEpoch[]> {
    await this.#answer();
    return this.tables.epochs.map((epoch) => ({ ...epoch }));
  }

  async begun(): Promise<Map<string, number>> {
    await this.#answer();
    return new Map([...this.tables.always, ...this.tables.added]);
  }

  async spans(): Promise<Map<string, Span>> {
    await this.#answer();
    const spans = new Map<string, Span>();
    for (const { symbol, time } of this.tables.trades.values()) {
      const hour = Math.floor(time / HOUR) * HOUR;
      const old = spans.get(symbol);
      spans.set(symbol, {
        from: Math.min(hour, old?.from ?? Infinity),
        to: Math.max(hour + 2 * HOUR, old?.to ?? 0),
      });
    }
    return spans;
  }

  async *trades(symbol: string, from: number, to: number): AsyncGenerator<StoredTrade> {
    await this.#answer();
    const found = [...this.tables.trades].filter(([, row]) =>
      row.symbol === symbol && row.time >= from && row.time < to
    );
    found.sort(([a, x], [b, y]) => x.time - y.time || (a < b ? -1 : 1));
    for (const [, { conditions = [], id, price, time, volume }] of found) {
      yield { id, time, price, volume, conditions };
    }
  }

  async feedSpans(symbol: string): Promise<FeedSpan[]> {
    await this.#answer();
    return [...this.tables.spans.values()].map(({ span }) => span).filter((span) => span.symbol === symbol);
  }

  fetchedCandles(): Promise<[]> {
    return Promise.resolve([]);
  }

  writeFetched(): Promise<void> {
    return Promise.reject(new Error("nobody fills gaps here"));
  }

  markTrade(): Promise<void> {
    return Promise.reject(new Error("nobody cancels trades here"));
  }

  fillGap(): Promise<void> {
    return Promise.reject(new Error("nobody fills gaps here"));
  }

  async *windows(symbol: string, kind: SeriesKind, from: number, to: number): AsyncGenerator<StoredWindow> {
    await this.#answer();
    const rows = [...this.tables.series({ symbol, kind }).values()].filter(({ key }) =>
      key >= from && key < to
    );
    for (const { aggregate, timestamp, ...row } of rows.sort((a, b) => a.key - b.key)) {
      yield { ...row, values: windowColumns(kind).values(aggregate), written: timestamp };
    }
  }

  writeRepairs(series: SeriesKey, repairs: readonly Repair[]): Promise<void> {
    return this.#write(() => {
      for (const { aggregate, timestamp, ...row } of repairs) {
        const rows = this.tables.series(series);
        if (aggregate) this.tables.putWindow(series, { ...row, aggregate }, timestamp);
        else if ((rows.get(row.key)?.timestamp ?? -1n) <= timestamp) rows.delete(row.key);
      }
    });
  }

  async #write(apply: () => void): Promise<void> {
    const { chance, faults, time } = this;
    if (this.alive() && !this.away() && chance.happens(faults.late)) {
      // Coordinators give up before replicas do: it may be done after everything that was asked since.
      time.after(chance.wait(20_000), apply);
      await time.sleep(500 + chance.wait(2000));
      if (!this.alive()) return await forever();
      throw new Error("timed out");
    }
    await this.#answer();
    apply();
    await time.sleep(chance.wait(this.faults.slowest));
    if (!this.alive()) return await forever();
  }

  async #answer(): Promise<void> {
    const { chance, faults, time } = this;
    await time.sleep(chance.wait(faults.slowest));
    if (!this.alive()) return await forever();
    if (this.away()) {
      await time.sleep(200);
      throw new Error("no node answers");
    }
    if (chance.happens(faults.refused)) throw new Error("overloaded");
  }
}
