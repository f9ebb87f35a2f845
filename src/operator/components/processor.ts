import manifest from "../../../manifests/processor/objects.yaml" with { type: "text" };
import { replicasOf } from "../pipeline.ts";
import type { Definition } from "./definition.ts";
import { candles } from "./pods/candles.ts";
import { servers } from "./pods/servers.ts";
import { environment, image, replicas, resources, spread } from "./overlays.ts";
import { registry, tracing } from "./pods/outside.ts";

export const processor: Definition = {
  after: ["setup"],
  manifest,
  parts(context) {
    const { pipeline } = context;
    const { cassandra, images, kafka, processor } = pipeline.spec;
    return {
      overlays: [
        replicas(replicasOf(pipeline, "processor")),
        image(images, images.pipeline),
        resources(processor.resources),
        environment({ KAFKA_TOPIC_NAME: kafka.topic.name, CASSANDRA_KEYSPACE: cassandra.keyspace }),
        ...servers(context, { kafka: "processor", cassandra: true }),
        spread(pipeline, "processor"),
        ...registry(pipeline.spec),
        ...tracing(pipeline.spec),
        ...candles(pipeline.spec),
      ],
    };
  },
};
