import { foldBars } from "../../batch/bars/fold_bars.ts";
import { TradeColumns } from "../../batch/trade_columns.ts";
import {
  BarBuilder,
  type BarKind,
  isFull,
  isWithin,
  LAST_INDEX,
  type StreamPlace,
} from "../../market/bars.ts";
import { NO_POSITION, type Position } from "../../market/position.ts";
import { HOUR_MS, hourOf } from "../../market/series.ts";
import type { DecodedMessage } from "../decode.ts";
import type { SeriesKey, TradeStore, WindowRow } from "../ports.ts";
import type { Seeds } from "./seeds.ts";

/** Trades of one symbol and hour that are held. */
const MAX_TRADES = 1_000_000;

export interface BarStreamOptions {
  bars: readonly BarKind[];
  store: Pick<TradeStore, "newestKey" | "readWindows" | "trades">;
  partition: number;
}

/** The bars of one hour of a symbol by one measure. */
interface HourBars {
  series: SeriesKey;
  builder: BarBuilder;
  /** The last trade that is in them. */
  done: StreamPlace;
  /** Full bars that are not written. */
  full: WindowRow[];
  /** Whether the newest bar has changed since it was last written. */
  dirty: boolean;
  /** Tick of the last change, for forgetting the oldest first. */
  touched: number;
}

/**
 * The bars of one partition, in memory. A row of a full bar is complete up to the very trade that filled it, and rows of one hour are
 * written in their order: so the newest row that is there tells which trades are in all of them, whenever its writer was stopped.
 */
export class BarStream {
  readonly #hours = new Map<string, HourBars[]>();
  #changed = new Set<HourBars>();
  #full = 0;
  #tick = 0;

  constructor(readonly options: BarStreamOptions) {}

  /** Bars in memory. */
  get size(): number {
    return this.#hours.size * this.options.bars.length + this.#full;
  }

  /** Reads back what the hours of these messages' trades need and memory lacks; the number of rows. */
  async open(
    messages: readonly DecodedMessage[],
    seeds: Seeds,
    read: (work: () => Promise<void>) => Promise<void>,
  ): Promise<number> {
    const missing = new Map<string, { symbol: string; hour: number }>();
    for (const { hour, symbol } of hoursIn(messages)) {
      const name = nameOf(symbol, hour);
      if (!this.#hours.has(name)) missing.set(name, { symbol, hour });
    }
    let rows = 0;
    await Promise.all([...missing].map(async ([name, { hour, symbol }]) => {
      let bars: HourBars[] = [];
      await read(async () => {
        const series = this.options.bars.map((kind) => ({ symbol, kind, bucket: hour }));
        bars = await Promise.all(series.map((each) => this.#read(each, each.kind, seeds)));
      });
      this.#hours.set(name, bars);
      for (const each of bars) {
        if (each.builder.key >= hour) rows++;
        if (each.full.length > 0 || each.dirty) this.#changed.add(each);
        this.#full += each.full.length;
      }
    }));
    return rows;
  }

  /** Adds the trades of messages whose hours are open. */
  fold(messages: readonly DecodedMessage[]): void {
    const tick = ++this.#tick;
    let symbol = "";
    let hour = NaN;
    let open: readonly HourBars[] = [];
    for (const { bad, position, trades } of messages) {
      for (let i = 0; i < trades.length; i++) {
        if (bad.size > 0 && bad.has(i)) continue;
        const { p, s, t, v } = trades[i]!;
        // Most trades follow one of the same.
        if (s !== symbol || !(t >= hour && t < hour + HOUR_MS)) {
          symbol = s;
          hour = hourOf(t);
          open = this.#hours.get(nameOf(s, hour))!;
        }
        for (const bars of open) {
          if (isWithin(position, i, bars.done)) continue;
          bars.touched = tick;
          this.#add(bars, position, i, p, v, t);
        }
      }
    }
  }

  /** The rows that have changed, by series, in their order. All messages up to `complete` are in them. */
  takeChanged(complete: Position): [SeriesKey, WindowRow[]][] {
    const { partition } = this.options;
    const changed = [...this.#changed].map((bars): [SeriesKey, WindowRow[]] => {
      const { builder, dirty, full, series } = bars;
      // A copy: the bar goes on changing while the write waits.
      const open = dirty
        ? [{ key: builder.key, aggregate: { ...builder.aggregate }, partition, complete }]
        : [];
      bars.full = [];
      bars.dirty = false;
      return [series, [...full, ...open]];
    });
    this.#changed = new Set();
    this.#full = 0;
    return changed;
  }

  /** Forgets hours whose bars are all written, longest untouched first, until at most `max` bars are left. */
  shrink(max: number): void {
    if (this.size <= max) return;
    const touched = ([, bars]: [string, HourBars[]]) => Math.max(...bars.map(({ touched }) => touched));
    const clean = [...this.#hours].filter(([, bars]) => bars.every((each) => !this.#changed.has(each)))
      .sort((a, b) => touched(a) - touched(b));
    // A quarter more than needed, so that the sort is paid for once in a while.
    for (const [name] of clean) {
      if (this.size <= max * 0.75) return;
      this.#hours.delete(name);
    }
  }

  #add(bars: HourBars, position: Position, index: number, price: number, volume: number, time: number): void {
    const { builder } = bars;
    builder.add(price, volume, time);
    if (!bars.dirty && bars.full.length === 0) this.#changed.add(bars);
    bars.dirty = !builder.full;
    if (!builder.full) return;
    const { partition } = this.options;
    bars.full.push({ key: builder.key, aggregate: builder.aggregate, partition, complete: position, index });
    this.#full++;
  }

  async #read(series: SeriesKey, kind: BarKind, seeds: Seeds): Promise<HourBars> {
    const { store } = this.options;
    const newest = await store.newestKey(series);
    const [row] = newest === undefined ? [] : await store.readWindows(series, [newest]);
    const done = { position: row?.complete ?? NO_POSITION, index: row?.index ?? LAST_INDEX };
    const before = seeds.options.first - 1;
    const lacking = seeds.needed(kind, series.bucket) && !isWithin(before, LAST_INDEX, done);
    const made = lacking ? await this.#made(series, kind, before) : [];
    const last = made.at(-1);
    // Raw trades may have expired that rows hold.
    const whole = last !== undefined && last.key >= (row?.key ?? -Infinity);
    const state: HourBars = {
      series,
      builder: new BarBuilder(kind, series.bucket, whole ? last : row),
      done: whole ? { position: before, index: LAST_INDEX } : done,
      full: [],
      dirty: false,
      touched: this.#tick,
    };
    if (!whole) return state;
    state.full = made.filter(({ aggregate, key }) => isFull(kind, key, aggregate));
    state.dirty = !state.builder.full;
    return state;
  }

  /** The bars of an hour as the raw trades up to a position make them. */
  async #made({ bucket, symbol }: SeriesKey, kind: BarKind, before: Position): Promise<WindowRow[]> {
    const trades = new TradeColumns(MAX_TRADES);
    for await (const trade of this.options.store.trades(symbol, bucket, bucket + HOUR_MS)) trades.add(trade);
    const claim = { position: before, index: LAST_INDEX };
    const { partition } = this.options;
    return foldBars(trades, bucket, [kind], () => claim)
      .filter(({ knownTrades }) => knownTrades > 0)
      .map(({ index, key, known, newest }) => ({
        key,
        aggregate: known,
        partition,
        ...(isFull(kind, key, known) ? { complete: newest, index: index! } : { complete: before }),
      }));
  }
}

const nameOf = (symbol: string, hour: number): string => `${hour} ${symbol}`;

/** The hours of the good trades of some messages; most follow one of the same. */
function* hoursIn(messages: readonly DecodedMessage[]): Generator<{ symbol: string; hour: number }> {
  let symbol = "";
  let hour = NaN;
  for (const { bad, trades } of messages) {
    for (let i = 0; i < trades.length; i++) {
      if (bad.size > 0 && bad.has(i)) continue;
      const { s, t } = trades[i]!;
      if (s === symbol && t >= hour && t < hour + HOUR_MS) continue;
      symbol = s;
      hour = hourOf(t);
      yield { symbol, hour };
    }
  }
}
