import { parseAll, stringify } from "@std/yaml";
import install from "../../manifests/operator.yaml" with { type: "text" };
import type { KubernetesObject } from "../kubernetes/cluster.ts";
import { isWorkload } from "./workload.ts";

/** The namespace that `manifests/operator.yaml` is written for. */
const WRITTEN_FOR = "pipeline";
const CLUSTER_WIDE = ["ClusterRole", "ClusterRoleBinding"];

interface Rbac extends KubernetesObject {
  rules?: { resources: string[]; resourceNames?: string[] }[];
  roleRef?: { kind: string; name: string };
  subjects?: { namespace: string }[];
}

/** The objects of `manifests/operator.yaml` for a namespace. What is not in it bears its name: other operators keep theirs. */
export function installOf(namespace: string): KubernetesObject[] {
  return (parseAll(install) as KubernetesObject[]).map((object) => moved(structuredClone(object), namespace));
}

/** The same as a text that `kubectl apply -f -` takes. */
export const installText = (namespace: string): string =>
  installOf(namespace).map((object) => stringify(object, { lineWidth: -1, useAnchors: false })).join("---\n");

function moved(object: Rbac, namespace: string): KubernetesObject {
  const { kind, metadata, roleRef, rules = [], subjects = [] } = object;
  const ofNamespace = (name: string) => name.slice(0, -WRITTEN_FOR.length) + namespace;
  if (kind === "Namespace") metadata.name = namespace;
  if (metadata.namespace !== undefined) metadata.namespace = namespace;
  if (CLUSTER_WIDE.includes(kind)) metadata.name = ofNamespace(metadata.name);
  if (roleRef?.kind === "ClusterRole") roleRef.name = ofNamespace(roleRef.name);
  for (const subject of subjects) subject.namespace = namespace;
  for (const rule of rules) {
    if (rule.resources.includes("namespaces")) rule.resourceNames = [namespace];
  }
  if (isWorkload(object)) {
    const [container] = object.spec.template.spec.containers;
    const args = container.args as string[];
    args[args.indexOf("--namespace") + 1] = namespace;
  }
  return object;
}
