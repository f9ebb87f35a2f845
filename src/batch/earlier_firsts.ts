import type { SaleEffect } from "../market/conditions/sale_conditions.ts";
import type { BarClass, SipDay } from "../market/conditions/sip_day.ts";
import { SipSymbol } from "../market/conditions/sip_symbol.ts";
import { epochOf, IMPORT_EPOCH, type Position } from "../market/position.ts";
import { tradeOrigin } from "../market/trade_id.ts";
import type { StoredTrade } from "../processing/ports.ts";
import type { TradeColumns } from "./trade_columns.ts";

/** A message of the stream, and a trade's place in it. */
export interface Place {
  position: Position;
  index: number;
}

const NEVER: Place = { position: Infinity, index: 0 };

/** Imported trades stand all at one position, in the order of their times. */
const isBefore = (a: Place, b: Place): boolean =>
  a.position < b.position ||
  (a.position === b.position && (epochOf(a.position) === IMPORT_EPOCH || a.index < b.index));

/**
 * Which trades of a day, before the hour that is folded, might have set the last price: some conditions let a trade set it only as
 * the first. All of them are earlier by their time, so that what counts is which came first in the stream.
 */
export class EarlierFirsts {
  readonly #first = new Map<SipDay, Record<BarClass, Place>>();

  /** Takes in a trade of an earlier hour. */
  add(sip: SipSymbol, { cancelled, conditions, id, time }: StoredTrade): void {
    if (cancelled) return;
    const day = sip.day(time);
    const { extended, regular } = sip.effectOf(conditions);
    const place = tradeOrigin(id);
    const first = this.#first.get(day) ?? { regular: NEVER, extended: NEVER };
    this.#first.set(day, first);
    if (regular.last !== "no" && isBefore(place, first.regular)) first.regular = place;
    if (extended.last !== "no" && isBefore(place, first.extended)) first.extended = place;
  }

  /** Tells a day what came before a place in the stream. */
  applyTo(day: SipDay, place: Place): void {
    const first = this.#first.get(day);
    if (first === undefined) return;
    const earliest = (from: Place) => isBefore(from, place) ? -Infinity : Infinity;
    day.noteEarliest({ regular: earliest(first.regular), extended: earliest(first.extended) });
  }
}

/**
 * What came earlier on the days of an hour's trades, as far as one of them asks for it; undefined where none does, as almost
 * always.
 *
 * @param hour its start, milliseconds
 * @param read a symbol's trades in [from, to)
 */
export async function earlierFirsts(
  trades: TradeColumns,
  hour: number,
  read: (from: number, to: number) => AsyncIterable<StoredTrade>,
): Promise<EarlierFirsts | undefined> {
  const { effects, sip, times } = trades;
  if (!sip || !effects.some(mayAsk)) return undefined;
  const first = times.subarray(0, trades.length).reduce((a, b) => Math.min(a, b), Infinity);
  const trial = new SipSymbol(sip.calendar);
  const starts = new Set<number>();
  for (const at of trades.inStreamOrder()) {
    const [effect, time] = [effects[at]!, times[at]!];
    const day = trial.day(time);
    if (time >= hour && day.day.start < first && day.asks(effect, time)) starts.add(day.day.start);
    day.note(effect, time);
  }
  if (starts.size === 0) return undefined;
  const earlier = new EarlierFirsts();
  for (const start of starts) {
    for await (const trade of read(start, first)) earlier.add(sip, trade);
  }
  return earlier;
}

const mayAsk = ({ extended, regular }: SaleEffect): boolean =>
  [extended, regular].some(({ last }) => last === "first" || last === "late");
