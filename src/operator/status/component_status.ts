import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Component } from "../components/desired.ts";
import { selectorOf } from "../names.ts";
import { externalPlace } from "../external.ts";
import type { ComponentState, ComponentStatus, Pipeline } from "../pipeline.ts";
import {
  type Claim,
  type Kind,
  lastRunTrouble,
  type Observed,
  type Progress,
  progressOf,
} from "../reconcile/observed.ts";
import { type CronJob, isCronJob, isWorkload, type Workload } from "../workload.ts";
import { kubectlFor, type PodStatus } from "./pod_types.ts";
import { podTrouble, versionOf } from "./pods.ts";
import { copying } from "./replication.ts";

/** What a pass over a component found out, besides what the cluster shows. */
export interface Pass {
  component: Component;
  /** Components that it waits for. */
  waitsFor: string[];
  /** The workload is as wanted: nothing is to be applied. */
  applied: boolean;
  /** Errors of single objects, for people. */
  errors: string[];
  /** The fields for which it stays as it is, until they are corrected. */
  held?: string | undefined;
}

/** By what components are judged, besides what the cluster shows now. */
export interface Judging {
  /** Milliseconds since the epoch. */
  now: number;
  /** Those that have lacked pods for long. */
  unborn: ReadonlySet<string>;
}

/** Controllers make pods within a second; what is not there after this is refused to them, milliseconds. */
export const MADE_WITHIN_MS = 60_000;

/** A volume that was just asked for is no trouble: milliseconds. */
const PROVIDED_WITHIN_MS = 30_000;

/** How a component is, from its workload, its pods and the pass over it. */
export function componentStatus(
  pipeline: Pipeline,
  observed: Observed,
  pass: Pass,
  judging: Judging,
): ComponentStatus {
  const { component: { name, objects }, errors, held, waitsFor } = pass;
  const cronJob = objects.find(isCronJob);
  if (cronJob) return cronJobStatus(pipeline, observed, pass, cronJob, judging);
  const wanted = objects.find(isWorkload);
  if (!wanted) return podlessStatus(pipeline, observed, pass);
  const live = liveOf(pipeline, observed, name, wanted, held);
  const progress: Progress = live
    ? progressOf(live)
    : { ready: 0, wanted: wanted.spec.replicas ?? 1, settled: false };
  const image = (live ?? wanted).spec.template.spec.containers[0].image;
  const trouble = errors[0] ?? progress.failed ?? troubleOf(pipeline, observed, name, live, judging);
  const base = {
    name,
    kind: wanted.kind,
    ready: progress.ready,
    wanted: progress.wanted,
    version: versionOf(image),
  };
  if (trouble !== undefined) return { ...base, state: "degraded", message: trouble };
  if (held !== undefined && !live) return { ...base, state: "waiting", message: heldMessage(held) };
  const applied = pass.applied || held !== undefined;
  if (waitsFor.length > 0 && (!live || !applied)) {
    return { ...base, state: "waiting", message: `waits for ${waitsFor.join(" and ")}` };
  }
  if (live && progress.settled && applied) return { ...base, state: "ready", message: "" };
  const copies = name === "setup" && live ? copying(pipeline) : undefined;
  return { ...base, state: "progressing", message: copies ?? doing(wanted, live, progress) };
}

/** Whether those that need a component may go on. */
export function isSettled(pipeline: Pipeline, observed: Observed, pass: Pass): boolean {
  const { applied, component, errors, held } = pass;
  const wanted = component.objects.find(isWorkload);
  if (!wanted) return true;
  const live = liveOf(pipeline, observed, component.name, wanted, held);
  if (live === undefined || errors.length > 0 || !progressOf(live).settled) return false;
  // One that is to stop, and stays as it is, has not stopped.
  return held === undefined ? applied : live.spec.replicas === wanted.spec.replicas;
}

/** The workload as it is; for one that is held that of before, which a Job has under another name. */
export function liveOf(
  pipeline: Pipeline,
  observed: Observed,
  component: string,
  { kind, metadata: { name } }: Workload,
  held: string | undefined,
): Workload | undefined {
  const live = observed.get(kind as Kind, name);
  if (live !== undefined || held === undefined) return live as Workload | undefined;
  return observed.list(kind as Kind).find(belongsTo(pipeline, component)) as Workload | undefined;
}

const heldMessage = (held: string) => `waits for ${held} to be corrected`;

/** What has no pods, such as an Ingress, is there or it is not. */
function podlessStatus(
  { spec }: Pipeline,
  observed: Observed,
  { component, errors, held }: Pass,
): ComponentStatus {
  const { name, objects } = component;
  const there = objects.length > 0;
  const waits = held !== undefined &&
    objects.some(({ kind, metadata }) => observed.get(kind as Kind, metadata.name) === undefined);
  return {
    name,
    kind: there ? objects[0]!.kind : "",
    state: errors.length > 0 ? "degraded" : waits ? "waiting" : there ? "ready" : "off",
    ready: 0,
    wanted: 0,
    version: "",
    message: errors[0] ?? (waits ? heldMessage(held) : externalPlace(spec, name) ?? ""),
  };
}

/** A CronJob is ready when it is there and its last run ended well; it has no pods for most of the time. */
function cronJobStatus(
  pipeline: Pipeline,
  observed: Observed,
  { applied, component, errors, held, waitsFor }: Pass,
  wanted: CronJob,
  { now }: Judging,
): ComponentStatus {
  const live = observed.get("CronJob", wanted.metadata.name) as CronJob | undefined;
  const pods = podsOf(pipeline, observed, component.name);
  // Those of earlier runs stay for a while, whatever became of them.
  const atWork = pods.filter(({ status }) =>
    ["Pending", "Running"].includes((status as PodStatus | undefined)?.phase ?? "")
  );
  const trouble = errors[0] ?? firstTrouble(pipeline, observed, atWork, now) ??
    (live && (lastRunTrouble(live) ?? unbornRun(live, pods, now)));
  const there = live !== undefined && (applied || held !== undefined);
  const waits = held !== undefined
    ? heldMessage(held)
    : waitsFor.length > 0
    ? `waits for ${waitsFor.join(" and ")}`
    : undefined;
  const state: ComponentState = trouble !== undefined
    ? "degraded"
    : there
    ? "ready"
    : waits !== undefined
    ? "waiting"
    : "progressing";
  return {
    name: component.name,
    kind: wanted.kind,
    state,
    ready: there ? 1 : 0,
    wanted: 1,
    version: versionOf((live ?? wanted).spec.jobTemplate.spec.template.spec.containers[0].image),
    message: trouble ?? (there ? "" : waits ?? "is being made"),
  };
}

function doing(wanted: Workload, live: Workload | undefined, { ready, wanted: count }: Progress): string {
  if (!live || (live.metadata.generation === 1 && ready === count)) return "is being made";
  if (wanted.kind === "Job") return "is at work";
  return ready === count ? "is being rolled to the newest settings" : `${ready} of ${count} pods are ready`;
}

function belongsTo(pipeline: Pipeline, component: string) {
  const selector = Object.entries(selectorOf(pipeline, component));
  return ({ metadata: { labels } }: KubernetesObject) =>
    selector.every(([label, value]) => labels?.[label] === value);
}

function podsOf(pipeline: Pipeline, observed: Observed, component: string): KubernetesObject[] {
  return observed.list("Pod").filter(belongsTo(pipeline, component));
}

function firstTrouble(
  { spec }: Pipeline,
  observed: Observed,
  pods: readonly KubernetesObject[],
  now: number,
): string | undefined {
  const look = { now, observed, tokenSecret: spec.feed.tokenSecret };
  for (const pod of pods) {
    const trouble = podTrouble(pod, look);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function troubleOf(
  pipeline: Pipeline,
  observed: Observed,
  component: string,
  live: Workload | undefined,
  { now, unborn }: Judging,
): string | undefined {
  const mine = belongsTo(pipeline, component);
  const trouble = firstTrouble(pipeline, observed, podsOf(pipeline, observed, component), now);
  if (trouble !== undefined) return trouble;
  const waiting = observed.list("PersistentVolumeClaim").find((claim) =>
    mine(claim) && (claim as Claim).status?.phase === "Pending" &&
    now - Date.parse(claim.metadata.creationTimestamp ?? "") > PROVIDED_WITHIN_MS
  );
  if (waiting) {
    return `volume ${waiting.metadata.name} is not provided: does the cluster have a default storage class, or the one in spec.storageClassName?`;
  }
  return live && unmadeTrouble(live, unborn.has(component));
}

const REMEDY = "raise the quota or change the rule that refuses them";

/** A run is under way, and never had a pod to run in. */
function unbornRun(
  { metadata: { namespace }, status }: CronJob,
  pods: readonly KubernetesObject[],
  now: number,
): string | undefined {
  const { active = [], lastScheduleTime = "" } = (status ?? {}) as {
    active?: unknown[];
    lastScheduleTime?: string;
  };
  const began = Date.parse(lastScheduleTime);
  if (active.length === 0 || !(now - began > MADE_WITHIN_MS)) return undefined;
  if (pods.some(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") >= began)) return undefined;
  return `the run of ${lastScheduleTime} has no pod, as when a quota or an admission rule refuses it: ` +
    `${kubectlFor(namespace)} describe jobs says why; ${REMEDY}`;
}

/** What keeps a workload from having its pods. */
function unmadeTrouble({ kind, metadata, status }: Workload, unborn: boolean): string | undefined {
  const { conditions = [] } = (status ?? {}) as {
    conditions?: { type: string; status: string; message?: string }[];
  };
  const refusal = conditions.find(({ status, type }) => type === "ReplicaFailure" && status === "True");
  if (refusal) return `pods cannot be made: ${refusal.message?.slice(0, 300) ?? "refused"}; ${REMEDY}`;
  if (!unborn) return undefined;
  const describe = `${kubectlFor(metadata.namespace)} describe ${kind.toLowerCase()} ${metadata.name}`;
  return `pods are not made, as when a quota or an admission rule refuses them: ${describe} says why; ${REMEDY}`;
}
