import type { Component } from "../components/desired.ts";
import { fieldOf } from "../components/pods/fields.ts";
import type { Resources } from "../pipeline.ts";
import { quantity } from "../quantity.ts";
import { type Container, isCronJob, isWorkload, type Templated } from "../workload.ts";
import type { Withheld } from "./refusals.ts";

/** Variables by which a Java program is told its heap: as an amount, or among other options. */
const HEAP = /^(?:.*-Xmx)?(\d+)([mMgG])\b/;

/** Components whose heap is a field, and which share of the memory is good for it. */
const HEAPS: Record<string, string> = { cassandra: "half", kafka: "a third" };

/**
 * Components whose containers ask for more than they may have, by the spec and the manifest together: requests above limits, which no
 * server takes, and a Java heap above the memory limit, with which it is killed again and again.
 */
export function refuseResources(components: readonly Component[]): Withheld[] {
  return components.flatMap(({ name, objects }) => {
    const field = fieldOf(name);
    return objects.flatMap((object): Withheld[] => {
      const pods: Templated | undefined = isWorkload(object)
        ? object
        : isCronJob(object)
        ? object.spec.jobTemplate
        : undefined;
      const [container] = pods?.spec.template.spec.containers ?? [];
      if (container === undefined) return [];
      return [...aboveLimits(field, container), ...aboveMemory(field, container)].map((found) => ({
        components: [name],
        ...found,
      }));
    });
  });
}

type Found = Pick<Withheld, "field" | "sentence">;

function aboveLimits(component: string, { resources }: Container): Found[] {
  const { limits = {}, requests = {} } = (resources ?? {}) as Resources;
  return Object.entries(requests).flatMap(([resource, request]) => {
    const limit = limits[resource];
    if (limit === undefined || !(quantity(request)! > quantity(limit)!)) return [];
    const field = `${component}.resources`;
    return [{
      field,
      sentence:
        `${field}: the request of ${resource}, ${request}, is above the limit, ${limit}; lower requests.${resource} ` +
        `or raise limits.${resource}`,
    }];
  });
}

function aboveMemory(component: string, { env = [], resources }: Container): Found[] {
  const memory = ((resources ?? {}) as Resources).limits?.memory;
  if (memory === undefined) return [];
  return env.flatMap(({ name, value }) => {
    const [, digits, unit] = /HEAP_(SIZE|OPTS)$|^JVM_OPTS$/.test(name) ? HEAP.exec(value ?? "") ?? [] : [];
    if (digits === undefined) return [];
    // Java counts in powers of two.
    const heap = Number(digits) * (unit!.toLowerCase() === "g" ? 2 ** 30 : 2 ** 20);
    if (heap < quantity(memory)!) return [];
    const share = HEAPS[component];
    const field = `${component}.${share ? "heap" : "resources"}`;
    return [{
      field,
      sentence: `${field}: a heap of ${digits}${unit} does not fit into the memory limit, ${memory}; ` +
        (share ? `lower heap to about ${share} of it, or ` : "") +
        `raise ${component}.resources.limits.memory`,
    }];
  });
}
