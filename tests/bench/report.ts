import type { Drain } from "./drain.ts";
import type { Latency } from "./latency.ts";

/** What was measured of one contestant. */
export interface Entry {
  name: string;
  lines?: number;
  /** One a round. */
  drains: Drain[];
  /** One a rate. */
  latencies: Latency[];
}

export interface BenchResult {
  trades: number;
  /** kafkajs alone, reading the same topic. */
  bareReadPerSecond: number;
  /** The driver alone, writing the same rows in the same batches: once before the rounds and once after each. */
  bareWritePerSecond: number[];
  /** Ours first. */
  entries: Entry[];
  /** Two of our processors on the same machine. */
  two?: Drain;
  /** Whether the machine was quiet before every measurement. */
  quiet: boolean;
}

/** Drift of the driver alone in one run above which figures are not to be trusted. */
const MAX_DRIFT = 0.15;

const whole = (value: number) => Math.round(value).toLocaleString("en-US");

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** How far the driver alone drifted in the run, as a part of its median. */
export function drift(bare: readonly number[]): number {
  return (Math.max(...bare) - Math.min(...bare)) / median(bare);
}

/** How many times as fast the first was in each round: both drained one right after the other. */
export function ratios(ours: Entry, other: Entry): number[] {
  return ours.drains.map(({ rowsPerSecond }, round) => rowsPerSecond / other.drains[round]!.rowsPerSecond);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!)).join("  ").trimEnd()
  );
}

const of = (entry: Entry, what: (drain: Drain) => number) => median(entry.drains.map(what));

/** The result as lines of text: one table, medians of the rounds. */
export function report(result: BenchResult): string[] {
  const { bareReadPerSecond, bareWritePerSecond, entries, two, trades } = result;
  const [ours] = entries;
  const rates = ours!.latencies.map(({ tradesPerSecond }) => tradesPerSecond);
  const lines = [
    `${whole(trades)} preloaded trades, ${ours!.drains.length} rounds; kafkajs alone reads ${
      whole(bareReadPerSecond)
    } trades/s`,
    "",
    ...table([
      [
        "",
        "rows/s",
        "ours is",
        "first row s",
        "CPU s",
        "MiB",
        ...rates.map((rate) => `p50/p99 ms at ${whole(rate)}/s`),
        "lines",
      ],
      ...entries.map((entry) => [
        entry.name,
        whole(of(entry, ({ rowsPerSecond }) => rowsPerSecond)),
        entry === ours ? "" : `${median(ratios(ours!, entry)).toFixed(2)} times`,
        of(entry, ({ firstRowSeconds }) => firstRowSeconds).toFixed(2),
        of(entry, ({ cpuSeconds }) => cpuSeconds).toFixed(1),
        whole(of(entry, ({ peakMiB }) => peakMiB)),
        ...entry.latencies.map(({ p50, p99 }) => `${p50.toFixed(1)}/${p99.toFixed(1)}`),
        entry.lines === undefined ? "" : whole(entry.lines),
      ]),
      [
        "driver alone",
        whole(median(bareWritePerSecond)),
        `${Math.round(of(ours!, ({ rowsPerSecond }) => rowsPerSecond) / median(bareWritePerSecond) * 100)} %`,
        ...Array.from({ length: 4 + rates.length }, () => ""),
      ],
    ]),
    "",
    ...entries.map(({ drains, name }) =>
      `${name}, each round: ${drains.map(({ rowsPerSecond }) => whole(rowsPerSecond)).join(", ")}`
    ),
    ...entries.slice(1).map((entry) =>
      `ours to ${entry.name}, each round: ${ratios(ours!, entry).map((ratio) => ratio.toFixed(2)).join(", ")}`
    ),
    `driver alone, between the rounds: ${bareWritePerSecond.map(whole).join(", ")}`,
  ];
  if (two) lines.push(`two of our processors on the same cores: ${whole(two.rowsPerSecond)} rows/s`);
  return [...lines, ...doubts(result)];
}

/** Why a run is not to be trusted; nothing when it is. */
export function doubts({ bareWritePerSecond, quiet }: BenchResult): string[] {
  const drifted = drift(bareWritePerSecond);
  const reasons = [
    ...(drifted > MAX_DRIFT ? [`the driver alone drifted by ${Math.round(drifted * 100)} %`] : []),
    ...(quiet ? [] : ["the machine was not quiet"]),
  ];
  return reasons.length === 0 ? [] : ["", `Do not trust this run: ${reasons.join(", and ")}.`];
}
