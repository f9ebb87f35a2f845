import { parseFrame } from "../../market/frame.ts";
import { isDate } from "../../market/calendar_date.ts";
import type { Trade } from "../../market/trade.ts";
import type { Amendment } from "../amendments.ts";
import { asWritten, csvFields, splitCodes } from "./csv.ts";

/** What a line of an imported file says. */
export interface TradeLine {
  trades: readonly Trade[];
  /** What it says of a trade that is stored, in place of bringing one. */
  amendment?: Amendment;
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

const AMENDING = ["cancel", "correction_price", "correction_volume"] as const;
const NEEDED = ["symbol", "time", "price", "volume"] as const;

/**
 * A table of trades: the first line names its columns, in any order: symbol, time, price, volume, and conditions if there are
 * any; others are passed over. A time is whole milliseconds since the epoch, or ISO 8601 with a zone; conditions are
 * parted by `|`. Where `cancel` is true the line means a trade that is stored, which is cancelled; where `correction_price` or
 * `correction_volume` is given, one that is corrected. `id`, the uuid of its row, picks one of several that are alike.
 *
 * @throws {HeaderError} on the first line, if a column is missing or lines do not end with LF.
 */
export function csvParser(): TradeLineParser {
  let columns: Map<string, number> | undefined;
  let amends = false;
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
      amends = AMENDING.some((name) => columns!.has(name));
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
    const trade = { symbol: asWritten(field("symbol")), time, price, volume };
    const amendment = !amends ? undefined : amendmentOf(trade, (name) => field(name).trim());
    if (typeof amendment === "string") return { trades: [], fault: amendment };
    if (amendment) return { trades: [], amendment };
    const conditions = splitCodes(asWritten(field("conditions")));
    return { trades: [{ ...trade, conditions }] };
  };
}

/** What a line says of a stored trade; undefined where it brings one, and a text for what is wrong. */
function amendmentOf(
  trade: Amendment["trade"],
  field: (name: string) => string,
): Amendment | string | undefined {
  const [cancel, id] = [field("cancel").toLowerCase(), field("id").toLowerCase()];
  const [price, volume] = ["correction_price", "correction_volume"].map(field) as [string, string];
  if (!["", "true", "false", "1", "0"].includes(cancel)) return "cancel is neither true nor false";
  const corrects = price !== "" || volume !== "";
  const cancels = cancel === "true" || cancel === "1";
  if (!cancels && !corrects) return undefined;
  if (cancels && corrects) return "a trade is cancelled or corrected, not both";
  if (id !== "" && !UUID.test(id)) return "id is no uuid";
  const amendment = { trade, ...(id !== "" && { id: Uint8Array.fromHex(id.replaceAll("-", "")) }) };
  if (cancels) return amendment;
  const right = {
    price: price === "" ? trade.price : readNumber(price),
    volume: volume === "" ? trade.volume : readNumber(volume),
  };
  if (right.price === undefined) return "correction_price is no number";
  if (right.volume === undefined) return "correction_volume is no number";
  return { ...amendment, correction: { price: right.price, volume: right.volume } };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

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
