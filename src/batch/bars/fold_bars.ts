import { emptyAggregate } from "../../market/aggregate.ts";
import { BarBuilder, type BarKind, isWithin, LAST_INDEX, type StreamPlace } from "../../market/bars.ts";
import { NO_POSITION } from "../../market/position.ts";
import { HOUR_MS } from "../../market/series.ts";
import type { Fold } from "../fold.ts";
import type { StoredWindow } from "../ports.ts";
import type { TradeColumns } from "../trade_columns.ts";

/**
 * Makes every bar of an hour from its trades.
 *
 * @param trades those of other hours are passed over
 * @param claim the place in the stream up to which the stored rows of an hour's bars hold every trade
 */
export function foldBars(
  trades: TradeColumns,
  hour: number,
  kinds: readonly BarKind[],
  claim: (kind: BarKind) => StreamPlace,
): Fold[] {
  const order = trades.inStreamOrder();
  return kinds.flatMap((kind) => foldOne(trades, order, hour, kind, claim(kind)));
}

function foldOne(
  { indexes, partitions, positions, prices, times, volumes }: TradeColumns,
  order: Uint32Array,
  hour: number,
  kind: BarKind,
  claim: StreamPlace,
): Fold[] {
  const folds: Fold[] = [];
  const builder = new BarBuilder(kind, hour);
  for (const at of order) {
    const time = times[at]!;
    if (time < hour || time >= hour + HOUR_MS) continue;
    const [position, index] = [positions[at]!, indexes[at]!];
    const known = isWithin(position, index, claim);
    // In stream order nothing known comes after the first that is pending.
    const last = folds.at(-1);
    if (!known && last?.pending === 0) last.known = { ...last.all };
    if (builder.add(prices[at]!, volumes[at]!, time)) {
      folds.push({
        kind,
        key: builder.key,
        known: known ? builder.aggregate : emptyAggregate(),
        knownTrades: 0,
        all: builder.aggregate,
        pending: 0,
        newest: position,
        partition: -1,
        claim,
      });
    }
    const fold = folds.at(-1)!;
    if (known) fold.knownTrades++;
    else fold.pending++;
    fold.newest = position;
    fold.index = index;
    fold.partition = partitions[at]!;
  }
  return folds;
}

/** The place in the stream up to which the rows of an hour's bars hold every trade: that of the row which tells the most. */
export function claimOf(rows: Iterable<Pick<StoredWindow, "complete" | "index">>): StreamPlace {
  let claim: StreamPlace = { position: NO_POSITION, index: LAST_INDEX };
  for (const { complete, index = LAST_INDEX } of rows) {
    if (!isWithin(complete, index, claim)) claim = { position: complete, index };
  }
  return claim;
}

/** Whether the rows of an hour's bars hold no more trades together than are stored up to what they claim. */
export function holdNoMore(
  rows: Iterable<Pick<StoredWindow, "values">>,
  folds: readonly Fold[],
  kind: BarKind,
): boolean {
  let left = folds.reduce((sum, fold) => fold.kind === kind ? sum + fold.knownTrades : sum, 0);
  for (const { values: [count = 0] } of rows) left -= count;
  return left >= 0;
}
