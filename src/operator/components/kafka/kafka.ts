import caughtUp from "../../../../manifests/kafka/caught-up.sh" with { type: "text" };
import log from "../../../../manifests/kafka/log4j.properties" with { type: "text" };
import client from "../../../../manifests/kafka/client.properties" with { type: "text" };
import kraftPod from "../../../../manifests/kafka/kraft.yaml" with { type: "text" };
import manifest from "../../../../manifests/kafka/objects.yaml" with { type: "text" };
import ready from "../../../../manifests/kafka/ready.sh" with { type: "text" };
import serverProperties from "../../../../manifests/kafka/server.properties" with { type: "text" };
import tlsProperties from "../../../../manifests/kafka/tls.properties" with { type: "text" };
import tlsPod from "../../../../manifests/kafka/tls.yaml" with { type: "text" };
import { type Quorum, quorumOf } from "../../metadata.ts";
import { type Pipeline, replicasOf } from "../../pipeline.ts";
import { quantity } from "../../quantity.ts";
import { clusterIdOf } from "../../reconcile/kafka_cluster.ts";
import { claimTemplates } from "../../reconcile/observed.ts";
import type { Transport } from "../../security/transport.ts";
import { isExternal } from "../../external.ts";
import type { Definition, Files } from "../definition.ts";
import { image, type Overlay, patched } from "../overlays.ts";
import { setProperties } from "../properties.ts";
import { leastInSync, replication, serverParts } from "../server.ts";
import { secureServer } from "../transport.ts";
import { formatted, withControllers } from "./kraft.ts";

export const kafka: Definition = {
  after: ["zookeeper", "kafka-controller"],
  manifest,
  parts(context) {
    if (isExternal(context.pipeline, "kafka")) return undefined;
    const { observed, pipeline, security } = context;
    const { images, kafka: { heap } } = pipeline.spec;
    const quorum = quorumOf(pipeline);
    const copies = replication(replicasOf(pipeline, "kafka"));
    const properties = setProperties(serverProperties, {
      "default.replication.factor": copies,
      "min.insync.replicas": leastInSync(copies),
      "offsets.topic.replication.factor": copies,
      "transaction.state.log.replication.factor": copies,
      "transaction.state.log.min.isr": leastInSync(copies),
      ...roomOnVolume(pipeline, copies),
    });
    const files = {
      "server.properties": properties,
      "log4j.properties": log,
      "ready.sh": ready,
      "caught-up.sh": caughtUp,
    };
    const id = quorum && clusterIdOf(pipeline, observed);
    return serverParts(context, "kafka", kafkaConfig(security.transport, files, quorum), {
      imageName: images.kafka,
      env: { KAFKA_HEAP_OPTS: heapOptions(heap), ...(id && { CLUSTER_ID: id }) },
      overlays: [
        ...secureServer("kafka", security, tlsPod),
        ...(quorum && id
          ? [
            patched(kraftPod),
            // That of the patch is the one without a wish.
            image(images, images.kafka),
            formatted(id, quorum, claimTemplates(observed, "kafka")),
            controllersReached(quorum),
          ]
          : []),
      ],
    });
  },
};

interface Rules {
  ingress: { from: unknown[]; ports: unknown[] }[];
  egress: { to?: { podSelector: { matchExpressions?: { values: string[] }[] } }[] }[];
}

/** Lets brokers reach the controllers, which may be the first of them. */
const controllersReached = ({ controllers }: Quorum): Overlay => ({ objects }) => {
  const policy = objects.find(({ kind }) => kind === "NetworkPolicy")!;
  const { egress, ingress } = policy.spec as unknown as Rules;
  const [servers] = egress.flatMap(({ to }) => to?.[0]?.podSelector.matchExpressions ?? []);
  servers!.values = controllers > 0 ? ["kafka", "kafka-controller"] : ["kafka"];
  if (controllers > 0) return;
  ingress.push({
    from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "kafka" } } }],
    ports: [{ port: "controller" }, { port: "controller-tls" }],
  });
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

/** Kafka's files for a step from plain TCP to TLS, with ZooKeeper, or with controllers. */
export function kafkaConfig(transport: Transport, config: Files, quorum?: Quorum): Files {
  const files = transport === "plain" ? config : encrypted(transport, config);
  return quorum ? withControllers(files, transport, quorum) : files;
}

function encrypted(transport: Transport, config: Files): Files {
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
