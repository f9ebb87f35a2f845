import { Digits, LEAST_PRICE_DIGITS, MOST_VOLUME_DIGITS } from "../../dashboard/digits.ts";
import type { Candle } from "../../../market/reader.ts";
import type { WatchRow } from "../../dashboard/wire.ts";
import type { SymbolDigits } from "./format.ts";

/** With how many decimals a symbol's numbers are shown: as the server says, or as its candles need while it has said nothing. */
export function digitsOf(
  known: Pick<WatchRow, "digits" | "volumeDigits"> | { candles: readonly Candle[] },
): SymbolDigits {
  if ("digits" in known) return { price: known.digits, volume: known.volumeDigits };
  const [price, volume] = [new Digits(LEAST_PRICE_DIGITS), new Digits(0, MOST_VOLUME_DIGITS)];
  for (const candle of known.candles) {
    for (const each of [candle.open, candle.high, candle.low, candle.close]) price.note(each);
    volume.note(candle.volume);
  }
  return { price: price.count, volume: volume.count };
}
