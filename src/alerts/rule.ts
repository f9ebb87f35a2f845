import { type AlertKind, MOST_MINUTES, type PriceAlert } from "../market/price_alert.ts";
import { symbolFault } from "../market/symbol.ts";

/** Alerts of one process. */
export const MOST_RULES = 200;
/** Characters of a rule. */
const LONGEST_RULE = 120;
const SIGNS: Record<string, AlertKind> = { ">": "above", "<": "below", "=": "crossing", "%": "move" };
const FORMS =
  "such as AAPL>300, AAPL<250, AAPL=275 for crossing, or AAPL%5/15m for a move of 5 % within 15 minutes";

/**
 * Alerts as a setting names them, separated by commas: a symbol, a sign and a number. Each is told from the others by its own text.
 *
 * @throws {RangeError} that completes "must be …"
 */
export function alertRules(text: string): PriceAlert[] {
  const rules = text.split(",").map((part) => part.trim()).filter((part) => part !== "").map(ruleOf);
  if (rules.length > MOST_RULES) throw new RangeError(`at most ${MOST_RULES} alerts`);
  return [...new Map(rules.map((rule) => [rule.id, rule])).values()];
}

function ruleOf(text: string): PriceAlert {
  const wrong = () =>
    new RangeError(`alerts ${FORMS}, and not ${JSON.stringify(text.slice(0, LONGEST_RULE))}`);
  if (text.length > LONGEST_RULE) throw wrong();
  const at = Math.max(...Object.keys(SIGNS).map((each) => text.lastIndexOf(each)));
  if (at < 0) throw wrong();
  const sign = text[at]!;
  const symbol = text.slice(0, at).trim();
  const kind = SIGNS[sign]!;
  const [number = "", time, ...rest] = text.slice(at + 1).split("/").map((part) => part.trim());
  const value = positive(number);
  const minutes = kind === "move" ? positive(/^\d+m$/.test(time ?? "") ? time!.slice(0, -1) : "") : 1;
  const fits = value !== undefined && minutes !== undefined && minutes <= MOST_MINUTES && rest.length === 0 &&
    (kind === "move") === (time !== undefined);
  if (!fits || symbolFault(symbol) !== undefined) throw wrong();
  const id = `${symbol}${sign}${value}${kind === "move" ? `/${minutes}m` : ""}`;
  return { id, symbol, kind, value, minutes };
}

function positive(text: string): number | undefined {
  const value = Number(text);
  return /^[\d.]+$/.test(text) && value > 0 && value < Infinity ? value : undefined;
}
