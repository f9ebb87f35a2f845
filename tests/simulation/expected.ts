import type { Trade } from "../../src/market/trade.ts";
import { expectedBars } from "../bar_expected.ts";
import { expectedAverages, expectedCandles, type ExpectedWindow } from "../expected.ts";
import type { Aggregate } from "../../src/market/aggregate.ts";
import { type ExpectedSip, expectedSip } from "../sip_expected.ts";
import { CALENDARS, type World } from "./processes.ts";
import { type FeedSpan, spanText } from "../../src/market/following/span.ts";
import { type ModelTables, spanName } from "./model_store.ts";

/** A good trade that the log has accepted, in the order of its symbol's stream. */
export type Accepted = Trade;

/** What is wrong with the tables, given what was accepted; by plain code that knows nothing of how it came there. */
export function problemsOf({ bars, rules, tables }: World, accepted: readonly Accepted[]): string[] {
  return [
    ...rawProblems(tables, accepted),
    ...windowProblems(tables, plainWindows(accepted, rules), "window"),
    ...(rules.includes("sip") ? windowProblems(tables, expectedSip(accepted, CALENDARS), "sip") : []),
    ...windowProblems(tables, expectedBars(accepted, bars), "bar"),
  ];
}

/** What the rows of a series are. */
const sortOf = (series: string): "window" | "sip" | "bar" => {
  if (/ (tick|volume|dollar)-[\d.]+$/.test(series)) return "bar";
  return series.endsWith("-sip") ? "sip" : "window";
};

function plainWindows(accepted: readonly Accepted[], rules: World["rules"]): Map<string, ExpectedWindow> {
  return new Map([
    ...(rules.includes("raw") ? expectedCandles(accepted) : []),
    ...expectedAverages(accepted),
  ]);
}

/** What is wrong with the rows of feeds, given what was told of them: the last word on each start of a symbol's spans counts. */
export function spanProblems({ spans }: ModelTables, told: readonly FeedSpan[]): string[] {
  const wanted = new Map(told.map((span) => [spanName(span), span]));
  const problems: string[] = [];
  for (const [name, { span }] of spans) {
    const want = wanted.get(name);
    wanted.delete(name);
    if (want === undefined) problems.push(`${name} should not be`);
    else if (spanText(want) !== spanText(span)) {
      problems.push(`${name} is ${spanText(span)}, and ${spanText(want)} as it was told`);
    }
  }
  for (const name of wanted.keys()) problems.push(`${name} is not stored`);
  return problems;
}

const rawName = ({ price, symbol, time, volume }: Pick<Trade, "price" | "symbol" | "time" | "volume">) =>
  `${symbol} ${time} ${price} ${volume}`;

function rawProblems(tables: ModelTables, accepted: readonly Accepted[]): string[] {
  const count = new Map<string, number>();
  for (const trade of accepted) count.set(rawName(trade), (count.get(rawName(trade)) ?? 0) + 1);
  for (const row of tables.trades.values()) count.set(rawName(row), (count.get(rawName(row)) ?? 0) - 1);
  return [...count].filter(([, left]) => left !== 0).map(([name, left]) =>
    left > 0 ? `trade ${name} is not stored` : `trade ${name} is stored ${-left} times too often`
  );
}

function windowProblems(
  tables: ModelTables,
  wanted: Map<string, ExpectedWindow | ExpectedSip>,
  sort: ReturnType<typeof sortOf>,
): string[] {
  const problems: string[] = [];
  for (const [series, rows] of tables.windows) {
    if (sortOf(series) !== sort) continue;
    const average = series.endsWith(" average");
    for (const [key, { aggregate }] of rows) {
      const name = `${series} ${key}`;
      const want = wanted.get(name);
      wanted.delete(name);
      if (want === undefined) {
        problems.push(`window ${name} should not be`);
        continue;
      }
      const have = sort === "sip" ? seen(aggregate) : aggregate;
      const fields: (keyof ExpectedWindow)[] = average
        ? ["count", "volume", "turnover"]
        : ["count", "volume", "turnover", "open", "high", "low", "close"];
      for (const field of fields) {
        if (!Object.is(have[field], want[field])) {
          problems.push(`window ${name}: ${field} is ${have[field]}, and ${want[field]} by its trades`);
          break;
        }
      }
    }
  }
  for (const name of wanted.keys()) problems.push(`window ${name} is not stored`);
  return problems;
}

/** A candle as whoever reads it sees it. */
function seen({ close, closeTime, count, high, low, open, turnover, volume }: Aggregate): ExpectedSip {
  const finite = (value: number) => Number.isFinite(value) ? value : null;
  const last = closeTime > -Infinity;
  return {
    open: last ? open : null,
    high: finite(high),
    low: finite(low),
    close: last ? close : null,
    volume,
    turnover,
    count,
  };
}
