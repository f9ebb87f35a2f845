import { isExternal } from "../external.ts";
import { kafkaLine, lacksZooKeeper, metadataOf } from "../metadata.ts";
import type { Pipeline } from "../pipeline.ts";
import { beginWith, lostControllers, presentMetadata } from "./kafka_cluster.ts";
import type { Observed } from "./observed.ts";
import type { Withheld } from "./refusals.ts";

const WITH_ZOOKEEPER = ["zookeeper", "kafka"];
const WITH_CONTROLLERS = ["kafka-controller", "kafka"];

/**
 * Images of Kafka that do not go with where the brokers keep their metadata; what runs stays as it is.
 *
 * @param asked the Pipeline as it was written
 * @param pipeline as far as it can be had
 */
export function refuseReleases(asked: Pipeline, pipeline: Pipeline, observed: Observed): Withheld[] {
  if (isExternal(pipeline, "kafka")) return [];
  const { kafka: image } = pipeline.spec.images;
  const line = kafkaLine(image);
  const kept = metadataOf(pipeline);
  const refused = (components: string[], field: string, why: string): Withheld[] => [
    { components, field, sentence: `${field}: ${why}` },
  ];
  if (kept === "ZooKeeper") {
    if (!lacksZooKeeper(image)) return [];
    return presentMetadata(observed) === undefined
      ? refused(
        WITH_ZOOKEEPER,
        "kafka.metadata",
        `Kafka ${line!.major} has no ZooKeeper; set it to KRaft, or images.kafka to a 3.9`,
      )
      : refused(
        WITH_ZOOKEEPER,
        "images.kafka",
        `Kafka runs with ZooKeeper here, which Kafka ${line!.major} has not; take a 3.9, ${
          beginWith("KRaft")
        }`,
      );
  }
  if (lostControllers(observed)) {
    return refused(
      WITH_CONTROLLERS,
      "kafkaController",
      "the volumes of all controllers are gone, and brokers would delete the topics that only these knew; restore the claims " +
        "data-kafka-controller-N, or delete data-kafka-N to begin without that data",
    );
  }
  if (line && (line.major < 3 || (line.major === 3 && (line.minor ?? 9) < 9))) {
    return refused(
      WITH_CONTROLLERS,
      "images.kafka",
      `controllers need Kafka 3.9 or later; take one, or set kafka.metadata to ZooKeeper for a new pipeline`,
    );
  }
  // By which a release was to bring ZooKeeper, and one that began with a later one cannot read what that wrote.
  const back = metadataOf(asked) === "ZooKeeper" && asked.spec.kafka.metadata === undefined;
  return back && line
    ? refused(
      WITH_CONTROLLERS,
      "images.kafka",
      `Kafka runs with KRaft here, and such an image would begin with ZooKeeper; take Kafka 4, or set kafka.metadata to KRaft`,
    )
    : [];
}
