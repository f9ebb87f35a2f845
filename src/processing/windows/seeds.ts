import { earlierFirsts } from "../../batch/earlier_firsts.ts";
import { type Fold, foldHour, REACH_MS } from "../../batch/fold.ts";
import { TradeColumns } from "../../batch/trade_columns.ts";
import type { BarKind } from "../../market/bars.ts";
import type { Calendars } from "../../market/calendar/calendars.ts";
import { sipSymbol } from "../../market/conditions/sip_symbol.ts";
import { NO_POSITION, type Position } from "../../market/position.ts";
import { HOUR_MS, hourOf, type SeriesKind } from "../../market/series.ts";
import type { SeriesKey, TradeStore, WindowRow } from "../ports.ts";

/** Trades of one symbol and hour that are held. */
const MAX_TRADES = 1_000_000;

/** What windows are kept of each symbol. */
export interface Candles {
  series: readonly SeriesKind[];
  /** Beside them; none when absent. */
  bars?: readonly BarKind[] | undefined;
  calendars: Calendars;
  /** From when on the rows of a series are complete, by its name, milliseconds. */
  begun: ReadonlyMap<string, number>;
}

export interface SeedOptions extends Candles {
  store: Pick<TradeStore, "trades">;
  partition: number;
  /** Position of the first message that this owner of the partition reads. */
  first: Position;
  /** When it began, milliseconds: no window that starts later was begun by another. */
  now: number;
}

/** How long owners that do not keep an added series may still be at work, milliseconds: a rollout takes minutes. */
const MIXED_MS = 24 * HOUR_MS;

/**
 * Windows of a series that was added while the pipeline ran. Owners before did not keep it, so that trades of theirs are done and
 * in no row, or not in a row that an owner between them wrote; they begin with what the raw trades make of them.
 */
export class Seeds {
  /** Of the reading that is under way. */
  readonly #hours = new Map<string, Promise<Fold[]>>();

  constructor(readonly options: SeedOptions) {}

  /** Forgets what one reading had in common: aggregates that were given away go on changing. */
  forget(): void {
    this.#hours.clear();
  }

  /** Whether a window may lack trades that are done. */
  needed(kind: SeriesKind, key: number): boolean {
    const begun = this.options.begun.get(kind.name) ?? Infinity;
    const start = kind.keyedBy === "end" ? key - kind.lengthMs : key;
    return begun > 0 && start <= Math.min(begun + MIXED_MS, this.options.now);
  }

  /** Rows as the raw trades before our first message make them, in place of those that lack some; the others as they were read. */
  async mended(series: SeriesKey, keys: readonly number[], rows: readonly WindowRow[]): Promise<WindowRow[]> {
    const known = new Map(rows.map((row) => [row.key, row]));
    const before = this.options.first - 1;
    const doubtful = keys.filter((key) =>
      this.needed(series.kind, key) && (known.get(key)?.complete ?? NO_POSITION) < before
    );
    for (const row of await this.#made(series, doubtful)) {
      // Raw trades may have expired that a row holds.
      if (row.aggregate.count >= (known.get(row.key)?.aggregate.count ?? 0)) known.set(row.key, row);
    }
    return [...known.values()];
  }

  async #made({ kind, symbol }: SeriesKey, keys: readonly number[]): Promise<WindowRow[]> {
    const { first, partition } = this.options;
    const rows: WindowRow[] = [];
    for (const [hour, own] of Map.groupBy(keys, (key) => hourOf(kind.keyedBy === "end" ? key - 1 : key))) {
      for (const { key, kind: { name }, known, knownTrades } of await this.#hour(symbol, hour)) {
        if (name !== kind.name || knownTrades === 0 || !own.includes(key)) continue;
        rows.push({ key, aggregate: known, partition, complete: first - 1 });
      }
    }
    return rows;
  }

  /** Every window of an hour. All series of a trade ask for it at once, and it is made once. */
  #hour(symbol: string, hour: number): Promise<Fold[]> {
    const name = `${hour} ${symbol}`;
    const known = this.#hours.get(name);
    if (known) return known;
    const made = this.#foldHour(symbol, hour);
    this.#hours.set(name, made);
    made.catch(() => this.#hours.delete(name));
    return made;
  }

  async #foldHour(symbol: string, hour: number): Promise<Fold[]> {
    const { calendars, first, series, store } = this.options;
    const trades = new TradeColumns(MAX_TRADES, sipSymbol(series, calendars, symbol));
    for await (const trade of store.trades(symbol, hour - REACH_MS, hour + HOUR_MS)) trades.add(trade);
    if (trades.length === 0) return [];
    const earlier = await earlierFirsts(trades, hour, (from, to) => store.trades(symbol, from, to));
    return foldHour(trades, hour, () => first - 1, { series, ...(earlier && { earlier }) });
  }
}
