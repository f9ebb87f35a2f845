import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { isExternal } from "../external.ts";
import { hash } from "../hash.ts";
import { kafkaLine, metadataOf } from "../metadata.ts";
import { CLUSTER_ID, ENSEMBLE, type ServerName } from "../names.ts";
import type { Metadata, Pipeline } from "../pipeline.ts";
import { claimsOf, type Observed } from "./observed.ts";

/** Kafka's servers of the cluster, and their volumes, as long as either is there. */
function kept(observed: Observed, server: ServerName): KubernetesObject[] {
  const set = observed.get("StatefulSet", server);
  return [...(set ? [set] : []), ...claimsOf(observed, server).values()];
}

const markOf = (objects: readonly KubernetesObject[], mark: string): string | undefined =>
  objects.map(({ metadata }) => metadata.annotations?.[mark]).find((each) => each !== undefined);

const everything = (
  observed: Observed,
) => [...kept(observed, "kafka"), ...kept(observed, "kafka-controller")];

/** Where the brokers keep their metadata, whose servers or volumes are there; undefined where there are none. */
export function presentMetadata(observed: Observed): Metadata | undefined {
  const found = everything(observed);
  if (found.length === 0) return undefined;
  return markOf(found, CLUSTER_ID) === undefined ? "ZooKeeper" : "KRaft";
}

/** How many controllers in pods of their own the cluster was made with; undefined where there is none in KRaft mode. */
export function presentControllers(observed: Observed): number | undefined {
  const found = everything(observed);
  if (markOf(found, CLUSTER_ID) === undefined) return undefined;
  return Number(markOf(found, ENSEMBLE) ?? 0);
}

/** Whether the controllers' volumes are gone, and brokers hold messages of topics that only these knew. */
export function lostControllers(observed: Observed): boolean {
  return (presentControllers(observed) ?? 0) > 0 && kept(observed, "kafka-controller").length === 0 &&
    claimsOf(observed, "kafka").size > 0;
}

/**
 * The id by which Kafka's volumes are formatted: that of those that are there, else one of the Pipeline's own. Kafka wants 16 bytes
 * in base64.
 */
export function clusterIdOf({ metadata: { name, namespace, uid } }: Pipeline, observed: Observed): string {
  const present = markOf(everything(observed), CLUSTER_ID);
  if (present !== undefined) return present;
  const bytes = Uint8Array.fromHex(
    ["first", "second"].map((half) => hash([half, uid, namespace, name])).join(""),
  );
  // One that begins with - would be taken for an option.
  bytes[0]! &= 0x7f;
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** What to do instead of a move. */
export const beginWith = (metadata: Metadata): string =>
  `or make a Pipeline that begins with ${metadata} in another namespace`;

/** Keeps brokers with what holds their metadata, ZooKeeper or controllers: a Kafka does not find its topics with the other. */
export function keepMetadata(pipeline: Pipeline, observed: Observed): string[] {
  const present = presentMetadata(observed);
  const wanted = metadataOf(pipeline);
  if (isExternal(pipeline, "kafka") || present === undefined || present === wanted) return [];
  const { images, kafka } = pipeline.spec;
  const byImage = kafka.metadata === undefined && images.kafka !== undefined;
  kafka.metadata = present;
  // Of an image `refuseReleases` tells.
  return byImage && kafkaLine(images.kafka) !== undefined ? [] : [
    `kafka.metadata: Kafka holds data here with ${present} and cannot go over to ${wanted}; set it to ${present}, ${
      beginWith(wanted)
    }`,
  ];
}

/** Keeps as many controllers as the cluster was made with: they know one another by their number. */
export function keepControllers(pipeline: Pipeline, observed: Observed, wanted: number): string[] {
  const existing = presentControllers(observed);
  if (existing === undefined || existing === wanted) return [];
  pipeline.spec.kafkaController.replicas = existing;
  const why = existing === 0
    ? `the first broker is the controller here, and cannot leave that to ${wanted} others; set it to 0`
    : `a quorum of ${existing} controllers cannot become one of ${wanted}; keep ${existing}`;
  return [`kafkaController.replicas: ${why}`];
}
