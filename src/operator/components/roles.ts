import kafdropProperties from "../../../manifests/kafdrop/kafka.properties" with { type: "text" };
import kafdropPod from "../../../manifests/kafdrop/tls.yaml" with { type: "text" };
import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { isCronJob } from "./manifests.ts";
import { componentObjects, configMap, fillPod, hash, spread, workloadOf } from "./objects.ts";
import { type Pipeline, replicasOf } from "../pipeline.ts";
import type { Security } from "../security/security.ts";
import { clientsUseTls } from "../security/transport.ts";
import { secureRole, secureTool } from "./secure.ts";
import { replication } from "./servers.ts";

/** The Job that makes topics, tables and logins. Its name is made of all that it does: a change makes another one. */
export function setup(pipeline: Pipeline, security: Security): KubernetesObject[] {
  const { cassandra, images, kafka } = pipeline.spec;
  const objects = componentObjects(pipeline, "setup");
  const job = workloadOf(objects);
  fillPod(pipeline, job, {
    image: images.pipeline,
    env: {
      KAFKA_TOPIC_NAME: kafka.topic.name,
      KAFKA_PARTITIONS: String(kafka.topic.partitions),
      KAFKA_RETENTION: kafka.topic.retention,
      KAFKA_REPLICATION: String(replication(replicasOf(pipeline, "kafka"))),
      CASSANDRA_KEYSPACE: cassandra.keyspace,
      CASSANDRA_REPLICATION: String(replication(replicasOf(pipeline, "cassandra"))),
      CASSANDRA_TRADES_TTL: cassandra.tradesTtl,
      CASSANDRA_WINDOWS_TTL: cassandra.windowsTtl,
    },
  });
  secureRole(job, security, { kafka: "setup", cassandra: true });
  job.metadata.name = `setup-${hash(job.spec).slice(0, 8)}`;
  return objects;
}

/** @param stopped While partitions are raised nothing may be sent: a symbol's trades would be in two of them. */
export function producer(pipeline: Pipeline, security: Security, stopped: boolean): KubernetesObject[] {
  const { feed, images, kafka, producer: { resources }, tickers } = pipeline.spec;
  const objects = componentObjects(pipeline, "producer");
  const workload = workloadOf(objects);
  workload.spec.replicas = stopped ? 0 : 1;
  fillPod(pipeline, workload, {
    image: images.pipeline,
    resources,
    env: {
      FINNHUB_STOCKS_TICKERS: tickers.join(","),
      FINNHUB_VALIDATE_TICKERS: String(feed.validateTickers),
      FINNHUB_WS_URL: feed.websocketUrl,
      FINNHUB_REST_URL: feed.restUrl,
      KAFKA_TOPIC_NAME: kafka.topic.name,
    },
  });
  const token = workload.spec.template.spec.containers[0].env!.find(({ name }) =>
    name === "FINNHUB_API_TOKEN"
  )!;
  token.valueFrom = { secretKeyRef: feed.tokenSecret };
  secureRole(workload, security, { kafka: "producer" });
  return objects;
}

export function processor(pipeline: Pipeline, security: Security): KubernetesObject[] {
  const objects = reader(pipeline, "processor", security);
  const workload = workloadOf(objects);
  workload.spec.replicas = replicasOf(pipeline, "processor");
  spread(pipeline, "processor", workload);
  return objects;
}

export function dashboard(pipeline: Pipeline, security: Security): KubernetesObject[] {
  return exposed(pipeline, reader(pipeline, "dashboard", security));
}

function reader(
  pipeline: Pipeline,
  name: "processor" | "dashboard",
  security: Security,
): KubernetesObject[] {
  const { cassandra, images, kafka } = pipeline.spec;
  const objects = componentObjects(pipeline, name);
  const workload = workloadOf(objects);
  fillPod(pipeline, workload, {
    image: images.pipeline,
    resources: pipeline.spec[name].resources,
    env: { KAFKA_TOPIC_NAME: kafka.topic.name, CASSANDRA_KEYSPACE: cassandra.keyspace },
  });
  secureRole(workload, security, { kafka: name, cassandra: true });
  return objects;
}

/** The batch layer's runs, where there is a schedule for them. */
export function batch(pipeline: Pipeline, security: Security): KubernetesObject[] {
  const { batch: { mode, resources, schedule, since }, cassandra, images } = pipeline.spec;
  if (schedule === undefined) return [];
  const objects = componentObjects(pipeline, "batch");
  const cronJob = objects.find(isCronJob)!;
  cronJob.spec.schedule = schedule;
  fillPod(pipeline, cronJob.spec.jobTemplate, {
    image: images.pipeline,
    resources,
    env: {
      BATCH_FROM: since,
      BACKFILL_REPAIR: String(mode === "Repair"),
      CASSANDRA_KEYSPACE: cassandra.keyspace,
    },
  });
  secureRole(cronJob.spec.jobTemplate, security, { cassandra: true });
  return objects;
}

/** A page's Service as `exposure` wants it. */
export function exposed({ spec: { exposure } }: Pipeline, objects: KubernetesObject[]): KubernetesObject[] {
  for (const object of objects) {
    if (object.kind !== "Service") continue;
    Object.assign(object.spec as object, { type: exposure.type === "NodePort" ? "NodePort" : "ClusterIP" });
  }
  return objects;
}

/** Kafdrop, which nobody reaches but by a port-forward. */
export function kafdrop(pipeline: Pipeline, security: Security): KubernetesObject[] {
  const { images, kafdrop: { resources } } = pipeline.spec;
  const objects = componentObjects(pipeline, "kafdrop");
  const workload = workloadOf(objects);
  fillPod(pipeline, workload, { image: images.kafdrop, resources });
  if (!clientsUseTls(security.transport)) return objects;
  secureTool(workload, security, kafdropPod);
  const config = { "kafka.properties": kafdropProperties };
  return [configMap(pipeline, "kafdrop", "kafdrop-config", config), ...objects];
}

/** The Cassandra web page, which nobody reaches but by a port-forward. */
export function cassandraWeb(pipeline: Pipeline): KubernetesObject[] {
  const { cassandraWeb: { resources }, images } = pipeline.spec;
  const objects = componentObjects(pipeline, "cassandra-web");
  fillPod(pipeline, workloadOf(objects), { image: images.cassandraWeb, resources });
  return objects;
}
