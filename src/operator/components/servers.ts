import { parse, stringify } from "@std/yaml";
import alive from "../../../manifests/zookeeper/alive.sh" with { type: "text" };
import zookeeperReady from "../../../manifests/zookeeper/ready.sh" with { type: "text" };
import zooCfg from "../../../manifests/zookeeper/zoo.cfg" with { type: "text" };
import caughtUp from "../../../manifests/kafka/caught-up.sh" with { type: "text" };
import kafkaReady from "../../../manifests/kafka/ready.sh" with { type: "text" };
import serverProperties from "../../../manifests/kafka/server.properties" with { type: "text" };
import cassandraYaml from "../../../manifests/cassandra/cassandra.yaml" with { type: "text" };
import joined from "../../../manifests/cassandra/joined.sh" with { type: "text" };
import cassandraReady from "../../../manifests/cassandra/ready.sh" with { type: "text" };
import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { ClaimTemplate, Workload } from "./manifests.ts";
import {
  componentObjects,
  configMap,
  fillPod,
  type PodOptions,
  setProperties,
  spread,
  workloadOf,
} from "./objects.ts";
import { type Pipeline, replicasOf } from "../pipeline.ts";
import type { ServerName } from "../names.ts";
import type { Security } from "../security/security.ts";
import { cassandraConfig, kafkaConfig, secureServer } from "./secure.ts";

/** Volume claims as they are in the cluster: a StatefulSet's template of them cannot be changed. */
export type ClaimsOf = (component: ServerName) => ClaimTemplate[] | undefined;

/** How many copies of each message and row are kept: three where there are as many servers. */
export const replication = (servers: number): number => Math.min(3, servers);

export function zookeeper(pipeline: Pipeline, claims: ClaimsOf): KubernetesObject[] {
  const servers = replicasOf(pipeline, "zookeeper");
  const peers = Array.from(
    { length: servers },
    (_, i) =>
      `server.${i + 1}=zookeeper-${i}.zookeeper-headless.${pipeline.metadata.namespace}.svc:2888:3888\n`,
  );
  // A lone server that is told of itself waits for a majority of one, in another mode.
  const config = {
    "zoo.cfg": servers === 1 ? zooCfg : zooCfg + peers.join(""),
    "ready.sh": zookeeperReady,
    "alive.sh": alive,
  };
  return server(pipeline, "zookeeper", claims, config, { image: pipeline.spec.images.kafka });
}

export function kafka(pipeline: Pipeline, claims: ClaimsOf, security: Security): KubernetesObject[] {
  const copies = replication(replicasOf(pipeline, "kafka"));
  const properties = setProperties(serverProperties, {
    "default.replication.factor": copies,
    // One of three may be away, as while it is restarted.
    "min.insync.replicas": Math.max(1, copies - 1),
    "offsets.topic.replication.factor": copies,
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": Math.max(1, copies - 1),
  });
  const files = { "server.properties": properties, "ready.sh": kafkaReady, "caught-up.sh": caughtUp };
  const config = kafkaConfig(security.transport, files);
  const objects = server(pipeline, "kafka", claims, config, { image: pipeline.spec.images.kafka });
  secureServer(workloadOf(objects), "kafka", security);
  return objects;
}

export function cassandra(pipeline: Pipeline, claims: ClaimsOf, security: Security): KubernetesObject[] {
  const yaml = parse(cassandraYaml) as {
    seed_provider: [{ parameters: [{ seeds: string }] }];
  };
  const seeds = Math.min(2, replicasOf(pipeline, "cassandra"));
  yaml.seed_provider[0].parameters[0].seeds = Array.from(
    { length: seeds },
    (_, i) => `cassandra-${i}.cassandra-headless`,
  ).join(",");
  const { heap } = pipeline.spec.cassandra;
  const config = cassandraConfig(security.transport, {
    "cassandra.yaml": stringify(yaml),
    "ready.sh": cassandraReady,
    "joined.sh": joined,
  });
  const options = { image: pipeline.spec.images.cassandra, env: { MAX_HEAP_SIZE: heap } };
  const objects = server(pipeline, "cassandra", claims, config, options);
  secureServer(workloadOf(objects), "cassandra", security);
  return objects;
}

function server(
  pipeline: Pipeline,
  name: ServerName,
  claims: ClaimsOf,
  config: Record<string, string>,
  options: PodOptions,
): KubernetesObject[] {
  const objects = componentObjects(pipeline, name);
  const workload = workloadOf(objects);
  const spec = pipeline.spec[name];
  workload.spec.replicas = replicasOf(pipeline, name);
  fillPod(pipeline, workload, { ...options, resources: spec.resources, config: JSON.stringify(config) });
  spread(pipeline, name, workload);
  fillClaims(pipeline, workload, spec.storage, claims(name));
  return [configMap(pipeline, name, `${name}-config`, config), ...objects];
}

function fillClaims(
  { spec: { storageClassName, volumes } }: Pipeline,
  workload: Workload,
  storage: string,
  existing: ClaimTemplate[] | undefined,
): void {
  const [claim] = workload.spec.volumeClaimTemplates!;
  claim!.spec.resources.requests.storage = existing?.[0]?.spec.resources.requests.storage ?? storage;
  const className = existing ? existing[0]?.spec.storageClassName : storageClassName;
  if (className !== undefined) claim!.spec.storageClassName = className;
  workload.spec.persistentVolumeClaimRetentionPolicy = { whenDeleted: volumes, whenScaled: "Retain" };
}
