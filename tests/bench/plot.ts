import { type BenchResult, median } from "./report.ts";

interface Bar {
  label: string;
  value: number;
  text: string;
  colour: string;
}

const OURS = "#0072b2";
const OTHERS = "#e69f00";
const BOUND = "#999999";

const whole = (value: number) => Math.round(value).toLocaleString("en-US");

/** The result as a picture: rows a second, and the slowest of a hundred rows at each rate. */
export function plot({ bareWritePerSecond, entries }: BenchResult): string {
  const colour = (name: string) => name === entries[0]!.name ? OURS : OTHERS;
  const throughput: Bar[] = [
    ...entries.map(({ drains, name }) => {
      const value = median(drains.map(({ rowsPerSecond }) => rowsPerSecond));
      return { label: name, value, text: whole(value), colour: colour(name) };
    }),
    {
      label: "driver alone",
      value: median(bareWritePerSecond),
      text: whole(median(bareWritePerSecond)),
      colour: BOUND,
    },
  ];
  const rates = entries[0]!.latencies.map(({ tradesPerSecond }) => tradesPerSecond);
  const panels = [
    { title: "Rows written a second (more is better)", bars: throughput },
    ...rates.map((rate, i) => ({
      title: `From send to readable row at ${whole(rate)} trades/s: 99 % within (less is better)`,
      bars: entries.flatMap(({ latencies, name }) => {
        const latency = latencies[i];
        if (!latency) return [];
        const { p99 } = latency;
        return [{ label: name, value: p99, text: `${p99.toFixed(1)} ms`, colour: colour(name) }];
      }),
    })),
  ];
  let top = 0;
  const drawn = panels.map(({ bars, title }) => {
    const [svg, bottom] = panel(title, bars, top);
    top = bottom;
    return svg;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 ${top}" font-family="sans-serif" font-size="13">\n` +
    `<rect width="640" height="${top}" fill="white"/>\n${drawn.join("")}</svg>\n`;
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
