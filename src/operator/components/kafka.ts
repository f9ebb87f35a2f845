import caughtUp from "../../../manifests/kafka/caught-up.sh" with { type: "text" };
import log from "../../../manifests/kafka/log4j.properties" with { type: "text" };
import client from "../../../manifests/kafka/client.properties" with { type: "text" };
import manifest from "../../../manifests/kafka/objects.yaml" with { type: "text" };
import ready from "../../../manifests/kafka/ready.sh" with { type: "text" };
import serverProperties from "../../../manifests/kafka/server.properties" with { type: "text" };
import tlsProperties from "../../../manifests/kafka/tls.properties" with { type: "text" };
import tlsPod from "../../../manifests/kafka/tls.yaml" with { type: "text" };
import { type Pipeline, replicasOf } from "../pipeline.ts";
import { quantity } from "../quantity.ts";
import type { Transport } from "../security/transport.ts";
import { isExternal } from "../external.ts";
import type { Definition, Files } from "./definition.ts";
import { setProperties } from "./properties.ts";
import { replication, serverParts } from "./server.ts";
import { secureServer } from "./transport.ts";

export const kafka: Definition = {
  after: ["zookeeper"],
  manifest,
  parts(context) {
    if (isExternal(context.pipeline, "kafka")) return undefined;
    const { pipeline, security } = context;
    const copies = replication(replicasOf(pipeline, "kafka"));
    const properties = setProperties(serverProperties, {
      "default.replication.factor": copies,
      // One of three may be away, as while it is restarted.
      "min.insync.replicas": Math.max(1, copies - 1),
      "offsets.topic.replication.factor": copies,
      "transaction.state.log.replication.factor": copies,
      "transaction.state.log.min.isr": Math.max(1, copies - 1),
      ...roomOnVolume(pipeline, copies),
    });
    const files = {
      "server.properties": properties,
      "log4j.properties": log,
      "ready.sh": ready,
      "caught-up.sh": caughtUp,
    };
    return serverParts(context, "kafka", kafkaConfig(security.transport, files), {
      imageName: pipeline.spec.images.kafka,
      env: { KAFKA_HEAP_OPTS: heapOptions(pipeline.spec.kafka.heap) },
      overlays: secureServer("kafka", security, tlsPod),
    });
  },
};

/** All of the heap at once: it is needed soon, and a broker that cannot get it says so at its start. */
function heapOptions(heap: string): string {
  const size = heap.toLowerCase();
  return `-Xms${size} -Xmx${size}`;
}

/** Part of a broker's volume that messages may take: offsets, indexes and what is being deleted need some, too. */
const USED = 0.7;
const LARGEST_SEGMENT = 256 * 2 ** 20;
const SMALLEST_SEGMENT = 2 ** 20;

/** How much each partition may keep: Kafka deletes whole segments, and never the one that it writes to. */
function roomOnVolume(pipeline: Pipeline, copies: number): Record<string, number> {
  const { storage, topic: { partitions } } = pipeline.spec.kafka;
  // One more is that of dead letters.
  const held = Math.ceil(partitions * copies / replicasOf(pipeline, "kafka")) + 1;
  const each = Math.floor(USED * quantity(storage)! / held);
  const segment = Math.max(SMALLEST_SEGMENT, Math.min(LARGEST_SEGMENT, Math.floor(each / 4)));
  return { "log.retention.bytes": each - segment, "log.segment.bytes": segment };
}

const BROKER = "${env:POD_NAME}.kafka-headless.${env:NAMESPACE}.svc";
const PLAIN_PROBE = "--bootstrap-server 127.0.0.1:9092";
const TLS_PROBE =
  '--bootstrap-server "${HOSTNAME}.kafka-headless.${NAMESPACE}.svc:9093" --command-config /etc/kafka-config/client.properties';

/** Kafka's files for a step from plain TCP to TLS. */
export function kafkaConfig(transport: Transport, config: Files): Files {
  if (transport === "plain") return config;
  const { "caught-up.sh": caughtUp, "server.properties": properties, ...rest } = config;
  // With TLS required, the plain port serves only the pod's own probe.
  const open = transport !== "required";
  const listeners = `PLAINTEXT://${open ? "" : "127.0.0.1"}:9092,SASL_SSL://:9093`;
  const tls = setProperties(tlsProperties, {
    "inter.broker.listener.name": transport === "offered" ? "PLAINTEXT" : "SASL_SSL",
    "advertised.listeners": `${open ? `PLAINTEXT://${BROKER}:9092,` : ""}SASL_SSL://${BROKER}:9093`,
  });
  return {
    ...rest,
    "server.properties": `${setProperties(properties!, { listeners })}${tls}`,
    "caught-up.sh": caughtUp!.replace(PLAIN_PROBE, () => TLS_PROBE),
    "client.properties": client,
  };
}
