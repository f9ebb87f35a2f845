import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseAll } from "@std/yaml";
import operator from "../../../../manifests/operator.yaml" with { type: "text" };
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { isCronJob, isWorkload, type PodSpec } from "../../../../src/operator/workload.ts";
import type { Resources } from "../../../../src/operator/pipeline.ts";
import { cluster, find, pipeline } from "../cluster_fake.ts";

const ALL = { profile: "ha", cassandraWeb: { enabled: true }, batch: { schedule: "@daily" } };
const components = desiredState(pipeline({ ...ALL, security: { tls: false } }), cluster());
const inKraft = desiredState(pipeline({ profile: "ha", kafka: { metadata: "KRaft" } }), cluster());
const objects: KubernetesObject[] = [
  ...components.flatMap(({ objects }) => objects),
  ...inKraft.find(({ name }) => name === "kafka-controller")!.objects,
  ...parseAll(operator) as KubernetesObject[],
];

function podOf(object: KubernetesObject): PodSpec | undefined {
  if (isCronJob(object)) return object.spec.jobTemplate.spec.template.spec;
  return isWorkload(object) ? object.spec.template.spec : undefined;
}

const pods = objects.flatMap((object) => {
  const pod = podOf(object);
  return pod === undefined ? [] : [[object.metadata.name, pod] as const];
});

Deno.test("each pod is bounded in memory and on its node's disk, its scratch volumes too", () => {
  assertEquals(pods.length, 13);
  for (const [name, { containers, volumes = [] }] of pods) {
    for (const container of containers) {
      const { limits = {}, requests = {} } = container.resources as Resources;
      for (const each of [limits, requests]) assert(each.memory && each["ephemeral-storage"], name);
    }
    for (const { emptyDir } of volumes as { emptyDir?: { sizeLimit?: string } }[]) {
      if (emptyDir !== undefined) assert(emptyDir.sizeLimit, name);
    }
  }
});

Deno.test("all that a broker may keep fits on its volume, whatever its size and the number of partitions", () => {
  const GIB = 2 ** 30;
  for (const storage of [1, 10, 500]) {
    for (const partitions of [1, 4, 64]) {
      for (const replicas of [1, 3, 5]) {
        const spec = { kafka: { storage: `${storage}Gi`, replicas, topic: { partitions } } };
        const map = find(desiredState(pipeline(spec), cluster()), "ConfigMap/kafka-config");
        const properties = (map.data as Record<string, string>)["server.properties"]!;
        const number = (key: string) => Number(new RegExp(`^${key}=(\\d+)$`, "m").exec(properties)![1]);
        const held = Math.ceil(partitions * Math.min(3, replicas) / replicas) + 1;
        const most = held * (number("log.retention.bytes") + number("log.segment.bytes"));
        assert(most <= 0.7 * storage * GIB && most > 0.6 * storage * GIB, `${JSON.stringify(spec)}: ${most}`);
      }
    }
  }
});

Deno.test("a pod that is not ready holds up no node that is drained", () => {
  const budgets = objects.filter(({ kind }) => kind === "PodDisruptionBudget");
  assertEquals(budgets.length, 5);
  for (const { metadata, spec } of budgets) {
    assertEquals(
      (spec as { unhealthyPodEvictionPolicy?: string }).unhealthyPodEvictionPolicy,
      "AlwaysAllow",
      metadata.name,
    );
  }
});

Deno.test("the servers log to the console, and to no file of their own", () => {
  const command = (set: string) =>
    JSON.stringify(podOf(find(components, `StatefulSet/${set}`))!.containers[0].command);
  const data = (map: string) => find(components, `ConfigMap/${map}`).data as Record<string, string>;
  for (const [set, map] of [["kafka", "kafka-config"], ["zookeeper", "zookeeper-config"]] as const) {
    assertStringIncludes(command(set), "/log4j.properties EXTRA_ARGS=");
    assert(!/loggc/.test(command(set)));
    assertEquals(/FileAppender/.test(data(map)["log4j.properties"]!), false);
  }
  for (const map of ["kafka-config", "kafka-controller-config"]) {
    const files = find(inKraft, `ConfigMap/${map}`).data as Record<string, string>;
    const options = "-Dlog4j.configuration=file:/etc/kafka-config/log4j.properties " +
      "-Dlog4j2.configurationFile=/etc/kafka-config/log4j2.properties";
    assertStringIncludes(files["start.sh"]!, `export KAFKA_LOG4J_OPTS="${options}"\n`);
    assertStringIncludes(files["start.sh"]!, 'export EXTRA_ARGS="-name kafkaServer"\n');
    for (const log of ["log4j.properties", "log4j2.properties"]) assert(!/File/.test(files[log]!), log);
  }
  assertStringIncludes(
    command("cassandra"),
    "-Dlogback.configurationFile=file:///etc/cassandra-config/logback.xml",
  );
  assertEquals(/FileAppender/.test(data("cassandra-config")["logback.xml"]!), false);
});

Deno.test("every pod has a network policy, the operator's too", () => {
  const policies = objects.filter(({ kind }) => kind === "NetworkPolicy").map(({ spec }) =>
    JSON.stringify((spec as { podSelector: { matchLabels: Record<string, string> } }).podSelector)
  );
  for (const [name] of pods) {
    const component = { "backfill": "batch", "finnhub-pipe-operator": "operator" }[name] ??
      name.replace(/^setup-.*/, "setup");
    assert(policies.some((selector) => selector.includes(`"app.kubernetes.io/name":"${component}"`)), name);
  }
});
