import { batch } from "./batch.ts";
import { cassandra } from "./cassandra.ts";
import { cassandraWeb } from "./cassandra_web.ts";
import { dashboard } from "./dashboard.ts";
import type { Definition } from "./definition.ts";
import { grafana } from "./grafana.ts";
import { kafdrop } from "./kafdrop.ts";
import { controller } from "./kafka/controller.ts";
import { kafka } from "./kafka/kafka.ts";
import { processor } from "./processor.ts";
import { producer } from "./producer.ts";
import { setup } from "./setup.ts";
import { zookeeper } from "./kafka/zookeeper.ts";

/** All components, in the order in which they are applied. */
export const TABLE = {
  zookeeper,
  "kafka-controller": controller,
  cassandra,
  kafka,
  kafdrop,
  setup,
  "cassandra-web": cassandraWeb,
  processor,
  producer,
  dashboard,
  grafana,
  batch,
} satisfies Record<string, Definition>;

export type ComponentName = keyof typeof TABLE;
export const COMPONENTS = Object.keys(TABLE) as ComponentName[];
