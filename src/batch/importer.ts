import { hourOf } from "../market/series.ts";
import { type Trade, tradeFault } from "../market/trade.ts";
import { importedTradeId } from "../market/trade_id.ts";
import type { TradeRow } from "../processing/ports.ts";
import type { Unit } from "./examine.ts";
import { hoursOf } from "./fold.ts";
import { type Amendment, amendmentFault, Amendments, type NumberedAmendment } from "./amendments.ts";
import { ImportPlaces } from "./import_places.ts";
import type { Line } from "./files/lines.ts";
import { mapParallel } from "./parallel.ts";
import type { BatchStore } from "./ports.ts";
import type { TradeLineParser } from "./files/trade_lines.ts";

export interface ImporterOptions {
  store: Pick<BatchStore, "trades" | "writeTrades" | "markTrade">;
  parse: TradeLineParser;
  /** Only trades in [from, to) and of these symbols are taken. */
  from: number;
  to: number;
  symbols: ReadonlySet<string> | undefined;
  /** Lines that an earlier run has stored. */
  skip: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Runs a request again while the store is away for a moment. */
  retry<T>(work: () => Promise<T>): Promise<T>;
  /** Called for each line of which something cannot be used. */
  onBadLine(line: number, fault: string): void;
  /** Called when all lines up to this one are stored. */
  onStored(line: number): Promise<void>;
}

/** What was read and stored. */
export interface ImportTotals {
  lines: number;
  badLines: number;
  /** Trades that were written, or that an earlier run has written. */
  trades: number;
  /** Good trades of other times or symbols than wanted. */
  passedOver: number;
  /** Trades that were cancelled or corrected, now or by an earlier run. */
  amended: number;
}

/** Trades that are gathered while as many before them are written. */
const GATHERED = 10_000;
/** Rows of one write. */
const BATCH_ROWS = 400;
/** Writes under way at once. */
const LANES = 8;
/** Hours that are remembered before they are recomputed. */
const MAX_TOUCHED = 200_000;

interface Group {
  symbol: string;
  hour: number;
  rows: TradeRow[];
}

/**
 * Stores trades that came by no log. Their ids come from what they are, see `importedTradeId`: a line that is stored again, by a
 * second run or from another file, is the same row. They never meet the ids of a log, so a trade that the stream has
 * stored too is there twice: import what the stream has not seen, with from and to.
 */
export class Importer {
  readonly totals: ImportTotals = { lines: 0, badLines: 0, trades: 0, passedOver: 0, amended: 0 };
  readonly #places = new ImportPlaces();
  readonly #touched = new Map<string, Unit>();
  #gathered = new Map<string, Group>();
  #last: Group | undefined;
  #rows = 0;
  #amending: NumberedAmendment[] = [];
  #storing: Promise<void> = Promise.resolve();
  readonly #amendments: Amendments;

  constructor(readonly options: ImporterOptions) {
    this.#amendments = new Amendments({
      ...options,
      onFault: (line, fault) => {
        this.totals.badLines++;
        options.onBadLine(line, fault);
      },
    });
  }

  /**
   * Stores all lines and calls `recompute` with the hours that they touched: at the end, and before when they are many.
   *
   * @throws what the lines' source throws, after what came before is stored and recomputed.
   */
  async run(
    lines: AsyncIterable<Line>,
    recompute: (units: Unit[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      for await (const line of lines) {
        signal.throwIfAborted();
        this.#take(line);
        if (this.#rows >= GATHERED) await this.#store(signal);
        if (this.#touched.size >= MAX_TOUCHED) await this.#recompute(recompute, signal);
      }
    } finally {
      if (!signal.aborted) await this.#recompute(recompute, signal);
    }
  }

  #take({ fault, number, text }: Line): void {
    const { from, now, onBadLine, parse, skip, symbols, to } = this.options;
    this.totals.lines = number;
    const faults: string[] = fault === undefined ? [] : [fault];
    const line = text === undefined ? undefined : parse(text);
    if (line?.fault !== undefined) faults.push(line.fault);
    for (const trade of line?.trades ?? []) {
      const { price, symbol, time, volume } = trade;
      const wrong = tradeFault(symbol, price, volume, time, now());
      const place = wrong === undefined ? this.#places.next(symbol, time) : undefined;
      if (place === undefined) faults.push(wrong ?? "too many trades in one millisecond");
      else if (time < from || time >= to || symbols?.has(symbol) === false) this.totals.passedOver++;
      else this.#add(trade, place, number > skip);
    }
    const amends = line?.amendment && this.#amend(line.amendment, number);
    if (amends !== undefined) faults.push(amends);
    if (faults.length > 0) {
      this.totals.badLines++;
      onBadLine(number, faults[0]!);
    }
  }

  /** Takes what a line says of a stored trade; what is wrong with it. */
  #amend(amendment: Amendment, line: number): string | undefined {
    const { from, now, skip, symbols, to } = this.options;
    const fault = amendmentFault(amendment, now());
    if (fault !== undefined) return fault;
    const numbered = this.#amendments.number(amendment, line);
    if (numbered === undefined) return "too many trades in one millisecond";
    const { symbol, time } = amendment.trade;
    if (time < from || time >= to || symbols?.has(symbol) === false) this.totals.passedOver++;
    else {
      for (const hour of hoursOf(time)) {
        this.#touched.set(`${hour} ${symbol}`, { symbol, hour, shrink: true });
      }
      if (line > skip) this.#amending.push(numbered);
      if (line > skip) this.#rows++;
      else this.totals.amended++;
    }
    return undefined;
  }

  #add(trade: Trade, place: number, write: boolean): void {
    const { conditions, price, symbol, time, volume } = trade;
    this.totals.trades++;
    const group = this.#group(symbol, time);
    if (!write) return;
    group.rows.push({
      id: importedTradeId(trade, place),
      time,
      price,
      volume,
      conditions: conditions.length === 0 ? undefined : conditions,
      // When it was taken from the feed is not known; so the row is the same each time.
      ingested: time,
    });
    this.#rows++;
  }

  /** Where a trade's row is gathered; notes the hours that it touches. */
  #group(symbol: string, time: number): Group {
    const hour = hourOf(time);
    const [first, next] = hoursOf(time);
    if (next !== undefined) this.#touch(symbol, next);
    // Most trades follow one of the same hour.
    if (this.#last?.symbol === symbol && this.#last.hour === hour) return this.#last;
    const name = `${first} ${symbol}`;
    this.#touch(symbol, hour);
    let group = this.#gathered.get(name);
    if (!group) this.#gathered.set(name, group = { symbol, hour, rows: [] });
    return this.#last = group;
  }

  #touch(symbol: string, hour: number): void {
    const name = `${hour} ${symbol}`;
    if (!this.#touched.has(name)) this.#touched.set(name, { symbol, hour });
  }

  /** Writes what is gathered; resolves when what was gathered before is stored. */
  async #store(signal: AbortSignal): Promise<void> {
    const { onStored, retry, skip, store } = this.options;
    const writes = [...this.#gathered.values()].flatMap(({ hour, rows, symbol }) =>
      Array.from({ length: Math.ceil(rows.length / BATCH_ROWS) }, (_, i) => {
        const part = rows.slice(i * BATCH_ROWS, (i + 1) * BATCH_ROWS);
        return () => store.writeTrades(symbol, hour, part);
      })
    );
    const amending = this.#amending;
    this.#amending = [];
    this.#gathered = new Map();
    this.#last = undefined;
    this.#rows = 0;
    await this.#storing;
    const { lines } = this.totals;
    this.#storing = mapParallel(writes, LANES, signal, retry).then(async () => {
      // A file may amend what it brings itself.
      for (const amendment of amending) {
        signal.throwIfAborted();
        await this.#amendments.apply(amendment);
      }
      this.totals.amended += this.#amendments.take();
      if (lines > skip) await onStored(lines);
    });
    // Whoever stores next hears of a failure.
    this.#storing.catch(() => {});
  }

  async #recompute(recompute: (units: Unit[]) => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#store(signal);
    await this.#storing;
    const units = [...this.#touched.values()]
      .sort((a, b) => a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : a.hour - b.hour);
    this.#touched.clear();
    if (units.length > 0) await recompute(units);
  }
}
