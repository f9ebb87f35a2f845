import { hash } from "../../hash.ts";
import { SECRETS_CHECKSUM } from "../../names.ts";
import { externalSecrets } from "../../external.ts";
import type { Pipeline } from "../../pipeline.ts";
import type { Observed } from "../../reconcile/observed.ts";
import { isOwnSecret } from "../../security/own_secrets.ts";
import { type EnvVar, isWorkload, type Workload } from "../../workload.ts";
import { annotated, type Overlay } from "../overlays.ts";
import { podFieldsOf } from "./fields.ts";

/** Versions of Secrets that others made, by name; one that cannot be seen is missing. They say nothing of what is in a Secret. */
export type SecretVersions = ReadonlyMap<string, string>;

/** Names of the Secrets that a Pipeline's pods read, and that others made. */
export function namedSecrets({ spec }: Pipeline): string[] {
  const ofPods = Object.keys(spec).flatMap((field) => podFieldsOf(spec, field).env ?? []);
  const places = [
    spec.schemaRegistry?.passwordSecret,
    spec.tracing?.headersSecret,
    ...Object.values(externalSecrets(spec)),
  ];
  const names = [
    spec.feed.tokenSecret.name,
    ...places.flatMap((secret) => secret?.name ?? []),
    ...ofPods.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef.name ?? []),
  ];
  return [...new Set(names)].filter((name) => !isOwnSecret(name)).sort();
}

/**
 * Rolls the pods when a Secret changes of which a variable is made: a container reads its variables once. While one of the
 * Secrets cannot be seen, what runs stays.
 */
export const rolledBySecrets = (versions: SecretVersions, observed: Observed): Overlay => (draft) => {
  const { env = [] } = draft.pods.spec.template.spec.containers[0];
  const names = [...new Set(env.flatMap(secretOf))].filter((name) => !isOwnSecret(name)).sort();
  if (names.length === 0) return;
  const seen = names.every((name) => versions.has(name))
    ? hash(names.map((name) => [name, versions.get(name)]))
    : runningWith(draft.workload.metadata.name, observed);
  if (seen !== undefined) annotated({ [SECRETS_CHECKSUM]: seen })(draft);
};

function secretOf({ valueFrom }: EnvVar): string[] {
  const { secretKeyRef } = (valueFrom ?? {}) as { secretKeyRef?: { name: string } };
  return secretKeyRef === undefined ? [] : [secretKeyRef.name];
}

function runningWith(name: string, observed: Observed): string | undefined {
  const live = observed.get("Deployment", name);
  if (live === undefined || !isWorkload(live)) return undefined;
  return (live as Workload).spec.template.metadata?.annotations?.[SECRETS_CHECKSUM];
}
