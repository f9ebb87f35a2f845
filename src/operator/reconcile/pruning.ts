import { type Cluster, ClusterError, type KubernetesObject } from "../../kubernetes/cluster.ts";
import { errorText } from "../../telemetry/log.ts";
import type { Component } from "../components/desired.ts";
import { MANAGED_BY } from "../names.ts";
import type { Pipeline } from "../pipeline.ts";
import { isOwnSecret } from "../security/own_secrets.ts";
import type { Workload } from "../workload.ts";
import type { Events } from "./events.ts";
import { MADE_KINDS, type Observed, type ObservedCondition, VERSIONS } from "./observed.ts";

export interface PruningOptions {
  cluster: Cluster;
  observed: Observed;
  events: Events;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Jobs that gave up are made anew after this time, in milliseconds. */
const RETRY_JOB_MS = 60_000;

/**
 * Removes what was made for this Pipeline and is no longer wanted, and Jobs that gave up.
 *
 * @param held components of which nothing is removed, but a producer that sends the operator's passwords away
 * @returns what could not be removed, each a sentence with the reason
 * @throws {ClusterError} when the API server cannot be reached.
 */
export async function prune(
  pipeline: Pipeline,
  components: readonly Component[],
  held: ReadonlySet<string>,
  { cluster, events, now, observed }: PruningOptions,
  signal: AbortSignal,
): Promise<string[]> {
  const wanted = new Set(
    components.flatMap(({ objects }) => objects.map((each) => `${each.kind} ${each.metadata.name}`)),
  );
  const left: string[] = [];
  for (const kind of MADE_KINDS) {
    for (const live of observed.list(kind)) {
      const { deletionTimestamp, labels, name, uid } = live.metadata;
      if (!wasMadeFor(pipeline, live) || deletionTimestamp !== undefined) continue;
      const isHeld = held.has(labels?.["app.kubernetes.io/name"] ?? "");
      const leaks = isHeld && sendsOwnSecret(live);
      if (isHeld && !leaks) continue;
      const kept = wanted.has(`${kind} ${name}`) && !leaks;
      if (kept && !(kind === "Job" && gaveUp(live, now()))) continue;
      const ref = { apiVersion: VERSIONS[kind], kind, ...live.metadata };
      const options = { propagation: "Background" as const, signal, ...(uid ? { uid } : {}) };
      try {
        await cluster.delete(ref, options);
      } catch (error) {
        if (!(error instanceof ClusterError) || error.status === 0) throw error;
        // With 409 the name is another object's by now.
        if (error.status !== 409) left.push(`${kind} ${name} is no longer wanted: ${errorText(error)}`);
        continue;
      }
      const why = leaks
        ? ", since it sends a Secret of the operator's own to a feed"
        : kept
        ? " to be made anew"
        : "";
      events.add(
        pipeline,
        leaks ? "Warning" : "Normal",
        kept ? "JobRetried" : "Pruned",
        `${kind} ${name} was deleted${why}`,
      );
    }
  }
  return left;
}

function wasMadeFor(
  { metadata: { name, uid } }: Pipeline,
  { metadata: { labels, ownerReferences } }: KubernetesObject,
): boolean {
  return Object.entries(MANAGED_BY).every(([label, value]) => labels?.[label] === value) &&
    labels?.["app.kubernetes.io/instance"] === name &&
    (ownerReferences?.some((owner) => owner.uid === uid) ?? false);
}

/** Whether a producer, which a version before the limit made, has a Secret of ours for its token. */
function sendsOwnSecret(live: KubernetesObject): boolean {
  if (live.kind !== "Deployment") return false;
  const { env = [] } = (live as Workload).spec.template.spec.containers[0];
  const token = env.find(({ name }) => name === "FINNHUB_API_TOKEN")?.valueFrom;
  const { secretKeyRef } = (token ?? {}) as { secretKeyRef?: { name: string } };
  return secretKeyRef !== undefined && isOwnSecret(secretKeyRef.name);
}

function gaveUp(job: KubernetesObject, now: number): boolean {
  const { conditions } = (job.status ?? {}) as {
    conditions?: ObservedCondition[];
  };
  const failed = conditions?.find(({ status, type }) => type === "Failed" && status === "True");
  return failed !== undefined && now - Date.parse(failed.lastTransitionTime ?? "") > RETRY_JOB_MS;
}
