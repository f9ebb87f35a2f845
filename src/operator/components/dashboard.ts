import manifest from "../../../manifests/dashboard/objects.yaml" with { type: "text" };
import { serviceNames } from "../names.ts";
import type { Definition } from "./definition.ts";
import { candles } from "./pods/candles.ts";
import { servers } from "./pods/servers.ts";
import { environment, exposed, image, resources } from "./overlays.ts";
import { registry } from "./pods/outside.ts";

export const dashboard: Definition = {
  after: ["setup"],
  manifest,
  parts(context) {
    const { metadata: { namespace = "default" }, spec } = context.pipeline;
    const { cassandra, dashboard, exposure, images, kafka } = spec;
    if (!dashboard.enabled) return undefined;
    return {
      overlays: [
        image(images, images.pipeline),
        resources(dashboard.resources),
        environment({
          KAFKA_TOPIC_NAME: kafka.topic.name,
          CASSANDRA_KEYSPACE: cassandra.keyspace,
          PAGE_ALLOW_HOST: [
            ...serviceNames("dashboard", namespace),
            ...(exposure.host ? [exposure.host] : []),
          ].join(","),
        }),
        ...servers(context, { kafka: "dashboard", cassandra: true }),
        ...registry(spec),
        ...candles(spec, { shows: true }),
        exposed(exposure),
      ],
    };
  },
};
