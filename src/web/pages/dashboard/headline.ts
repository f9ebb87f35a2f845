import type { Candle } from "../../../market/reader.ts";
import type { WatchRow } from "../../dashboard/wire.ts";
import { $, setText } from "../shared/dom.ts";
import type { Clock } from "./clock/clock.ts";
import { changeText, numberText, priceText, type SymbolDigits, volumeText } from "./format.ts";

const PRICES = ["open", "high", "low", "close"] as const;

/** Shows that the data of another symbol or interval is on its way, in place of what was shown. */
export function clearChosen(symbol: string): void {
  setText($("chosen"), symbol);
  $("chosen-card").setAttribute("aria-busy", "true");
  for (const id of [...PRICES, "volume", "vwap", "trades", "average", "candle-time", "price"]) {
    setText($(id), "–");
  }
  for (const id of ["change", "missed", "age"]) setText($(id), "");
  document.title = `${symbol} · finnhub-pipe`;
}

/** Shows that it is there. */
export const showChosen = (): void => $("chosen-card").removeAttribute("aria-busy");

/** The price, and how it has changed. */
export function showHeadline(row: WatchRow, digits: SymbolDigits): void {
  setText($("price"), priceText(row.price, digits));
  const [text, way] = changeText(row.change);
  setText($("change"), text);
  $("change").dataset.way = way;
  $("change").title = "since the first price of the last 24 hours";
  document.title = `${priceText(row.price, digits)} ${
    row.symbol.slice(row.symbol.indexOf(":") + 1)
  } · finnhub-pipe`;
}

/** A candle's numbers; with them the averages' line where there is one. */
export interface Legend {
  candle: Candle;
  interval: string;
  vwap: number | undefined;
  /** Whether the averages are drawn. */
  hasAverage: boolean;
  average: number | undefined;
}

export function showLegend(
  { average, candle, hasAverage, interval, vwap }: Legend,
  digits: SymbolDigits,
  clock: Clock,
): void {
  for (const name of PRICES) setText($(name), priceText(candle[name], digits));
  setText($("vwap"), priceText(vwap, digits));
  setText($("volume"), volumeText(candle.volume, digits));
  setText($("trades"), numberText(candle.trades));
  setText($("average"), priceText(average, digits));
  $("average-part").hidden = !hasAverage;
  setText($("candle-time"), `${interval} from ${clock.date(candle.start)}`);
}
