import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Component } from "../components/desired.ts";
import { type CronJob, isCronJob, isWorkload, type Workload } from "../workload.ts";
import { SECURED, type Secured, selectorOf } from "../names.ts";
import {
  type Claim,
  lastRunTrouble,
  type Observed,
  type Progress,
  progressOf,
} from "../reconcile/observed.ts";
import { replication } from "../components/server.ts";
import {
  type ComponentState,
  type ComponentStatus,
  type Condition,
  type Pipeline,
  type PipelineStatus,
  replicasOf,
} from "../pipeline.ts";
import { podTrouble, versionOf } from "./pods.ts";
import type { Security } from "../security/security.ts";

/** What a pass over a component found out, besides what the cluster shows. */
export interface Pass {
  component: Component;
  /** Components that it waits for. */
  waitsFor: string[];
  /** The workload is as wanted: nothing is to be applied. */
  applied: boolean;
  /** Errors of single objects, for people. */
  errors: string[];
}

export interface Findings {
  passes: readonly Pass[];
  refused: readonly string[];
  /** Trouble of no component, such as another Pipeline in the namespace. */
  troubles: readonly string[];
  /** Messages that wait for the processor; undefined when it was not asked. */
  lag: number | undefined;
  security: Security;
}

/** How a component is, from its workload, its pods and the pass over it. */
export function componentStatus(pipeline: Pipeline, observed: Observed, pass: Pass): ComponentStatus {
  const { component: { name, objects }, errors, waitsFor } = pass;
  const cronJob = objects.find(isCronJob);
  if (cronJob) return cronJobStatus(observed, pass, cronJob);
  const wanted = objects.find(isWorkload);
  if (!wanted) {
    // An Ingress has no pods: it is there or it is not.
    const there = objects.length > 0;
    return {
      name,
      kind: there ? objects[0]!.kind : "",
      state: off(there, errors),
      ready: 0,
      wanted: 0,
      version: "",
      message: errors[0] ?? "",
    };
  }
  const live = observed.get(wanted.kind as "Job", wanted.metadata.name) as Workload | undefined;
  const progress: Progress = live
    ? progressOf(live)
    : { ready: 0, wanted: wanted.spec.replicas ?? 1, settled: false };
  const image = (live ?? wanted).spec.template.spec.containers[0].image;
  const trouble = errors[0] ?? progress.failed ?? troubleOf(pipeline, observed, name);
  const base = {
    name,
    kind: wanted.kind,
    ready: progress.ready,
    wanted: progress.wanted,
    version: versionOf(image),
  };
  if (trouble !== undefined) return { ...base, state: "degraded", message: trouble };
  if (waitsFor.length > 0 && (!live || !pass.applied)) {
    return { ...base, state: "waiting", message: `waits for ${waitsFor.join(" and ")}` };
  }
  if (live && progress.settled && pass.applied) return { ...base, state: "ready", message: "" };
  const copies = name === "setup" && live ? copying(pipeline) : undefined;
  return { ...base, state: "progressing", message: copies ?? doing(wanted, live, progress) };
}

/** What setup does where there are to be more copies: every row is read once for each, which may take hours. */
function copying(pipeline: Pipeline): string | undefined {
  const made = pipeline.status?.replication;
  if (made === undefined) return undefined;
  const wanted = replicationOf(pipeline);
  const more = SECURED.filter((server) => (made[server] ?? 0) < wanted[server]);
  if (more.length === 0) return undefined;
  const what = { cassandra: "rows", kafka: "messages" };
  const each = more.map((server) => `${made[server]} to ${wanted[server]} replicas of all ${what[server]}`);
  return `makes more copies, ${each.join(", ")}; its log says how far it is`;
}

/** How many copies setup is to make. */
const replicationOf = (pipeline: Pipeline): Record<Secured, number> => ({
  kafka: replication(replicasOf(pipeline, "kafka")),
  cassandra: replication(replicasOf(pipeline, "cassandra")),
});

/** A CronJob is ready when it is there and its last run ended well; it has no pods for most of the time. */
function cronJobStatus(observed: Observed, { applied, component, errors, waitsFor }: Pass, wanted: CronJob) {
  const live = observed.get("CronJob", wanted.metadata.name) as CronJob | undefined;
  const trouble = errors[0] ?? (live && lastRunTrouble(live));
  const there = live !== undefined && applied;
  const state: ComponentState = trouble !== undefined
    ? "degraded"
    : there
    ? "ready"
    : waitsFor.length > 0
    ? "waiting"
    : "progressing";
  return {
    name: component.name,
    kind: wanted.kind,
    state,
    ready: there ? 1 : 0,
    wanted: 1,
    version: versionOf((live ?? wanted).spec.jobTemplate.spec.template.spec.containers[0].image),
    message: trouble ??
      (there ? "" : waitsFor.length > 0 ? `waits for ${waitsFor.join(" and ")}` : "is being made"),
  };
}

const off = (there: boolean, errors: readonly string[]) =>
  errors.length > 0 ? "degraded" : there ? "ready" : "off";

function doing(wanted: Workload, live: Workload | undefined, { ready, wanted: count }: Progress): string {
  if (!live || (live.metadata.generation === 1 && ready === count)) return "is being made";
  if (wanted.kind === "Job") return "is at work";
  return ready === count ? "is being rolled to the newest settings" : `${ready} of ${count} pods are ready`;
}

function troubleOf(pipeline: Pipeline, observed: Observed, component: string): string | undefined {
  const selector = Object.entries(selectorOf(pipeline, component));
  const mine = (object: KubernetesObject) =>
    selector.every(([label, value]) => object.metadata.labels?.[label] === value);
  for (const pod of observed.list("Pod").filter(mine)) {
    const trouble = podTrouble(pod);
    if (trouble !== undefined) return trouble;
  }
  const waiting = observed.list("PersistentVolumeClaim").find((claim) =>
    mine(claim) && (claim as Claim).status?.phase === "Pending" && old(claim)
  );
  return waiting &&
    `volume ${waiting.metadata.name} is not provided: does the cluster have a default storage class, or the one in spec.storageClassName?`;
}

/** A volume that was just asked for is no trouble. */
const old = ({ metadata }: KubernetesObject) =>
  Date.now() - Date.parse(metadata.creationTimestamp ?? "") > 30_000;

/** The whole status; conditions keep their times while they stay as they are. */
export function statusOf(
  pipeline: Pipeline,
  observed: Observed,
  findings: Findings,
  now: () => number,
): PipelineStatus {
  const { transport, validUntil } = findings.security;
  const components = findings.passes.map((pass) => componentStatus(pipeline, observed, pass));
  const of = (name: string) => components.find((component) => component.name === name);
  const count = (name: string) => {
    const { ready = 0, wanted = 0 } = of(name) ?? {};
    return `${ready}/${wanted}`;
  };
  const partitions = of("setup")?.state === "ready"
    ? pipeline.spec.kafka.topic.partitions
    : pipeline.status?.topic?.partitions;
  const copies = of("setup")?.state === "ready" ? replicationOf(pipeline) : pipeline.status?.replication;
  return {
    observedGeneration: pipeline.metadata.generation ?? 0,
    summary: {
      kafka: count("kafka"),
      cassandra: count("cassandra"),
      ...(findings.lag === undefined ? {} : { lag: coarse(findings.lag) }),
    },
    ...(transport === "plain" ? {} : { security: { transport, ...(validUntil && { validUntil }) } }),
    ...(partitions === undefined ? {} : { topic: { partitions } }),
    ...(copies === undefined ? {} : { replication: copies }),
    components,
    conditions: conditions(pipeline, components, findings, now),
  };
}

/** A lag changes all the time, and a status must not: its order of magnitude is enough. */
export function coarse(lag: number): string {
  if (lag < 1000) return "below 1000";
  return `over ${10 ** Math.floor(Math.log10(lag))}`;
}

function conditions(
  pipeline: Pipeline,
  components: readonly ComponentStatus[],
  { refused, troubles }: Findings,
  now: () => number,
): Condition[] {
  const { generation = 0 } = pipeline.metadata;
  const condition = (type: string, holds: boolean, reason: string, message: string): Condition => {
    const status = holds ? "True" : "False";
    const before = pipeline.status?.conditions?.find((each) => each.type === type);
    const since = before?.status === status ? before.lastTransitionTime : new Date(now()).toISOString();
    return {
      type,
      status,
      reason,
      message,
      // As the server stores it: seconds.
      lastTransitionTime: since.replace(/\.\d+Z$/, "Z"),
      observedGeneration: generation,
    };
  };
  const sentence = ({ message, name }: ComponentStatus) => `${name}: ${message}`;
  const busy = components.filter(({ state }) => state === "progressing" || state === "waiting");
  const broken = components.filter(({ state }) => state === "degraded");
  const wrong = [...troubles, ...refused, ...broken.map(sentence)];
  const unready = [...troubles, ...[...broken, ...busy].map(sentence)];
  const { paused } = pipeline.spec;
  return [
    condition(
      "Ready",
      unready.length === 0,
      unready.length === 0 ? "AllReady" : "NotReady",
      text(unready, "every component is ready"),
    ),
    condition(
      "Progressing",
      busy.length > 0,
      busy.length > 0 ? "AtWork" : "Settled",
      text(busy.map(sentence), "nothing is to be done"),
    ),
    condition(
      "Degraded",
      wrong.length > 0,
      degradedReason(refused, broken, troubles),
      text(wrong, "nothing is wrong"),
    ),
    condition(
      "Paused",
      paused,
      paused ? "AskedFor" : "Running",
      paused ? "spec.paused is true: nothing is changed" : "changes are made as they come",
    ),
  ];
}

function degradedReason(
  refused: readonly string[],
  broken: readonly ComponentStatus[],
  troubles: readonly string[],
): string {
  if (troubles.length > 0) return "NotRun";
  if (refused.length > 0) return "ChangeRefused";
  return broken.length > 0 ? "ComponentTrouble" : "AsExpected";
}

/** Longest message of a condition, in characters: Kubernetes takes 32,768, people fewer. */
const MOST = 2000;

const text = (sentences: readonly string[], none: string): string =>
  sentences.length === 0 ? none : sentences.join("; ").slice(0, MOST);
