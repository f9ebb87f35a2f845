import type { Component } from "../../../src/operator/components/desired.ts";
import { isCronJob, isWorkload, type Workload } from "../../../src/operator/workload.ts";

export type Template = Workload["spec"]["template"];

/** The templates of all pods, by the names of their components. */
export function podTemplates(components: readonly Component[]): [string, Template][] {
  return components.flatMap(({ name, objects }) =>
    objects.flatMap((object): [string, Template][] =>
      isWorkload(object)
        ? [[name, object.spec.template]]
        : isCronJob(object)
        ? [[name, object.spec.jobTemplate.spec.template]]
        : []
    )
  );
}
