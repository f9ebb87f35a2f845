import manifest from "../../../manifests/setup/objects.yaml" with { type: "text" };
import { claimsOf, type Observed } from "../reconcile/observed.ts";
import type { Definition } from "./definition.ts";
import { candles } from "./pods/candles.ts";
import { servers } from "./pods/servers.ts";
import { environment, image, namedByContent, resources, without } from "./overlays.ts";
import { copiesOf } from "./server.ts";

/** Who runs a Cassandra decides who is let in: setup makes no logins there, and all roles use the one that they were given. */
const ANOTHERS_LOGINS = [
  environment({ CASSANDRA_MAKE_LOGINS: "false" }),
  without("CASSANDRA_PROCESSOR_PASSWORD", "CASSANDRA_DASHBOARD_PASSWORD", "CASSANDRA_GRAFANA_PASSWORD"),
];

/** The Job that makes topics, tables and logins. */
export const setup: Definition = {
  after: ["kafka", "cassandra"],
  manifest,
  parts(context) {
    const { observed, pipeline } = context;
    const { cassandra, images, kafka, setup } = pipeline.spec;
    const copies = copiesOf(pipeline);
    return {
      overlays: [
        image(images, images.pipeline),
        resources(setup.resources),
        environment({
          KAFKA_TOPIC_NAME: kafka.topic.name,
          KAFKA_PARTITIONS: String(kafka.topic.partitions),
          KAFKA_RETENTION: kafka.topic.retention,
          KAFKA_REPLICATION: String(copies.kafka),
          CASSANDRA_KEYSPACE: cassandra.keyspace,
          CASSANDRA_REPLICATION: String(copies.cassandra),
          CASSANDRA_VOLUMES: cassandra.external ? "" : volumesOf(observed),
          CASSANDRA_TRADES_TTL: cassandra.tradesTtl,
          CASSANDRA_WINDOWS_TTL: cassandra.windowsTtl,
        }),
        ...servers(context, { kafka: "setup", cassandra: true }),
        ...candles(pipeline.spec),
        ...(cassandra.external ? ANOTHERS_LOGINS : []),
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
