import { batchSettings } from "./settings/batch.ts";
import { cassandraSettings } from "./settings/cassandra.ts";
import { commonSettings } from "./settings/common.ts";
import { doctorSettings } from "./settings/doctor.ts";
import { feedSettings } from "./settings/feed.ts";
import { kafkaSettings } from "./settings/kafka.ts";
import { localSettings } from "./settings/local.ts";
import { operatorSettings } from "./settings/operator.ts";
import { processorSettings } from "./settings/processor.ts";
import { registrySettings } from "./settings/registry.ts";
import { simulatorSettings } from "./settings/simulator.ts";
import { tracingSettings } from "./settings/tracing.ts";

export type { Setting } from "./settings/setting.ts";
export type { Misbehaviour } from "./settings/simulator.ts";

/** Every setting of every role, once. Help and the README's table are made from it. */
export const SETTINGS = {
  ...feedSettings,
  ...kafkaSettings,
  ...registrySettings,
  ...cassandraSettings,
  ...processorSettings,
  ...simulatorSettings,
  ...localSettings,
  ...batchSettings,
  ...operatorSettings,
  ...doctorSettings,
  ...tracingSettings,
  ...commonSettings,
};

export type SettingName = keyof typeof SETTINGS;
/** The parsed value of every setting. */
export type Settings = { [K in SettingName]: ReturnType<(typeof SETTINGS)[K]["parse"]> };
