import { type Place, withTable } from "./tables.ts";

/** A metric as a role's /metrics names it. */
export interface Metric {
  name: string;
  type: string;
  help: string;
}

/** Where the table stands in manifests/monitoring/README.md. */
export const METRICS_PLACE: Place = {
  begin: "<!-- metrics: made by make readme from what the roles serve -->",
  end: "<!-- end of metrics -->",
};

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

/** The document with the table in its place. */
export function withMetricsTable(document: string, table: string): string {
  return withTable(document, METRICS_PLACE, table);
}

/** Names of the metrics in a table. */
export function tableNames(text: string): Set<string> {
  return new Set([...text.matchAll(/^\| `((?:finnhub_pipe|process)_\w+)` +\|/gm)].map(([, name]) => name!));
}
