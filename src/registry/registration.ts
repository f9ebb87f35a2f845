import { errorText, type Logger } from "../telemetry/log.ts";
import { backoff, delay, isAbort } from "../async/wait.ts";
import { SchemaRefused, type SchemaRegistry } from "./schema_registry.ts";

export interface RegistrationOptions {
  registry: SchemaRegistry;
  topic: string;
  log: Logger;
  random: () => number;
}

/**
 * Registers our schema for a topic's values, trying until the registry answers; its id.
 *
 * @throws {SchemaRefused} when the registry will not have it
 */
export async function registerSchema(
  { log, random, registry, topic }: RegistrationOptions,
  signal: AbortSignal,
): Promise<number> {
  for (let attempt = 0;; attempt++) {
    signal.throwIfAborted();
    try {
      const id = await registry.register(topic, signal);
      log.info("schema registered", { topic, id });
      return id;
    } catch (error) {
      if (error instanceof SchemaRefused || isAbort(error, signal)) throw error;
      log.warn("the schema is not registered yet, trying again; trades wait", { error: errorText(error) });
      await delay(backoff(attempt, { cap: 5000, random }), signal);
    }
  }
}
