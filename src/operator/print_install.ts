import { parseAll, stringify } from "@std/yaml";
import install from "../../manifests/operator.yaml" with { type: "text" };
import type { KubernetesObject } from "../kubernetes/cluster.ts";
import { fitPods, fitPolicy, type Platform } from "./components/pods/platform.ts";
import { isWorkload, type Workload } from "./workload.ts";

/** The namespace that `manifests/operator.yaml` is written for. */
const WRITTEN_FOR = "pipeline";
const CLUSTER_WIDE = ["ClusterRole", "ClusterRoleBinding"];

interface Rbac extends KubernetesObject {
  rules?: { resources: string[]; resourceNames?: string[] }[];
  roleRef?: { kind: string; name: string };
  subjects?: { namespace: string }[];
}

const ANY: Platform = { openShift: false };

/**
 * The objects of `manifests/operator.yaml` for a namespace, and for a platform. What is not in the namespace bears its name: other
 * operators keep theirs.
 */
export function installOf(namespace: string, platform = ANY): KubernetesObject[] {
  return (parseAll(install) as KubernetesObject[]).map((object) => {
    const own = moved(structuredClone(object), namespace);
    if (isWorkload(own)) fitOperator(own, platform);
    fitPolicy(own, platform);
    return own;
  });
}

/** The operator's own pod, which does with the pipeline's what is done with it. */
function fitOperator({ spec: { template: { spec } } }: Workload, platform: Platform): void {
  fitPods(spec, platform);
  const { imageRegistry, openShift } = platform;
  const args = spec.containers[0].args as string[];
  if (imageRegistry !== undefined) args.push("--image-registry", imageRegistry);
  if (openShift) args.push("--platform", "openshift");
}

/** The same as a text that `kubectl apply -f -` takes. */
export const installText = (namespace: string, platform = ANY): string =>
  installOf(namespace, platform).map((object) => stringify(object, { lineWidth: -1, useAnchors: false }))
    .join("---\n");

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
