import market from "../../grafana/dashboards/market.json" with { type: "text" };
import pipeline from "../../grafana/dashboards/pipeline.json" with { type: "text" };
import type { CandleRule } from "../../src/market/series.ts";
import { expand, type TimeRange } from "./expand.ts";

/** The parts of Grafana's dashboard model, schema version 41, that the tests look at. */
export interface Dashboard {
  uid: string;
  title: string;
  refresh: string;
  time: Range;
  timepicker: { refresh_intervals: string[]; quick_ranges?: (Range & { display: string })[] };
  templating: { list: Variable[] };
  annotations: { list: { name: string; expr?: string; target?: { target: string } }[] };
  panels: Panel[];
}

interface Range {
  from: string;
  to: string;
}

export interface DataSourceRef {
  type: string;
  uid: string;
}

export interface Variable {
  name: string;
  type: string;
  /** What a query variable asks its data source; the text of the others. */
  query: string | { query: string };
  datasource?: DataSourceRef;
  refresh?: number;
  current?: { value: string };
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  description: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: DataSourceRef;
  targets?: Target[];
  transformations?: Transformation[];
  options?: { reduceOptions?: { calcs: string[]; fields: string } };
}

export interface Target {
  refId: string;
  datasource: DataSourceRef;
  /** CQL, for the Cassandra plugin. */
  target?: string;
  rawQuery?: boolean;
  queryType?: string;
  alias?: string;
  /** The panel whose rows are shared, in place of a query. */
  panelId?: number;
  /** PromQL, for Prometheus. */
  expr?: string;
}

export interface Transformation {
  id: string;
  options: Record<string, unknown>;
}

export const MARKET: Dashboard = JSON.parse(market);
export const PIPELINE: Dashboard = JSON.parse(pipeline);

/** Every dashboard, by the name of its file. */
export const DASHBOARDS: Record<string, Dashboard> = { "market.json": MARKET, "pipeline.json": PIPELINE };

/** All that a dashboard asks its data sources. */
export function queriesOf({ annotations, panels, templating }: Dashboard): string[] {
  const targets = panels.flatMap(({ targets = [] }) => targets);
  return [
    ...targets.flatMap(({ expr, target }) => [expr, target]),
    ...annotations.list.flatMap(({ expr, target }) => [expr, target?.target]),
    ...templating.list.map(({ query }) => typeof query === "string" ? query : query.query),
  ].filter((query) => query !== undefined);
}

/** The panel of the market dashboard that asks for what a panel shows: itself, or the one whose rows it shares. */
export function sourceOf(panel: Panel): Panel {
  const shared = panel.targets![0]!.panelId;
  return shared === undefined ? panel : MARKET.panels.find(({ id }) => id === shared)!;
}

/** The value of the market dashboard's choice of candles. */
export function candlesValue(rule: CandleRule): string {
  const { query } = MARKET.templating.list.find(({ name }) => name === "candles")!;
  // As Grafana reads a list of choices that has texts of its own.
  const choices = String(query).split(",").map((choice) => choice.split(" : ") as [string, string]);
  return choices.find(([text]) => text === rule)![1];
}

/** The CQL that Cassandra gets for a panel of the market dashboard, which has one target. */
export function panelCql(
  { targets }: Panel,
  symbol: string,
  interval: string,
  range: TimeRange,
  rule: CandleRule = "raw",
): string {
  const constants = MARKET.templating.list.filter(({ type }) => type === "constant")
    .map(({ name, query }) => [name, query as string]);
  return expand(targets![0]!.target!, {
    ...Object.fromEntries(constants),
    symbol,
    interval,
    candles: candlesValue(rule),
  }, range);
}

/** The CQL that Cassandra gets for the gaps of the market dashboard. */
export const gapsCql = (symbol: string, range: TimeRange): string =>
  expand(MARKET.annotations.list.find(({ name }) => name === "Gaps")!.target!.target, { symbol }, range);

/** What the symbol variable asks. */
export function symbolsCql(): string {
  const { query } = MARKET.templating.list.find(({ name }) => name === "symbol")!;
  return (query as { query: string }).query;
}

const MS: Record<string, number> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };
/** Such as `24 hours`, or `7 days for 5s and 15s`. */
const PART = /(\d+) (hours|days)(?: for ((?:\d+[smh](?:, | and )?)+))?/g;
const WORDS: Record<string, number> = { hours: MS.h!, days: MS.d! };

/** Milliseconds of an interval as Grafana writes it, such as `500ms` or `7d`. */
export function intervalMs(text: string): number {
  const [, count, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (unit === undefined) throw new RangeError(`${text} is not an interval`);
  return Number(count) * MS[unit]!;
}

/** The longest range, milliseconds, for which a panel's description says that it is right at a candle interval. */
export function longestRange({ description, title }: Panel, interval: string): number {
  const [, text = ""] = /Longest range: ([^;]+)/.exec(description) ?? [];
  for (const [, count, unit, intervals] of text.matchAll(PART)) {
    if (intervals === undefined || intervals.split(/, | and /).includes(interval)) {
      return Number(count) * WORDS[unit!]!;
    }
  }
  throw new Error(`${title} does not say how long a range it is right for at ${interval}`);
}
