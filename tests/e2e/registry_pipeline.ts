import { type Registry, startRegistry } from "../services/mod.ts";
import { sharedServices } from "../services/shared.ts";
import { Pipeline } from "./pipeline.ts";

const services = await sharedServices();

/** Lets a producer write in Confluent's wire format. */
export const CONFLUENT = { KAFKA_VALUE_FORMAT: "confluent" };

/** Gives `work` a pipeline whose roles read by a schema registry of its own. */
export async function withRegistry(
  name: string,
  work: (pipeline: Pipeline, registry: Registry) => Promise<void>,
): Promise<void> {
  await using registry = await startRegistry();
  await using pipeline = await Pipeline.setUp(services, name);
  pipeline.env.SCHEMA_REGISTRY_URL = registry.url;
  await work(pipeline, registry);
}
