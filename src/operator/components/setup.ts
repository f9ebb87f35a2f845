import manifest from "../../../manifests/setup/objects.yaml" with { type: "text" };
import { replicasOf } from "../pipeline.ts";
import { claimsOf, type Observed } from "../reconcile/observed.ts";
import type { Definition } from "./definition.ts";
import { environment, image, namedByContent, resources } from "./overlays.ts";
import { replication } from "./server.ts";
import { secureRole } from "./transport.ts";

/** The Job that makes topics, tables and logins. */
export const setup: Definition = {
  after: ["kafka", "cassandra"],
  manifest,
  parts({ observed, pipeline, security }) {
    const { cassandra, images, kafka, setup } = pipeline.spec;
    return {
      overlays: [
        image(images, images.pipeline),
        resources(setup.resources),
        environment({
          KAFKA_TOPIC_NAME: kafka.topic.name,
          KAFKA_PARTITIONS: String(kafka.topic.partitions),
          KAFKA_RETENTION: kafka.topic.retention,
          KAFKA_REPLICATION: String(replication(replicasOf(pipeline, "kafka"))),
          CASSANDRA_KEYSPACE: cassandra.keyspace,
          CASSANDRA_REPLICATION: String(replication(replicasOf(pipeline, "cassandra"))),
          CASSANDRA_VOLUMES: volumesOf(observed),
          CASSANDRA_TRADES_TTL: cassandra.tradesTtl,
          CASSANDRA_WINDOWS_TTL: cassandra.windowsTtl,
        }),
        ...secureRole(security, { kafka: "setup", cassandra: true }),
      ],
      last: [namedByContent("setup")],
    };
  },
};

/** The volume of each Cassandra node: after one was lost, what the new one lacks is written to it. */
function volumesOf(observed: Observed): string {
  return [...claimsOf(observed, "cassandra")]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([node, { metadata: { uid } }]) => uid === undefined ? [] : `${node}=${uid}`)
    .join(",");
}
