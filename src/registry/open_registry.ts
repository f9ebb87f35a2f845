import { plainDecoder } from "../processing/decode.ts";
import type { Decoder } from "../processing/ports.ts";
import { RegisteredSchemas } from "../processing/registered_schemas.ts";
import type { RegistrySettings } from "../settings/registry.ts";
import { registryExchange } from "./http.ts";
import { registryMetrics } from "./metrics.ts";
import { SchemaRegistry } from "./schema_registry.ts";
import type { Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";

/**
 * The schema registry that the settings name; undefined for none.
 *
 * @throws {SettingError} for settings that contradict each other.
 */
export function openRegistry(
  settings: RegistrySettings,
  metrics?: MetricRegistry,
): SchemaRegistry | undefined {
  const exchange = registryExchange(settings, fetch);
  return exchange && new SchemaRegistry(exchange, metrics && registryMetrics(metrics));
}

/** Reads values of the topic: Confluent's wire format too where a schema registry is set. */
export function decoderOf(
  settings: RegistrySettings,
  metrics: MetricRegistry,
  log: Logger,
  signal: AbortSignal,
): Decoder {
  const source = openRegistry(settings, metrics);
  if (!source) return plainDecoder;
  const clock = () => performance.now();
  const schemas = new RegisteredSchemas({ source, log, random: Math.random, clock, signal });
  metrics.gaugeOf(
    "finnhub_pipe_registry_schemas",
    "Schemas of the registry that are remembered",
    () => schemas.size,
  );
  metrics.gaugeOf(
    "finnhub_pipe_registry_stalled",
    "1 while messages wait for the schema registry",
    () => schemas.stalled ? 1 : 0,
  );
  return schemas;
}
