import type { Drain } from "./drain.ts";
import type { Latency } from "./latency.ts";
import type { PeerDrain } from "./peer.ts";

export interface BenchResult {
  trades: number;
  /** kafkajs alone, reading the same topic. */
  bareReadPerSecond: number;
  /** The driver alone, writing the same rows in the same batches: before the first drain and after each. */
  bareWritePerSecond: number[];
  drains: (Drain & { processors: number })[];
  latencies: Latency[];
  peer?: PeerDrain;
}

const whole = (value: number) => Math.round(value).toLocaleString("en-US");

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!)).join("  ")
  );
}

/** The driver's figure beside a drain: mean of those right before and after it, since machines drift. */
const beside = (bare: readonly number[], drain: number): number => (bare[drain]! + bare[drain + 1]!) / 2;

/** The result as lines of text. */
export function report(
  { bareReadPerSecond, bareWritePerSecond, drains, latencies, peer, trades }: BenchResult,
): string[] {
  const lines = [
    `${whole(trades)} preloaded trades; kafkajs alone reads ${whole(bareReadPerSecond)} trades/s`,
    "",
    ...table([
      ["processors", "rows/s", "driver alone", "ratio", "first row s", "CPU s", "peak MiB"],
      ...drains.map(({ cpuSeconds, firstRowSeconds, peakMiB, processors, rowsPerSecond }, i) => [
        String(processors),
        whole(rowsPerSecond),
        whole(beside(bareWritePerSecond, i)),
        `${Math.round(rowsPerSecond / beside(bareWritePerSecond, i) * 100)} %`,
        firstRowSeconds.toFixed(2),
        cpuSeconds.toFixed(1),
        whole(peakMiB),
      ]),
    ]),
    "",
    ...table([
      ["trades/s", "samples", "p50 ms", "p90 ms", "p99 ms", "max ms", "peak MiB"],
      ...latencies.map(({ max, p50, p90, p99, peakMiB, samples, tradesPerSecond }) => [
        whole(tradesPerSecond),
        whole(samples),
        ...[p50, p90, p99, max].map((ms) => ms.toFixed(1)),
        whole(peakMiB),
      ]),
    ]),
  ];
  if (peer) {
    const best = Math.max(
      ...drains.filter(({ processors }) => processors === 1).map((drain) => drain.rowsPerSecond),
    );
    lines.push(
      "",
      `peer: ${whole(peer.rowsPerSecond)} rows/s, first row after ${peer.firstRowSeconds.toFixed(1)} s; ` +
        `we are ${(best / peer.rowsPerSecond).toFixed(1)} times as fast`,
    );
  }
  return lines;
}

interface Bar {
  label: string;
  value: number;
  text: string;
  colour: string;
}

const OURS = "#0072b2";
const BOUND = "#999999";
const SLOW = "#e69f00";

/** The result as a picture: rows a second beside the bound, and latency by rate. */
export function plot({ bareWritePerSecond, drains, latencies, peer }: BenchResult): string {
  const throughput: Bar[] = drains.flatMap(({ processors, rowsPerSecond }, i) => [
    { label: `${processors} processor(s)`, value: rowsPerSecond, text: whole(rowsPerSecond), colour: OURS },
    {
      label: "driver alone",
      value: beside(bareWritePerSecond, i),
      text: whole(beside(bareWritePerSecond, i)),
      colour: BOUND,
    },
  ]);
  if (peer) {
    const { rowsPerSecond } = peer;
    throughput.push({ label: "peer", value: rowsPerSecond, text: whole(rowsPerSecond), colour: SLOW });
  }
  const latency: Bar[] = latencies.flatMap(({ p50, p99, tradesPerSecond }) => [
    { label: `${whole(tradesPerSecond)}/s, p50`, value: p50, text: `${p50.toFixed(1)} ms`, colour: OURS },
    { label: `${whole(tradesPerSecond)}/s, p99`, value: p99, text: `${p99.toFixed(1)} ms`, colour: SLOW },
  ]);
  const [first, middle] = panel("Rows written a second", throughput, 0);
  const [second, height] = panel("From send to readable row", latency, middle);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 ${height}" font-family="sans-serif" font-size="13">\n` +
    `<rect width="640" height="${height}" fill="white"/>\n${first}${second}</svg>\n`;
}

function panel(title: string, bars: readonly Bar[], top: number): [svg: string, bottom: number] {
  const largest = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ colour, label, text, value }, i) => {
    const y = top + 36 + i * 24;
    const width = (value / largest * 360).toFixed(1);
    return `<text x="150" y="${y + 13}" text-anchor="end">${label}</text>` +
      `<rect x="160" y="${y}" width="${width}" height="17" fill="${colour}"/>` +
      `<text x="${168 + Number(width)}" y="${y + 13}">${text}</text>\n`;
  });
  const heading = `<text x="16" y="${top + 22}" font-weight="bold">${title}</text>\n`;
  return [heading + rows.join(""), top + 36 + bars.length * 24 + 12];
}
