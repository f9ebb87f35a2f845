import { parse } from "@std/yaml";
import alerts from "../../../../manifests/monitoring/alerts.yaml" with { type: "text" };
import monitor from "../../../../manifests/monitoring/servicemonitor.yaml" with { type: "text" };
import type { KubernetesObject } from "../../../kubernetes/cluster.ts";
import type { Pipeline } from "../../pipeline.ts";
import { owned } from "../build.ts";

/** Not that of the files, which people may have applied themselves. */
const NAME = "finnhub-pipe-monitoring";
/** The namespace that the texts of `manifests/monitoring` are written for. */
const WRITTEN_FOR = "-n pipeline ";

interface Rule {
  expr: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

interface Rules extends KubernetesObject {
  spec: { groups: { name: string; rules: Rule[] }[] };
}

/** The alerts of this pipeline alone, and what makes Prometheus ask its roles, for the Prometheus operator. */
export function monitoring(pipeline: Pipeline): KubernetesObject[] {
  const { labels = {} } = pipeline.spec.monitoring;
  return [ruleOf(pipeline), parse(monitor) as KubernetesObject].map((object) => {
    const metadata = { name: NAME, labels: { ...labels } };
    return owned(pipeline, "monitoring", { ...structuredClone(object), metadata });
  });
}

function ruleOf({ metadata: { namespace = "default" } }: Pipeline): Rules {
  const rules = parse(alerts) as Rules;
  for (const { rules: each } of rules.spec.groups) {
    for (const rule of each) {
      rule.expr = within(rule.expr, namespace);
      rule.labels = { ...rule.labels, namespace };
      for (const [name, text] of Object.entries(rule.annotations)) {
        rule.annotations[name] = text.replaceAll(WRITTEN_FOR, () => `-n ${namespace} `);
      }
    }
  }
  return rules;
}

const METRICS = ["finnhub_pipe_", "kubelet_volume_"];

/** An expression over the series of one namespace: other pipelines have series of the same names. */
export function within(expr: string, namespace: string): string {
  return expr.replaceAll(/\w+\{?/g, (word) => {
    if (!METRICS.some((each) => word.startsWith(each))) return word;
    return word.endsWith("{") ? `${word}namespace="${namespace}",` : `${word}{namespace="${namespace}"}`;
  });
}
