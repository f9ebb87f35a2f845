import { isExternal } from "../external.ts";
import { fieldOf } from "../components/pods/fields.ts";
import { metadataOf } from "../metadata.ts";
import { ENSEMBLE, SECURED, type Secured, type ServerName, SERVERS } from "../names.ts";
import { keepControllers, keepMetadata } from "./kafka_cluster.ts";
import { claimsOf, type Observed } from "./observed.ts";
import { CRD, type Pipeline, replicasOf, sizeOf } from "../pipeline.ts";
import { quantity } from "../quantity.ts";
import { wantedTransport } from "../security/transport.ts";
import type { Workload } from "../workload.ts";

export interface Permitted {
  /** The pipeline as far as it can be had: what is refused stays as it is. */
  pipeline: Pipeline;
  /** What is refused and why, each a sentence with the remedy. */
  refused: string[];
}

/** A field of the spec that is refused for what it would do, and the components that stay as they are for it. */
export interface Withheld {
  field: string;
  components: readonly string[];
  /** Why, with the remedy. */
  sentence: string;
}

const TITLES: Record<ServerName, string> = {
  zookeeper: "ZooKeeper",
  "kafka-controller": "Kafka's controller",
  kafka: "Kafka",
  cassandra: "Cassandra",
};

/** Takes out of a spec what would lose data, judged by the volumes that exist and not by what is said of them. */
export function refuseLosses(pipeline: Pipeline, observed: Observed): Permitted {
  const permitted = structuredClone(pipeline);
  const refused: string[] = [];
  for (const name of SECURED) {
    refused.push(...keepOwn(permitted, observed, name), ...refuseIdle(permitted, name));
    refused.push(...keepTheirs(permitted, name));
  }
  refused.push(...keepMetadata(permitted, observed));
  const unused = metadataOf(permitted) === "KRaft" ? "zookeeper" : "kafka-controller";
  for (const name of SERVERS) {
    if (isExternal(permitted, name) || name === unused) continue;
    refused.push(...keepServers(permitted, observed, name), ...keepVolumes(permitted, observed, name));
  }
  const { topic } = permitted.spec.kafka;
  const made = pipeline.status?.topic?.partitions ?? 0;
  if (topic.partitions < made) {
    refused.push(
      `kafka.topic.partitions: the topic has ${made}, and partitions cannot be taken away; set it to ${made} or more`,
    );
    topic.partitions = made;
  }
  const { external } = permitted.spec.cassandra;
  const byTls = external ? external.tls !== undefined : wantedTransport(permitted) === "required";
  if (permitted.spec.cassandraWeb.enabled && byTls) {
    const other = external ? "use a Cassandra without it" : "security.tls to false";
    refused.push(`cassandraWeb.enabled: that page speaks no TLS; set it to false, or ${other}`);
    permitted.spec.cassandraWeb.enabled = false;
  }
  return { pipeline: permitted, refused };
}

/** Servers with data are not left for somebody else's unless that is said: nobody would read what is in them. */
function keepOwn({ spec, status }: Pipeline, observed: Observed, name: Secured): string[] {
  const holds = claimsOf(observed, name).size > 0 || observed.get("StatefulSet", name) !== undefined;
  const left = status?.[name]?.external !== undefined;
  if (!spec[name].external || spec.allowDataLeftBehind || !holds || left) return [];
  delete spec[name].external;
  return [
    `${name}.external: ${
      TITLES[name]
    } runs here and its data would stay behind; set allowDataLeftBehind to true when it may, ` +
    `or take ${name}.external out`,
  ];
}

/** What servers of somebody else hold is not left either: those of the pipeline's own would begin without it. */
function keepTheirs({ spec, status }: Pipeline, name: Secured): string[] {
  const external = status?.[name]?.external;
  if (external === undefined || spec[name].external || spec.allowDataLeftBehind) return [];
  Object.assign(spec[name], { external });
  return [
    `${name}.external: the pipeline runs over somebody else's ${
      TITLES[name]
    }, whose data would stay there; set ` +
    `allowDataLeftBehind to true when it may, or put ${name}.external back`,
  ];
}

/** The fields that say how servers of the pipeline's own are, by the server that somebody else may run. */
const OWN_FIELDS: Record<Secured, readonly string[]> = {
  kafka: ["kafka", "zookeeper", "kafkaController"],
  cassandra: ["cassandra"],
};
/** Those of the server's field that are of the topic, the tables, or of somebody else's server. */
const EITHERS = ["external", "topic", "keyspace", "tradesTtl", "windowsTtl"];

/** Fields beside `external` that size what somebody else runs: they would do nothing. */
function refuseIdle({ spec }: Pipeline, name: Secured): string[] {
  if (!spec[name].external) return [];
  const { properties } = CRD.spec.versions[0]!.schema.openAPIV3Schema.properties!.spec!;
  const idle = OWN_FIELDS[name].flatMap((field) =>
    Object.entries(spec[field as "kafka"]).filter(([key, value]) =>
      !EITHERS.includes(key) && value !== properties![field]!.properties![key]?.default
    ).map(([key]) => `${field}.${key}`)
  );
  return idle.length === 0 ? [] : [
    `${idle.join(", ")}: ${
      idle.length > 1 ? "mean" : "means"
    } nothing with ${name}.external, since somebody else runs it; take ${
      idle.length > 1 ? "them" : "it"
    } out`,
  ];
}

function keepServers(pipeline: Pipeline, observed: Observed, name: ServerName): string[] {
  const claims = claimsOf(observed, name);
  const wanted = replicasOf(pipeline, name);
  if (name === "kafka-controller") return keepControllers(pipeline, observed, wanted);
  const volumes = claims.size === 0 ? 0 : Math.max(...claims.keys()) + 1;
  const existing = name === "zookeeper" ? ensembleOf(observed, volumes) : volumes;
  if (existing === 0) return [];
  const keep = (reason: string): string[] => {
    pipeline.spec[name].replicas = existing;
    return [`${name}.replicas: ${reason}`];
  };
  if (name === "zookeeper" && wanted !== existing) {
    return keep(
      `an ensemble of ${existing} cannot become one of ${wanted} while it runs; keep ${existing}`,
    );
  }
  if (wanted >= existing) return [];
  return keep(
    `${existing} volumes of ${TITLES[name]} hold data, and ${wanted} servers would leave some out; ` +
      `keep ${existing}, or move the data off the last ones and delete their volume claims (data-${name}-N) first`,
  );
}

/** How many servers ZooKeeper's ensemble has: what was applied says it, where a pod or volume may still be missing. */
function ensembleOf(observed: Observed, volumes: number): number {
  const live = observed.get("StatefulSet", "zookeeper") as Workload | undefined;
  if (live === undefined) return volumes;
  const told = Number(live.metadata.annotations?.[ENSEMBLE]);
  // Where an earlier version applied it, somebody may have scaled it down, but not away from its volumes.
  return told > 0 ? told : Math.max(live.spec.replicas ?? 1, volumes);
}

function keepVolumes(pipeline: Pipeline, observed: Observed, name: ServerName): string[] {
  const refused: string[] = [];
  const [claim] = claimsOf(observed, name).values();
  if (!claim) return [];
  const { storageClassName, resources: { requests: { storage } } } = claim.spec;
  const spec = sizeOf(pipeline, name);
  const difference = quantity(spec.storage)! - quantity(storage)!;
  const keep = (reason: string) => {
    refused.push(`${fieldOf(name)}.storage: ${reason}`);
    spec.storage = storage;
  };
  if (difference < 0) {
    keep(`volumes of ${storage} cannot shrink to ${spec.storage}; set it to ${storage} or more`);
  }
  if (difference > 0 && !observed.canGrow(storageClassName)) {
    keep(
      `storage class ${
        storageClassName ?? "of the volumes"
      } lets no volume grow; keep ${storage}, or allow it there ` +
        "(allowVolumeExpansion)",
    );
  }
  const field = spec.storageClassName === undefined
    ? "storageClassName"
    : `${fieldOf(name)}.storageClassName`;
  const wish = spec.storageClassName ?? pipeline.spec.storageClassName;
  if (wish !== undefined && storageClassName !== undefined && wish !== storageClassName) {
    refused.push(
      `${field}: ${TITLES[name]}'s volumes are of class ${storageClassName} and cannot move to ${wish}; ` +
        `set it to ${storageClassName}`,
    );
  }
  return refused;
}
