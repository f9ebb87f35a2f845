import { addTrade, type Aggregate, emptyAggregate } from "../market/aggregate.ts";
import { addToBar } from "../market/conditions/sip_symbol.ts";
import type { BarClass } from "../market/conditions/sip_day.ts";
import type { StreamPlace } from "../market/bars.ts";
import { NO_POSITION, type Position } from "../market/position.ts";
import { ALL_SERIES, HOUR_MS, type SeriesKind, SLOT_MS, windowKeys } from "../market/series.ts";
import type { EarlierFirsts } from "./earlier_firsts.ts";
import type { TradeColumns } from "./trade_columns.ts";

/** How far back the windows of an hour reach into the one before, milliseconds: averages of 15 s that end 5 s after it. */
export const REACH_MS = 10_000;

/** A window as the raw trades make it. */
export interface Fold {
  kind: SeriesKind;
  key: number;
  /** Of the trades up to the position that the stored row claims. */
  known: Aggregate;
  /** Number of those trades. */
  knownTrades: number;
  /** Of all trades. */
  all: Aggregate;
  /** Trades after that position: the stream may not have written them yet. */
  pending: number;
  /** Position and partition of the last trade. */
  newest: Position;
  partition: number;
  /** Of a bar: the place of the last trade in its message. */
  index?: number;
  /** Of a bar: up to where the rows of its hour hold every trade. */
  claim?: StreamPlace;
}

type OpenFold = Fold & { complete: Position; bars: BarClass };

/** Keys in [from, to) belong to an hour: starts of candles in it, ends of averages after its start up to its end. */
export function keysOfHour({ hopMs, keyedBy }: SeriesKind, hour: number): { from: number; to: number } {
  const shift = keyedBy === "end" ? hopMs : 0;
  return { from: hour + shift, to: hour + HOUR_MS + shift };
}

/** Hours to which windows belong that hold a trade at `time`: one, or two when averages reach into the next. */
export function hoursOf(time: number): number[] {
  const hour = Math.floor(time / HOUR_MS) * HOUR_MS;
  return time >= hour + HOUR_MS - REACH_MS ? [hour, hour + HOUR_MS] : [hour];
}

export interface FoldOptions {
  /** Default: those that are kept unless told otherwise. */
  series?: readonly SeriesKind[];
  /** What came earlier on the day, for candles by sale conditions. */
  earlier?: EarlierFirsts;
}

/**
 * Makes every window of an hour from its trades and those {@linkcode REACH_MS} before it.
 *
 * @param complete the position that the stored row of a window claims; undefined where there is no row
 */
export function foldHour(
  trades: TradeColumns,
  hour: number,
  complete: (kind: SeriesKind, key: number) => Position | undefined,
  { earlier, series = ALL_SERIES }: FoldOptions = {},
): Fold[] {
  const { effects, partitions, positions, prices, sip, times, volumes } = trades;
  const folds = new Map<SeriesKind, Map<number, OpenFold>>(series.map((kind) => [kind, new Map()]));
  const openFold = (kind: SeriesKind, key: number): OpenFold => {
    const aggregate = emptyAggregate();
    return {
      kind,
      key,
      known: aggregate,
      knownTrades: 0,
      all: aggregate,
      pending: 0,
      newest: NO_POSITION,
      partition: -1,
      complete: complete(kind, key) ?? NO_POSITION,
      bars: kind.rule === "sip" ? sip!.barClass(kind, key) : "regular",
    };
  };
  const windowsAt = (time: number) =>
    series.flatMap((kind) => {
      const { from, to } = keysOfHour(kind, hour);
      return windowKeys(kind, time).filter((key) => key >= from && key < to).map((key) => {
        const known = folds.get(kind)!;
        let fold = known.get(key);
        if (!fold) known.set(key, fold = openFold(kind, key));
        return fold;
      });
    });
  const slots = new Map<number, OpenFold[]>();
  for (const at of trades.inStreamOrder()) {
    const time = times[at]!;
    const position = positions[at]!;
    const start = Math.floor(time / SLOT_MS);
    let slot = slots.get(start);
    if (!slot) slots.set(start, slot = windowsAt(time));
    const effect = effects[at];
    if (effect) earlier?.applyTo(sip!.day(time), { position, index: trades.indexes[at]! });
    const sets = effect && sip!.take(effect, time);
    for (const fold of slot) {
      // In stream order nothing known comes after the first that is pending.
      if (position > fold.complete && fold.pending++ === 0) fold.all = { ...fold.known };
      if (position <= fold.complete) fold.knownTrades++;
      const into = fold.all;
      if (fold.kind.rule === "sip") {
        addToBar({ aggregate: into, bars: fold.bars }, prices[at]!, volumes[at]!, time, sets!);
      } else addTrade(into, prices[at]!, volumes[at]!, time);
      fold.newest = position;
      fold.partition = partitions[at]!;
    }
  }
  return [...folds.values()].flatMap((byKey) => [...byKey.values()]);
}
