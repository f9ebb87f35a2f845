import type { Pipeline } from "../../pipeline.ts";
import { selectorOf } from "../../names.ts";
import type { Overlay } from "../overlays.ts";
import { podFieldsOf, type Scheduling } from "./fields.ts";

/** Kubernetes' own grace period where a manifest has none, in seconds. */
const GRACE_SECONDS = 30;

/**
 * What `spec.scheduling` says of all pods and `spec.<component>.pod` of one component's, field by field: the component's own wins.
 * Labels, annotations and variables of ours stay; `refusePods` tells of those that would change them.
 */
export const podFields = (pipeline: Pipeline, component: string): Overlay => ({ pods }) => {
  const { scheduling = {} } = pipeline.spec;
  const own = podFieldsOf(pipeline.spec, component);
  const { template } = pods.spec;
  const { spec } = template;
  Object.assign(spec, placement({ ...scheduling, ...own }, pipeline, component, spec.affinity));
  template.metadata = {
    ...template.metadata,
    ...(own.labels && { labels: { ...own.labels, ...template.metadata?.labels } }),
    ...(own.annotations && { annotations: { ...own.annotations, ...template.metadata?.annotations } }),
  };
  if (own.imagePullSecrets?.length) {
    const names = new Set([
      ...(spec.imagePullSecrets ?? []).map(({ name }) => name),
      ...own.imagePullSecrets,
    ]);
    spec.imagePullSecrets = [...names].map((name) => ({ name }));
  }
  const [container] = spec.containers;
  // Before ours: they can refer to none of ours, and of two with one name the last counts.
  if (own.env?.length) container.env = [...own.env, ...container.env ?? []];
  if (own.terminationGracePeriodSeconds !== undefined) {
    const least = Number(spec.terminationGracePeriodSeconds ?? GRACE_SECONDS);
    spec.terminationGracePeriodSeconds = Math.max(least, own.terminationGracePeriodSeconds);
  }
};

/** @param spread The affinity by which pods of a component keep away from one another; each of its parts may be replaced. */
function placement(
  { affinity, nodeSelector, priorityClassName, runtimeClassName, schedulerName, ...rest }: Scheduling,
  pipeline: Pipeline,
  component: string,
  spread: unknown,
): Record<string, unknown> {
  const { tolerations, topologySpreadConstraints } = rest;
  const labelSelector = { matchLabels: selectorOf(pipeline, component) };
  return {
    ...(affinity && { affinity: { ...spread as object | undefined, ...affinity } }),
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations }),
    ...(topologySpreadConstraints && {
      topologySpreadConstraints: topologySpreadConstraints.map((each) => ({ ...each, labelSelector })),
    }),
    ...(priorityClassName && { priorityClassName }),
    ...(schedulerName && { schedulerName }),
    ...(runtimeClassName && { runtimeClassName }),
  };
}
