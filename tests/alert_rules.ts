import { parse } from "@std/yaml";
import alerts from "../manifests/monitoring/alerts.yaml" with { type: "text" };
import type { RuleGroup } from "./services/prometheus.ts";

/** What of manifests/monitoring/alerts.yaml is a rule file of Prometheus. */
export function alertGroups(): RuleGroup[] {
  return (parse(alerts) as { spec: { groups: RuleGroup[] } }).spec.groups;
}

/** Names of the series that an alert asks for. */
export function seriesOf(expr: string): string[] {
  return [...expr.matchAll(/finnhub_pipe_\w+/g)].map(([name]) => name);
}

/** Groups whose alerts fire as soon as what they speak of holds. */
export function withoutWaiting(groups: readonly RuleGroup[]): RuleGroup[] {
  return groups.map(({ name, rules }) => ({ name, rules: rules.map(({ for: _, ...rule }) => rule) }));
}
