import { type BarKind, isBars } from "../market/bars.ts";
import type { Calendars } from "../market/calendar/calendars.ts";
import { NO_POSITION, type Position } from "../market/position.ts";
import type { SeriesKind } from "../market/series.ts";
import type { Logger } from "../telemetry/log.ts";
import { delay } from "../async/wait.ts";
import { type Difference, type DifferenceKind, lacksTrades } from "./difference.ts";
import { examine, type Examined, noteClaim, storedUpTo, type Unit } from "./examine.ts";
import { mapParallel } from "./parallel.ts";
import type { SeriesKey } from "../processing/ports.ts";
import type { BatchStore, Repair } from "./ports.ts";
import { bySeries, mayRepair, outrunsStream, repairOf } from "./repair.ts";
import { TooManyTrades } from "./trade_columns.ts";

/** What became of a difference. */
export type Outcome = "found" | "repaired" | "left" | "not taken";

export interface BackfillOptions {
  store: BatchStore;
  repair: boolean;
  /** Whether a repair may take trades away from a row. */
  shrink: boolean;
  /** A difference counts when it is still there after this time, milliseconds: the stream may be about to write. */
  settle: number;
  /** Hours examined at once. */
  parallel: number;
  /** Trades of one symbol and hour that are held. */
  maxTrades: number;
  /** What is compared, and by which calendars; see {@linkcode examine}. */
  series?: readonly SeriesKind[];
  bars?: readonly BarKind[] | undefined;
  calendars?: Calendars;
  /** Raw trades from before this time may have expired: rows that hold more are right. Milliseconds. */
  tradesFrom: number;
  /** Windows from before this time may have expired. Milliseconds. */
  windowsFrom: number;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Called for each difference, in no strict order. */
  onDifference(difference: Difference, outcome: Outcome): void;
  /** Runs a request again while the store is away for a moment. */
  retry<T>(work: () => Promise<T>): Promise<T>;
  log: Logger;
}

/** What was done so far. */
export interface Totals {
  hours: number;
  windows: number;
  trades: number;
  differences: Partial<Record<DifferenceKind, number>>;
  repaired: number;
  /** Differences left alone, because the repair may not remove trades. */
  left: number;
  /** Differences left to the stream, which has not confirmed yet that all their trades are stored. */
  streaming: number;
  /** Repairs that did not win over what is there. */
  notTaken: number;
  /** Windows that the stream was writing all the time. */
  changing: number;
  /** Windows that are not compared because their trades, or they themselves, may have expired. */
  expired: number;
  /** Hours with more trades than may be held. */
  tooLarge: number;
}

export const noTotals = (): Totals => ({
  hours: 0,
  windows: 0,
  trades: 0,
  differences: {},
  repaired: 0,
  left: 0,
  streaming: 0,
  notTaken: 0,
  changing: 0,
  expired: 0,
  tooLarge: 0,
});

/** Differences that are still there. */
export function unmended({ differences, repaired, tooLarge }: Totals): number {
  return Object.values(differences).reduce((sum, count) => sum + count, 0) - repaired + tooLarge;
}

/** Hours of a batch, as a multiple of those examined at once; after each batch differences are checked again. */
const UNITS_PER_LANE = 8;
/** How often a window that the stream writes meanwhile is looked at again. */
const ROUNDS = 4;

/** Recomputes windows from raw trades, hour by hour, and compares or mends what is stored. */
export class Backfill {
  /** By source partition, up to where its raw trades are all stored, as far as rows have told. */
  readonly #stored = new Map<number, Position>();

  constructor(readonly options: BackfillOptions, readonly totals: Totals = noTotals()) {}

  /**
   * @param done called with the last unit of those that are done, in order.
   * @throws the signal's reason when it is aborted; what is done stays done.
   */
  async run(
    units: Iterable<Unit>,
    done: (last: Unit) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    let chunk: Unit[] = [];
    const take = async () => {
      if (chunk.length === 0) return;
      await this.#examineAll(chunk, signal);
      await done(chunk.at(-1)!);
      chunk = [];
    };
    for (const unit of units) {
      chunk.push(unit);
      if (chunk.length >= this.options.parallel * UNITS_PER_LANE) await take();
    }
    await take();
  }

  async #examineAll(units: readonly Unit[], signal: AbortSignal): Promise<void> {
    const first = await this.#look(units, signal);
    for (const { expired, trades, windows } of first) {
      this.totals.windows += windows;
      this.totals.trades += trades;
      this.totals.expired += expired;
    }
    this.totals.hours += units.length;
    const confirmed = await this.#confirm(first, signal);
    for (const examined of confirmed) {
      for (const { kind } of examined.differences) {
        this.totals.differences[kind] = (this.totals.differences[kind] ?? 0) + 1;
      }
    }
    if (!this.options.repair) {
      for (const { differences } of confirmed) {
        for (const difference of differences) this.options.onDifference(difference, "found");
      }
    } else {
      await mapParallel(confirmed, this.options.parallel, signal, (examined) => this.#mend(examined));
    }
  }

  async #look(units: readonly Unit[], signal: AbortSignal): Promise<Looked[]> {
    const { log, parallel, retry, store, tradesFrom, windowsFrom } = this.options;
    const found = await mapParallel(units, parallel, signal, async (unit) => {
      try {
        // What rows have told before its trades are read; later ones may speak of trades that were stored since.
        const before = new Map(this.#stored);
        const examined = await retry(() => examine(store, unit, this.options));
        for (const [partition, position] of before) noteClaim(examined.claims, partition, position);
        return [examined];
      } catch (error) {
        if (!(error instanceof TooManyTrades)) throw error;
        this.totals.tooLarge++;
        log.warn("an hour was passed over; raise --max-trades", {
          symbol: unit.symbol,
          hour: new Date(unit.hour).toISOString(),
          error,
        });
        return [];
      }
    });
    for (const { claims } of found.flat()) {
      for (const [partition, position] of claims) noteClaim(this.#stored, partition, position);
    }
    return found.flat().map((examined) => {
      const differences = examined.differences.filter((difference) =>
        startOf(difference) >=
          (lacksTrades(difference) || isBars(difference.series)
            ? tradesFrom
            : difference.kind === "missing"
            ? windowsFrom
            : -Infinity)
      );
      return { ...examined, differences, expired: examined.differences.length - differences.length };
    });
  }

  /**
   * Keeps only differences that are still there after a while. A row that lacks its newest trades alone counts if nobody wrote
   * it meanwhile; any other row counts if it is wrong each time.
   */
  async #confirm(first: readonly Examined[], signal: AbortSignal): Promise<Examined[]> {
    let doubtful = first.filter(({ differences }) => differences.length > 0);
    const confirmed: Examined[] = [];
    for (let round = 1; doubtful.length > 0 && round <= ROUNDS; round++) {
      await delay(this.options.settle, signal);
      const before = new Map(doubtful.flatMap(({ differences }) => differences.map((d) => [nameOf(d), d])));
      const again = await this.#look(doubtful.map(({ unit }) => unit), signal);
      doubtful = [];
      for (const examined of again) {
        const sure: Difference[] = [];
        const unsure: Difference[] = [];
        for (const difference of examined.differences) {
          const earlier = before.get(nameOf(difference));
          if (!earlier) continue;
          if (earlier.row?.written === difference.row?.written) sure.push(difference);
          else if (round < ROUNDS) unsure.push(difference);
          else if (difference.kind === "behind") this.totals.changing++;
          else sure.push(difference);
        }
        if (sure.length > 0) confirmed.push({ ...examined, differences: sure });
        if (unsure.length > 0) doubtful.push({ ...examined, differences: unsure });
      }
    }
    return confirmed;
  }

  async #mend({ claims, differences, unit, verified }: Examined): Promise<void> {
    const { now, onDifference, retry, shrink, store } = this.options;
    for (const [series, own] of bySeries(differences)) {
      const repairs = new Map<Difference, Repair>();
      for (const difference of own) {
        // A caller that does not wait for the stream says that none is running, so nothing is on its way.
        const stored = this.options.settle === 0
          ? Infinity
          : storedUpTo(claims, difference.fold?.partition ?? -1);
        const streaming = outrunsStream(difference, stored);
        if (streaming || !mayRepair(difference, shrink || unit.shrink === true)) {
          this.totals[streaming ? "streaming" : "left"]++;
          onDifference(difference, "left");
          continue;
        }
        // An average that begins before the hour holds trades that the hour's candle does not cover.
        const repair = repairOf(difference, startOf(difference) >= unit.hour ? verified : NO_POSITION, now());
        if (repair) repairs.set(difference, repair);
        else this.#count(difference, "not taken");
      }
      if (repairs.size === 0) continue;
      const written = await retry(async () => {
        await store.writeRepairs(series, [...repairs.values()]);
        return await this.#written(series, [...repairs.values()]);
      });
      for (const [difference, { aggregate, key, timestamp }] of repairs) {
        const found = written.get(key);
        // A later write of the stream is just as right.
        const taken = found === undefined
          ? !aggregate
          : found > timestamp || (!!aggregate && found === timestamp);
        this.#count(difference, taken ? "repaired" : "not taken");
      }
    }
  }

  #count(difference: Difference, outcome: "repaired" | "not taken"): void {
    if (outcome === "repaired") this.totals.repaired++;
    else this.totals.notTaken++;
    this.options.onDifference(difference, outcome);
  }

  /** Timestamps of the rows that are there now. */
  async #written({ kind, symbol }: SeriesKey, repairs: readonly Repair[]): Promise<Map<number, bigint>> {
    const keys = repairs.map(({ key }) => key);
    const first = keys.reduce((a, b) => Math.min(a, b));
    const last = keys.reduce((a, b) => Math.max(a, b));
    const found = new Map<number, bigint>();
    for await (const { key, written } of this.options.store.windows(symbol, kind, first, last + 1)) {
      found.set(key, written);
    }
    return found;
  }
}

type Looked = Examined & { expired: number };

/** Start of a difference's window. */
const startOf = ({ key, series }: Difference): number =>
  series.keyedBy === "end" ? key - series.lengthMs : key;

const nameOf = ({ key, series, symbol }: Difference): string => `${symbol} ${series.name} ${key}`;
