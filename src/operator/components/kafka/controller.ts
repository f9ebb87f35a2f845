import manifest from "../../../../manifests/kafka-controller/objects.yaml" with { type: "text" };
import ready from "../../../../manifests/kafka-controller/ready.sh" with { type: "text" };
import serverProperties from "../../../../manifests/kafka-controller/server.properties" with { type: "text" };
import tlsProperties from "../../../../manifests/kafka-controller/tls.properties" with { type: "text" };
import tlsPod from "../../../../manifests/kafka-controller/tls.yaml" with { type: "text" };
import { isExternal } from "../../external.ts";
import { type Quorum, quorumOf } from "../../metadata.ts";
import { replicasOf } from "../../pipeline.ts";
import { clusterIdOf } from "../../reconcile/kafka_cluster.ts";
import { claimTemplates } from "../../reconcile/observed.ts";
import type { Transport } from "../../security/transport.ts";
import type { Definition, Files } from "../definition.ts";
import { setProperties } from "../properties.ts";
import { leastInSync, replication, serverParts } from "../server.ts";
import { secureServer } from "../transport.ts";
import { asController, formatted, kraftFiles } from "./kraft.ts";

/** Kafka's controllers in pods of their own: those of profile ha in KRaft mode. */
export const controller: Definition = {
  after: [],
  manifest,
  parts(context) {
    const { observed, pipeline, security } = context;
    const quorum = quorumOf(pipeline);
    if (isExternal(pipeline, "kafka-controller") || !quorum?.controllers) return undefined;
    const id = clusterIdOf(pipeline, observed);
    const files = controllerConfig(security.transport, quorum, replicasOf(pipeline, "kafka"));
    return serverParts(context, "kafka-controller", files, {
      imageName: pipeline.spec.images.kafka,
      env: { CLUSTER_ID: id },
      overlays: [
        ...secureServer("kafka", security, tlsPod),
        formatted(id, quorum, claimTemplates(observed, "kafka-controller")),
      ],
    });
  },
};

/** A controller's files for a step from plain TCP to TLS. */
export function controllerConfig(transport: Transport, quorum: Quorum, brokers: number): Files {
  const copies = replication(brokers);
  const properties = setProperties(serverProperties, {
    "default.replication.factor": copies,
    "min.insync.replicas": leastInSync(copies),
  });
  const secured = transport === "plain" ? properties : properties + tlsProperties;
  return {
    ...kraftFiles(),
    "server.properties": asController(secured, transport, quorum),
    "ready.sh": ready,
  };
}
