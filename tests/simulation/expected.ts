import type { Trade } from "../../src/market/trade.ts";
import { expectedAverages, expectedCandles, type ExpectedWindow } from "../expected.ts";
import { type FeedSpan, spanText } from "../../src/market/following/span.ts";
import { type ModelTables, spanName } from "./model_store.ts";

/** A good trade that the log has accepted, in the order of its symbol's stream. */
export type Accepted = Trade;

/** What is wrong with the tables, given what was accepted; by plain code that knows nothing of how it came there. */
export function problemsOf(tables: ModelTables, accepted: readonly Accepted[]): string[] {
  return [...rawProblems(tables, accepted), ...windowProblems(tables, accepted)];
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

function windowProblems(tables: ModelTables, accepted: readonly Accepted[]): string[] {
  const wanted = new Map<string, ExpectedWindow>([
    ...expectedCandles(accepted),
    ...expectedAverages(accepted),
  ]);
  const problems: string[] = [];
  for (const [series, rows] of tables.windows) {
    const average = series.endsWith(" average");
    for (const [key, { aggregate: have }] of rows) {
      const name = `${series} ${key}`;
      const want = wanted.get(name);
      wanted.delete(name);
      if (want === undefined) {
        problems.push(`window ${name} should not be`);
        continue;
      }
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
