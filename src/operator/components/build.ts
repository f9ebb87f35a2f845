import { parseAll } from "@std/yaml";
import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { MANAGED_BY, selectorOf } from "../names.ts";
import type { Pipeline } from "../pipeline.ts";
import { isCronJob, isWorkload } from "../workload.ts";
import type { Context, Definition, Files } from "./definition.ts";
import type { Draft } from "./overlays.ts";
import { podFields } from "./pods/overlay.ts";
import { onPlatform } from "./pods/platform.ts";
import { rolledBySecrets } from "./pods/secrets.ts";

/**
 * A component's objects: its manifest, made this pipeline's own and changed by its overlays, between its ConfigMaps and what no
 * manifest has. Nobody changes them afterwards. None when the Pipeline leaves the component out.
 */
export function build(name: string, definition: Definition, context: Context): KubernetesObject[] {
  const parts = definition.parts(context);
  if (parts === undefined) return [];
  const { pipeline } = context;
  // Parsed anew each time: nobody can change another's copy, and YAML's aliases are no shared objects.
  const objects = (parseAll(definition.manifest) as KubernetesObject[])
    .map((object) => owned(pipeline, name, structuredClone(object)));
  const draft = draftOf(name, objects);
  const ofPods = [
    podFields(pipeline, name),
    rolledBySecrets(context.secrets, context.observed),
    onPlatform(context),
  ];
  for (const overlay of [...parts.overlays, ...ofPods, ...parts.last ?? []]) overlay(draft);
  const maps = Object.entries(parts.maps ?? {}).map(([map, data]) => configMap(pipeline, name, map, data));
  return [...maps, ...objects, ...parts.more ?? []];
}

function draftOf(name: string, objects: KubernetesObject[]): Draft {
  for (const object of objects) {
    if (isWorkload(object)) return { objects, workload: object, pods: object };
    if (isCronJob(object)) return { objects, workload: object, pods: object.spec.jobTemplate };
  }
  throw new RangeError(`the manifest of ${name} has no Deployment, StatefulSet, Job or CronJob`);
}

/** Gives an object what every object of a pipeline has: namespace, labels, owner, selectors. */
export function owned(pipeline: Pipeline, component: string, object: KubernetesObject): KubernetesObject {
  const { name, namespace, uid } = pipeline.metadata;
  const labels = {
    ...selectorOf(pipeline, component),
    "app.kubernetes.io/part-of": "finnhub-pipe",
    ...MANAGED_BY,
  };
  object.metadata = {
    ...object.metadata,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...object.metadata.labels, ...labels },
    // Without it, when there is no Pipeline in a cluster yet, a dry run prints what people apply themselves.
    ...(uid === undefined ? {} : {
      ownerReferences: [{
        apiVersion: pipeline.apiVersion,
        kind: pipeline.kind,
        name,
        uid,
        controller: true,
      }],
    }),
  };
  const selector = selectorOf(pipeline, component);
  if (isCronJob(object)) {
    const { template } = object.spec.jobTemplate.spec;
    template.metadata = { ...template.metadata, labels };
  } else if (isWorkload(object)) {
    object.spec.template.metadata = { ...object.spec.template.metadata, labels };
    // A Job's selector is made by the server.
    if (object.kind !== "Job") object.spec.selector = { matchLabels: selector };
  } else if (object.kind === "Service") {
    Object.assign(object.spec as object, { selector });
  } else if (object.kind === "PodDisruptionBudget") {
    Object.assign(object.spec as object, { selector: { matchLabels: selector } });
  } else if (object.kind === "NetworkPolicy") {
    Object.assign(object.spec as object, { podSelector: { matchLabels: selector } });
  }
  return object;
}

/** A ConfigMap of a component. */
export function configMap(
  pipeline: Pipeline,
  component: string,
  name: string,
  data: Files,
): KubernetesObject {
  return owned(pipeline, component, { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
}
