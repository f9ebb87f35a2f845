import {
  ClusterError,
  type KubernetesObject,
  type OwnerReference,
  type Ref,
} from "../../kubernetes/cluster.ts";
import { errorText } from "../../telemetry/log.ts";
import { MANAGED_BY } from "../names.ts";
import type { Pipeline } from "../pipeline.ts";

/** Names a Secret in the Pipeline's namespace. */
export function secretRef({ metadata: { namespace } }: Pipeline, name: string): Ref {
  return { apiVersion: "v1", kind: "Secret", name, ...(namespace === undefined ? {} : { namespace }) };
}

/** By which an object goes with the Pipeline. */
export function ownersOf({ apiVersion, kind, metadata: { name, uid } }: Pipeline): OwnerReference[] {
  return uid === undefined ? [] : [{ apiVersion, kind, name, uid }];
}

/** Whether an owner is a Pipeline, of now or of before. */
export const isPipeline = ({ apiVersion, kind }: OwnerReference): boolean =>
  kind === "Pipeline" && apiVersion.startsWith("finnhub-pipe.dev/");

/** What an error with a Secret means to people; undefined where the same may succeed in a moment. */
export function secretTrouble(error: unknown): string | undefined {
  if (!(error instanceof ClusterError) || error.retriable) return undefined;
  if (error.status === 409) return undefined;
  const remedy = error.status === 403 ? "; kubectl apply -f manifests/operator.yaml allows it" : "";
  return `${errorText(error)}${remedy}`;
}

/**
 * A Secret of the operator's own.
 *
 * @param data encoded, as a Secret has it
 */
export function secretOf(
  { apiVersion, kind, ...metadata }: Ref,
  owners: OwnerReference[],
  data: Record<string, string>,
): KubernetesObject {
  return {
    apiVersion,
    kind,
    metadata: {
      ...metadata,
      labels: { "app.kubernetes.io/part-of": "finnhub-pipe", ...MANAGED_BY },
      ...(owners.length > 0 && { ownerReferences: owners }),
    },
    type: "Opaque",
    data,
  };
}
