import type { Metadata, Pipeline } from "./pipeline.ts";
import { replicasOf } from "./pipeline.ts";

/** A release's line, as far as an image's tag tells it. */
export interface KafkaLine {
  major: number;
  minor: number | undefined;
}

/** The line of Kafka that an image's tag names, such as `4.4.0` or `0.45.0-kafka-3.9.0`; undefined where it names none. */
export function kafkaLine(image: string | undefined): KafkaLine | undefined {
  const [name = ""] = (image ?? "").split("@");
  const tag = /:([^:/]+)$/.exec(name)?.[1] ?? "";
  const found = /kafka-(\d+)(?:\.(\d+))?/.exec(tag) ?? /^v?(\d{1,2})(?:\.(\d+))?(?![^.-])/.exec(tag);
  if (!found) return undefined;
  const [, major, minor] = found;
  return { major: Number(major), minor: minor === undefined ? undefined : Number(minor) };
}

/** The first without ZooKeeper. */
const WITHOUT_ZOOKEEPER = 4;

/** Whether an image is one of a Kafka that knows no ZooKeeper. */
export const lacksZooKeeper = (image: string | undefined): boolean =>
  (kafkaLine(image)?.major ?? 0) >= WITHOUT_ZOOKEEPER;

/** Where the brokers of a Pipeline keep their metadata: as it says, else as its image can. */
export function metadataOf({ spec: { images, kafka } }: Pipeline): Metadata {
  return kafka.metadata ?? (lacksZooKeeper(images.kafka) ? "KRaft" : "ZooKeeper");
}

/** Who the controllers of a Kafka in KRaft mode are. */
export interface Quorum {
  namespace: string;
  /** How many have pods of their own; with none the first broker is the controller, too. */
  controllers: number;
}

/** The controllers of a Pipeline's Kafka; undefined with ZooKeeper. */
export function quorumOf(pipeline: Pipeline): Quorum | undefined {
  if (metadataOf(pipeline) === "ZooKeeper") return undefined;
  const { namespace = "default" } = pipeline.metadata;
  return { namespace, controllers: replicasOf(pipeline, "kafka-controller") };
}
