import type { Check, Finding } from "../doctor/finding.ts";
import { type SchemaRegistry, type Standing, subjectOf } from "./schema_registry.ts";

export interface RegistryCheckOptions {
  /** Undefined when no registry is set. */
  registry: SchemaRegistry | undefined;
  topic: string;
  /** Milliseconds, monotonic. */
  clock: () => number;
}

const SUBJECT = "registry schema";

/** Whether the schema registry answers, takes our login, and has our schema or would take it. */
export function registryCheck({ clock, registry, topic }: RegistryCheckOptions): Check {
  return {
    name: "registry",
    remedy: "check SCHEMA_REGISTRY_URL, and that the registry runs",
    run: async (signal) => {
      if (!registry) {
        const says = "SCHEMA_REGISTRY_URL is not set: values are plain Avro";
        return [{ subject: "registry", state: "skipped", says }];
      }
      const start = clock();
      const standing = await registry.standing(topic, signal);
      const says = `answers in ${Math.round(clock() - start)} ms`;
      return [{ subject: "registry", state: "ok", says }, finding(standing, subjectOf(topic))];
    },
  };
}

function finding(standing: Standing, subject: string): Finding {
  switch (standing) {
    case "registered":
      return { subject: SUBJECT, state: "ok", says: `${subject} has ours` };
    case "compatible":
      return { subject: SUBJECT, state: "ok", says: `${subject} has another, with which ours is compatible` };
    case "no schema yet":
      return { subject: SUBJECT, state: "ok", says: `${subject} has none yet; a producer registers ours` };
    case "incompatible":
      return {
        subject: SUBJECT,
        state: "failed",
        says: `${subject} has one with which ours is not compatible`,
        remedy: "change the subject's compatibility, or take another KAFKA_TOPIC_NAME",
      };
  }
}
