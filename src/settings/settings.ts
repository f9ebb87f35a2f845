import { alertSettings } from "./alerts.ts";
import { batchSettings } from "./batch.ts";
import { candleSettings, candleViewSettings } from "./candles.ts";
import { cassandraSettings } from "./cassandra.ts";
import { commonSettings } from "./common.ts";
import { doctorSettings } from "./doctor.ts";
import { finnhubSettings } from "./finnhub.ts";
import { kafkaSettings } from "./kafka.ts";
import { localSettings } from "./local.ts";
import { operatorSettings } from "./operator.ts";
import { processorSettings } from "./processor.ts";
import { registrySettings } from "./registry.ts";
import { simulatorSettings } from "./simulator.ts";
import { tracingSettings } from "./tracing.ts";

import type { Setting, Values } from "./setting.ts";

export type { Setting } from "./setting.ts";
export type { Misbehaviour } from "./simulator.ts";

/** The groups of settings, in the order of the data's way, under the titles that help gives them. */
export const GROUPS: readonly (readonly [title: string, settings: Record<string, Setting<unknown>>])[] = [
  ["Feed", finnhubSettings],
  ["Simulated market", simulatorSettings],
  ["Page and local pipeline", localSettings],
  ["Alerts", alertSettings],
  ["Kafka", kafkaSettings],
  ["Schema registry", registrySettings],
  ["Cassandra", cassandraSettings],
  ["Candles", { ...candleSettings, ...candleViewSettings }],
  ["Stream processor", processorSettings],
  ["Batch layer", batchSettings],
  ["Operator", operatorSettings],
  ["Doctor", doctorSettings],
  ["Tracing", tracingSettings],
  ["General", commonSettings],
];

/** Every setting of every role, once. Help and the README's table are made from it. */
export const SETTINGS = {
  ...finnhubSettings,
  ...kafkaSettings,
  ...registrySettings,
  ...cassandraSettings,
  ...candleSettings,
  ...candleViewSettings,
  ...processorSettings,
  ...simulatorSettings,
  ...localSettings,
  ...alertSettings,
  ...batchSettings,
  ...operatorSettings,
  ...doctorSettings,
  ...tracingSettings,
  ...commonSettings,
};

export type SettingName = keyof typeof SETTINGS;
/** The parsed value of every setting. */
export type Settings = Values<typeof SETTINGS>;
