/** What the table shows of one symbol. */
export interface DemoRow {
  symbol: string;
  price: number | undefined;
  tradesPerSecond: number;
  /** Volume-weighted mean price of the last 15 seconds. */
  average: number | undefined;
}

export interface DemoView {
  rows: readonly DemoRow[];
  /** Trades stored since the start. */
  stored: number;
  /** Messages not yet processed. */
  lag: number;
  /** From the producer's send to the stored row, milliseconds: upper bounds of the histogram's buckets. */
  latencyMs: { p50: number; p99: number };
  seconds: number;
}

/** The table as lines of text. */
export function demoTable({ lag, latencyMs, rows, seconds, stored }: DemoView): string[] {
  const number = (value: number | undefined, digits: number) =>
    value === undefined
      ? "-"
      : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const cells = [
    ["SYMBOL", "LAST PRICE", "TRADES/S", "15 S AVERAGE"],
    ...rows.map(({ average, price, symbol, tradesPerSecond }) => [
      symbol,
      number(price, 2),
      number(tradesPerSecond, 1),
      number(average, 2),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)).join(
      "   ",
    )
  );
  const within = (ms: number) => Number.isFinite(ms) ? `within ${ms} ms` : "above a minute";
  return [
    ...lines,
    "",
    `${number(stored, 0)} trades stored in ${number(seconds, 0)} s, ${lag} messages waiting`,
    `from send to stored row: half ${within(latencyMs.p50)}, 99 % ${within(latencyMs.p99)}`,
  ];
}

/** Upper bound in milliseconds of the bucket that holds quantile `q` of a histogram in Prometheus text. */
export function quantileMs(metrics: string, histogram: string, q: number): number {
  const buckets = [...metrics.matchAll(new RegExp(`^${histogram}_bucket\\{le="([^"]+)"\\} (\\d+)$`, "gm"))];
  const total = Number(buckets.at(-1)?.[2] ?? 0);
  const bucket = buckets.find(([, , count]) => Number(count) >= q * total);
  return total === 0 ? 0 : Number((bucket?.[1] ?? "+Inf").replace("+Inf", "Infinity")) * 1000;
}
