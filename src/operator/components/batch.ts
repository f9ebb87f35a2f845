import manifest from "../../../manifests/batch/objects.yaml" with { type: "text" };
import type { CronJob } from "../workload.ts";
import type { Definition } from "./definition.ts";
import { candles } from "./pods/candles.ts";
import { servers } from "./pods/servers.ts";
import { environment, image, type Overlay, resources } from "./overlays.ts";

/** The batch layer's runs, where there is a schedule for them. */
export const batch: Definition = {
  after: ["setup"],
  manifest,
  parts(context) {
    const { batch, cassandra, images } = context.pipeline.spec;
    if (batch.schedule === undefined) return undefined;
    return {
      overlays: [
        scheduled(batch.schedule),
        image(images, images.pipeline),
        resources(batch.resources),
        environment({
          BATCH_FROM: batch.since,
          BACKFILL_REPAIR: String(batch.mode === "Repair"),
          CASSANDRA_KEYSPACE: cassandra.keyspace,
        }),
        ...servers(context, { cassandra: true }),
        ...candles(context.pipeline.spec),
      ],
    };
  },
};

const scheduled = (schedule: string): Overlay => ({ workload }) => {
  (workload as CronJob).spec.schedule = schedule;
};
