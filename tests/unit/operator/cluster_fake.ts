import { assertEquals } from "@std/assert";
import type { KubernetesObject } from "../../../src/kubernetes/cluster.ts";
import type { Component } from "../../../src/operator/components/desired.ts";
import type { Workload } from "../../../src/operator/workload.ts";
import type { Observed } from "../../../src/operator/reconcile/observed.ts";
import { type Pipeline, pipelineProblems, readPipeline } from "../../../src/operator/pipeline.ts";

/** A Pipeline as the API server gives it. */
export function pipeline(spec: object = {}, status?: Record<string, unknown>): Pipeline {
  const object = {
    apiVersion: "finnhub-pipe.dev/v1alpha1",
    kind: "Pipeline",
    metadata: { name: "pipeline", namespace: "trades", uid: "u1", generation: 3 },
    spec,
    ...(status === undefined ? {} : { status }),
  };
  // The server would refuse it, or drop what its schema lacks.
  assertEquals(pipelineProblems(object), []);
  return readPipeline(object);
}

/** A cluster that holds these objects, whose storage class `fast` lets volumes grow. */
export function cluster(...objects: KubernetesObject[]): Observed {
  return {
    get: (kind, name) => objects.find((object) => object.kind === kind && object.metadata.name === name),
    list: (kind) => objects.filter((object) => object.kind === kind),
    canGrow: (storageClass) => storageClass === "fast",
  };
}

/** The volume claim of one server's pod. */
export function claim(
  server: string,
  number: number,
  storage: string,
  storageClassName = "fast",
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: `data-${server}-${number}`, namespace: "trades" },
    spec: { storageClassName, resources: { requests: { storage } } },
  };
}

/** One object among components, by `Kind/name`. */
export function find(components: readonly Component[], name: string): KubernetesObject {
  const objects = components.flatMap((component) => component.objects);
  const found = objects.find(({ kind, metadata }) => `${kind}/${metadata.name}` === name);
  if (!found) {
    throw new Error(
      `there is no ${name}, only ${objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)}`,
    );
  }
  return found;
}

/** A container's environment by name. */
export function environment(object: KubernetesObject): Record<string, unknown> {
  const [container] = (object as Workload).spec.template.spec.containers;
  return Object.fromEntries(
    (container.env ?? []).map(({ name, value, valueFrom }) => [name, value ?? valueFrom]),
  );
}
