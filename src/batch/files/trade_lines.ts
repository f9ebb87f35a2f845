import { parseFrame } from "../../market/frame.ts";
import { isDate } from "../../market/calendar_date.ts";
import type { Trade } from "../../market/trade.ts";
import { asWritten, csvFields, splitCodes } from "./csv.ts";

/** What a line of an imported file says. */
export interface TradeLine {
  trades: readonly Trade[];
  /** What could not be used of it. */
  fault?: string;
}

/** Reads one line after another; a line that is no trade is a fault, never an error. */
export type TradeLineParser = (text: string) => TradeLine;

const NOTHING: TradeLine = { trades: [] };

/** Finnhub's frames, one a line. A recording has pings and errors among them. */
export function parseFrameLine(text: string): TradeLine {
  if (text.trim() === "") return NOTHING;
  const frame = parseFrame(text);
  switch (frame.type) {
    case "trades":
      return frame.malformed === 0
        ? { trades: frame.trades }
        : { trades: frame.trades, fault: `${frame.malformed} malformed trade(s)` };
    case "junk":
      return { trades: [], fault: frame.reason };
    default:
      return NOTHING;
  }
}

/** A first line that names no trades: nothing of the file can be used. */
export class HeaderError extends Error {
  override name = "HeaderError";
}

const NEEDED = ["symbol", "time", "price", "volume"] as const;

/**
 * A table of trades: the first line names its columns, in any order: symbol, time, price, volume, and conditions if there are
 * any; others are passed over. A time is whole milliseconds since the epoch, or ISO 8601 with a zone; conditions are
 * parted by `|`.
 *
 * @throws {HeaderError} on the first line, if a column is missing or lines do not end with LF.
 */
export function csvParser(): TradeLineParser {
  let columns: Map<string, number> | undefined;
  return (text) => {
    const fields = csvFields(text);
    if (!columns) {
      if (text.trimEnd().includes("\r")) {
        throw new HeaderError(
          "lines end with CR alone; rewrite the file, such as by tr '\\r' '\\n' < old > new",
        );
      }
      if (!fields) throw new HeaderError("the first line is no list of columns");
      // A byte order mark is what spreadsheets begin with.
      const names = fields.map((name) => name.replace(/^\ufeff/, "").trim().toLowerCase());
      columns = new Map(names.map((name, i) => [name, i]));
      const missing = NEEDED.filter((name) => !columns!.has(name));
      if (missing.length > 0) throw new HeaderError(`the first line names no column ${missing.join(", ")}`);
      return NOTHING;
    }
    if (text.trim() === "") return NOTHING;
    if (!fields) return { trades: [], fault: "a quote is not closed" };
    const field = (name: string) => fields[columns!.get(name) ?? -1] ?? "";
    const [time, price, volume] = [
      readTime(field("time").trim()),
      readNumber(field("price").trim()),
      readNumber(field("volume").trim()),
    ];
    if (time === undefined) return { trades: [], fault: "time is no time" };
    if (price === undefined) return { trades: [], fault: "price is no number" };
    if (volume === undefined) return { trades: [], fault: "volume is no number" };
    const conditions = splitCodes(asWritten(field("conditions")));
    return { trades: [{ symbol: asWritten(field("symbol")), time, price, volume, conditions }] };
  };
}

/** Longest number and time that are read, characters. */
const MAX_FIELD = 40;

function readNumber(text: string): number | undefined {
  if (text.length > MAX_FIELD) return undefined;
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

function readTime(text: string): number | undefined {
  if (text.length > MAX_FIELD) return undefined;
  if (/^\d{1,16}$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!match || !isDate(match[1]!)) return undefined;
  const time = Date.parse(`${match[1]}T${match[2]}${match[3]}`);
  return Number.isNaN(time) ? undefined : time;
}
