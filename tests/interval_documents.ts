/** Documents that name the candle intervals, made from the table of series: `make readme` writes them, a test compares them. */
import { CANDLES, INTERVALS } from "../src/market/series.ts";

const listed = (names: readonly string[], word: string) =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1)}`;
const inBuckets = (bucket: "day" | "month") =>
  CANDLES.filter((kind) => kind.bucket === bucket).map(({ name }) => name);

/** An Avro schema of candles whose interval's description names all of them. */
export function candleSchema(text: string): string {
  return text.replace(
    /("name": "interval", "type": "string", "doc": ")[^"]*"/,
    (_, before: string) => `${before}${listed(INTERVALS, "or")}"`,
  );
}

interface Variable {
  name: string;
  description?: string;
  query: unknown;
  current?: { value: string };
  options?: unknown;
}

/** The market dashboard, whose choice of intervals and whose descriptions are of those that there are. */
export function marketDashboard(text: string): string {
  const dashboard = JSON.parse(text) as {
    templating: { list: Variable[] };
    panels: { description?: string }[];
  };
  const [daily, monthly] = [listed(inBuckets("day"), "and"), listed(inBuckets("month"), "and")];
  for (const variable of dashboard.templating.list) {
    const description = variable.description?.replace(/candles of [^.]*\./, `candles of ${daily}.`);
    if (description !== undefined) variable.description = description;
    if (variable.name !== "interval") continue;
    variable.query = INTERVALS.join(",");
    variable.options = INTERVALS.map((name) => ({
      text: name,
      value: name,
      selected: name === variable.current?.value,
    }));
  }
  for (const panel of dashboard.panels) {
    const description = panel.description?.replace(
      /(\d+ days) for [^;]*?, and (\d+ days) for [^;]*/,
      `$1 for ${daily}, and $2 for ${monthly}`,
    );
    if (description !== undefined) panel.description = description;
  }
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

/** Grafana's document, likewise. */
export function grafanaReadme(text: string): string {
  const [daily, monthly] = [listed(inBuckets("day"), "and"), listed(inBuckets("month"), "and")];
  return text.replaceAll(
    /(\d+ days) at [^|]*?, (\d+ days) at [^|]*?( *)\|/g,
    `$1 at ${daily}, $2 at ${monthly}$3|`,
  );
}

const DOCUMENTS: Record<string, (text: string) => string> = {
  "schemas/candles.avsc": candleSchema,
  "grafana/dashboards/market.json": marketDashboard,
  "grafana/README.md": grafanaReadme,
};

if (import.meta.main) {
  for (const [path, make] of Object.entries(DOCUMENTS)) {
    const file = new URL(`../${path}`, import.meta.url);
    await Deno.writeTextFile(file, make(await Deno.readTextFile(file)));
  }
}
