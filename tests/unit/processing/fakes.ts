import { encodeMessage } from "../../../src/market/message.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { writeTimestamp } from "../../../src/market/position.ts";
import { PartitionProcessor } from "../../../src/processing/partition_processor.ts";
import { processorMetrics } from "../../../src/processing/processor_metrics.ts";
import type {
  DeadLetter,
  Decoder,
  LogMessage,
  SeriesKey,
  SpanRow,
  StoredTrade,
  TradeRow,
  TradeStore,
  WindowRow,
} from "../../../src/processing/ports.ts";
import type { BarKind } from "../../../src/market/bars.ts";
import { Calendars } from "../../../src/market/calendar/calendars.ts";
import { CANDLE_RULES, type CandleRule, seriesOf } from "../../../src/market/series.ts";
import { SymbolPlaces } from "../../../src/processing/symbol_places.ts";
import { WriteQueue } from "../../../src/processing/write_queue.ts";
import { createLogger } from "../../../src/telemetry/log.ts";
import { MetricRegistry } from "../../../src/telemetry/metrics.ts";

export const silent = createLogger({ level: "error", format: "json", write: () => {}, now: () => 0 });

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const seriesName = ({ bucket, kind, symbol }: SeriesKey) => `${symbol} ${kind.name} ${bucket}`;

/** Keeps rows like Cassandra does: a row by its key, of two writes to a window the one with the higher timestamp. */
export class MemoryStore implements TradeStore {
  readonly raw = new Map<string, TradeRow & { symbol: string; hour: number }>();
  readonly windows = new Map<string, Map<number, WindowRow>>();
  /** What was told of feeds, by kind, symbol and start. */
  readonly spans = new Map<string, SpanRow>();
  /** Calls of readWindows and newestKey. */
  reads = 0;
  /** Called before each write; throws to fail it. */
  beforeWrite: () => void = () => {};

  async writeTrades(symbol: string, hour: number, rows: readonly TradeRow[]): Promise<void> {
    await Promise.resolve();
    this.beforeWrite();
    for (const row of rows) this.raw.set(hex(row.id), { ...row, symbol, hour });
  }

  async writeWindows(series: SeriesKey, rows: readonly WindowRow[]): Promise<void> {
    await Promise.resolve();
    this.beforeWrite();
    const stored = this.#series(series);
    for (const row of rows) {
      const old = stored.get(row.key);
      if (!old || writeTimestamp(old.complete) <= writeTimestamp(row.complete)) stored.set(row.key, row);
    }
  }

  async writeSpans(rows: readonly SpanRow[]): Promise<void> {
    await Promise.resolve();
    this.beforeWrite();
    for (const row of rows) {
      const name = `${row.span.kind} ${row.span.symbol} ${row.span.from}`;
      if ((this.spans.get(name)?.position ?? -1) <= row.position) this.spans.set(name, row);
    }
  }

  async readWindows(series: SeriesKey, keys: readonly number[]): Promise<WindowRow[]> {
    this.reads++;
    await Promise.resolve();
    return keys.flatMap((key) => {
      const row = this.#series(series).get(key);
      return row ? [{ ...row, aggregate: { ...row.aggregate } }] : [];
    });
  }

  async newestKey(series: SeriesKey): Promise<number | undefined> {
    this.reads++;
    await Promise.resolve();
    const keys = [...this.#series(series).keys()];
    return keys.length === 0 ? undefined : Math.max(...keys);
  }

  async *trades(symbol: string, from: number, to: number): AsyncGenerator<StoredTrade> {
    const rows = [...this.raw.values()].filter((row) =>
      row.symbol === symbol && row.time >= from && row.time < to
    );
    for (const { conditions = [], id, price, time, volume } of rows.toSorted((a, b) => a.time - b.time)) {
      yield { id, time, price, volume, conditions };
    }
  }

  /** When each series was added. */
  begunAt: ReadonlyMap<string, number> = new Map(seriesOf(CANDLE_RULES).map(({ name }) => [name, 0]));

  begun() {
    return Promise.resolve(this.begunAt);
  }

  sourceEpochs() {
    return Promise.resolve([{ epoch: 1, starts: [0, 0, 0, 0] }]);
  }

  #series(key: SeriesKey): Map<number, WindowRow> {
    const name = seriesName(key);
    let stored = this.windows.get(name);
    if (!stored) this.windows.set(name, stored = new Map());
    return stored;
  }
}

export interface Bench {
  store: MemoryStore;
  letters: DeadLetter[];
  /** A processor as a process that has just started would make it. */
  start(
    options?: {
      decoder?: Decoder;
      maxWindows?: number;
      partition?: number;
      rules?: readonly CandleRule[];
      bars?: readonly BarKind[];
      batchRows?: number;
    },
  ): PartitionProcessor;
  metrics: ReturnType<typeof processorMetrics>;
}

/** A store that outlives processors, and processors over it. */
export function bench(
  now: number,
  store = new MemoryStore(),
  metrics = processorMetrics(new MetricRegistry()),
): Bench {
  const letters: DeadLetter[] = [];
  const start: Bench["start"] = (
    { decoder, maxWindows = 10_000, partition = 0, batchRows = 50, bars, rules = bars && CANDLE_RULES } = {},
  ) =>
    new PartitionProcessor({
      topic: "market",
      partition,
      epochs: [{ epoch: 1, starts: [0, 0, 0, 0] }],
      store,
      office: { send: (letter) => (letters.push(letter), Promise.resolve()) },
      decoder,
      candles: rules && { series: seriesOf(rules), bars, calendars: new Calendars(), begun: store.begunAt },
      queue: new WriteQueue({
        concurrency: 4,
        maxRows: 1000,
        log: silent,
        random: () => 0,
        clock: () => 0,
        latency: metrics.writeLatency,
        signal: new AbortController().signal,
      }),
      places: new SymbolPlaces(silent, metrics.splitSymbols),
      metrics,
      now: () => now,
      batchRows,
      maxWindows,
    });
  return { store, letters, start, metrics };
}

/** Messages of a partition, offsets counting from 0. */
export const messagesOf = (batches: readonly (readonly Trade[])[]): LogMessage[] =>
  batches.map((trades, offset) => ({ offset, timestamp: 1000 + offset, value: encodeMessage(trades) }));
