import type { KubernetesObject, OwnerReference, Ref } from "../../kubernetes/cluster.ts";
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
