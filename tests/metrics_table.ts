/** A metric as a role's /metrics names it. */
export interface Metric {
  name: string;
  type: string;
  help: string;
}

const BEGIN = "<!-- metrics: made from what the roles serve -->";
const END = "<!-- end of metrics -->";

/** What Prometheus' text format says of the metrics, without their values. */
export function readMetrics(text: string): Metric[] {
  const found = new Map<string, Metric>();
  for (const line of text.split("\n")) {
    const [, help, about] = /^# HELP (\S+) (.*)$/.exec(line) ?? [];
    if (help !== undefined) found.set(help, { name: help, type: "", help: about! });
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed !== undefined) found.get(typed)!.type = type!;
  }
  return [...found.values()];
}

/** The table of all metrics by the roles that serve them. */
export function metricsTable(byRole: ReadonlyMap<string, readonly Metric[]>): string {
  const roles = new Map<string, string[]>();
  const metrics = new Map<string, Metric>();
  for (const [role, served] of byRole) {
    for (const metric of served) {
      metrics.set(metric.name, metric);
      roles.set(metric.name, [...roles.get(metric.name) ?? [], role]);
    }
  }
  const rows = [...metrics.values()].toSorted((a, b) => a.name < b.name ? -1 : 1).map((
    { help, name, type },
  ) => `| \`${name}\` | ${type} | ${roles.get(name)!.join(", ")} | ${help} |`);
  return ["| Metric | Type | Roles | Meaning |", "|---|---|---|---|", ...rows].join("\n");
}

/** A text with the table in its place. */
export function withMetricsTable(text: string, table: string): string {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new RangeError(`${BEGIN} … ${END} is missing`);
  return `${text.slice(0, from)}${BEGIN}\n\n${table}\n\n${text.slice(to)}`;
}

/** Names of the metrics in a table. */
export function tableNames(text: string): Set<string> {
  return new Set([...text.matchAll(/^\| `(finnhub_pipe_\w+)` +\|/gm)].map(([, name]) => name!));
}
