import { assert, assertEquals } from "@std/assert";
import { parse, parseAll } from "@std/yaml";
import alerts from "../../../manifests/monitoring/alerts.yaml" with { type: "text" };
import readme from "../../../manifests/monitoring/README.md" with { type: "text" };
import monitor from "../../../manifests/monitoring/servicemonitor.yaml" with { type: "text" };
import crd from "../../../manifests/crd.yaml" with { type: "text" };
import hpa from "../../../manifests/scaling/hpa.yaml" with { type: "text" };
import keda from "../../../manifests/scaling/keda.yaml" with { type: "text" };
import install from "../../../manifests/operator.yaml" with { type: "text" };
import type { KubernetesObject } from "../../../src/kubernetes/cluster.ts";
import { NO_SURROUNDINGS } from "../../../src/operator/components/definition.ts";
import { desiredState } from "../../../src/operator/components/desired.ts";
import { within } from "../../../src/operator/components/monitoring/monitoring.ts";
import { PLAIN } from "../../../src/operator/security/security.ts";
import { isWorkload } from "../../../src/operator/workload.ts";
import { GROUP_VERSION } from "../../../src/operator/pipeline.ts";
import { tableNames } from "../../metrics_table.ts";
import { cluster, pipeline } from "./cluster_fake.ts";

interface Scaler {
  spec: {
    scaleTargetRef: { apiVersion: string; kind: string; name: string };
    maxReplicas?: number;
    maxReplicaCount?: number;
  };
}

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook: string };
}

const METRICS = /(finnhub_pipe|kubelet)_\w+/g;
/** https://kubernetes.io/docs/reference/instrumentation/metrics/ */
const KUBELET = ["kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"];

interface Service {
  kind: string;
  metadata: { name: string; labels?: Record<string, string> };
  spec: { selector: Record<string, string>; ports: { name: string; targetPort: string }[] };
}

Deno.test("alerts ask for metrics that there are, and say what they mean and what to do", () => {
  const { spec: { groups } } = parse(alerts) as { spec: { groups: { rules: Rule[] }[] } };
  const rules = groups.flatMap(({ rules }) => rules);
  const known = tableNames(readme);
  assert(known.size > 30);
  assertEquals(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, annotations, expr, labels } of rules) {
    const names = [...expr.matchAll(METRICS)].map(([name]) => name.replace(/_bucket$/, ""));
    assert(names.length > 0, alert);
    assertEquals(names.filter((name) => !known.has(name) && !KUBELET.includes(name)), [], alert);
    assert(["page", "ticket"].includes(labels.severity), alert);
    assert(annotations.summary.endsWith(".") && annotations.description.endsWith("."), alert);
    // Steps, at least one of which can be done at once.
    const steps = annotations.runbook.split("\n");
    assert(steps.length >= 3 && steps.every((step, at) => step.startsWith(`${at + 1}. `)), alert);
    assert(annotations.runbook.includes("kubectl -n pipeline "), alert);
  }
});

Deno.test("the ServiceMonitor selects the Services of the roles, by a port that they and their pods have", () => {
  const { spec: { endpoints, selector } } = parse(monitor) as {
    spec: {
      endpoints: { port: string }[];
      selector: {
        matchLabels: Record<string, string>;
        matchExpressions: { key: string; values: string[] }[];
      };
    };
  };
  const made = desiredState(pipeline(), cluster()).flatMap(({ objects }) => objects);
  const services = [...made, ...parseAll(install) as Service[]].filter(({ kind }) =>
    kind === "Service"
  ) as Service[];
  const selected = services.filter(({ metadata: { labels = {} } }) =>
    Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value) &&
    selector.matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ""))
  );
  assertEquals(selected.map(({ metadata: { name } }) => name).toSorted(), [
    "dashboard",
    "finnhub-pipe-operator",
    "processor",
    "producer",
  ]);
  const workloads = [...made, ...parseAll(install) as KubernetesObject[]].filter(isWorkload);
  for (const { metadata, spec } of selected) {
    const port = spec.ports.find(({ name }) => name === endpoints[0]!.port);
    const pods = workloads.map(({ spec: { template } }) => template).filter(({ metadata }) =>
      Object.entries(spec.selector).every(([key, value]) => metadata?.labels?.[key] === value)
    );
    assertEquals(pods.length, 1, metadata.name);
    const ports = pods[0]!.spec.containers[0].ports as { name: string }[];
    assert(ports.some(({ name }) => name === port?.targetPort), metadata.name);
  }
});

Deno.test("the examples of autoscalers scale the default Pipeline by its scale, by a metric that there is", () => {
  const { spec: { versions } } = parse(crd) as {
    spec: { versions: { subresources: { scale: Record<string, string> } }[] };
  };
  assertEquals(Object.values(versions[0]!.subresources.scale), [
    ".spec.processor.replicas",
    ".status.processor.replicas",
    ".status.processor.selector",
  ]);
  const { kafka } = pipeline().spec;
  for (const text of [hpa, keda]) {
    const { spec } = parse(text) as Scaler;
    assertEquals(spec.scaleTargetRef, { apiVersion: GROUP_VERSION, kind: "Pipeline", name: "pipeline" });
    assertEquals(spec.maxReplicas ?? spec.maxReplicaCount, kafka.topic.partitions);
    const [metric] = /finnhub_pipe_\w+/.exec(text)!;
    assert(tableNames(readme).has(metric), metric);
  }
});

const MONITORED = { ...NO_SURROUNDINGS, monitored: true };
const made = (spec: object, around = MONITORED) =>
  desiredState(pipeline(spec), cluster(), PLAIN, around).find(({ name }) => name === "monitoring")?.objects;

Deno.test("where the cluster has the kinds, the operator makes alerts and scraping, with the labels that select them", () => {
  const labels = { release: "stack" };
  for (const spec of [{}, { profile: "ha" }]) {
    const objects = made({ ...spec, monitoring: { labels } })!;
    assertEquals(objects.map(({ kind }) => kind), ["PrometheusRule", "ServiceMonitor"]);
    for (const { metadata } of objects) {
      assertEquals([metadata.namespace, metadata.labels?.release], ["trades", "stack"]);
      assertEquals(metadata.ownerReferences?.[0]?.uid, "u1");
    }
  }
  assertEquals(made({ monitoring: { enabled: false } }), undefined);
  assertEquals(made({}, NO_SURROUNDINGS), undefined);
});

Deno.test("the alerts of a pipeline speak of its own series, and its runbooks of its namespace", () => {
  const [rules] = made({})! as unknown as { spec: { groups: { rules: Rule[] }[] } }[];
  const all = rules!.spec.groups.flatMap(({ rules }) => rules);
  const { spec: { groups } } = parse(alerts) as { spec: { groups: { rules: Rule[] }[] } };
  assertEquals(all.length, groups.flatMap(({ rules }) => rules).length);
  for (const { alert, annotations, expr, labels } of all) {
    const asked = expr.match(METRICS)!.length;
    assertEquals(expr.match(/\w+\{namespace="trades"/g)?.length, asked, alert);
    assertEquals((labels as Record<string, string>).namespace, "trades");
    const texts = Object.values(annotations).join();
    assert(texts.includes("kubectl -n trades ") && !texts.includes("-n pipeline "), alert);
  }
  assertEquals(
    within('a(finnhub_pipe_x[5m]) > finnhub_pipe_y{a="b"}', "t"),
    'a(finnhub_pipe_x{namespace="t"}[5m]) > finnhub_pipe_y{namespace="t",a="b"}',
  );
});
