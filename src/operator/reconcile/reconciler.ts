import { type Cluster, ClusterError, type KubernetesObject } from "../../kubernetes/cluster.ts";
import { errorText } from "../../telemetry/log.ts";
import type { Applier } from "./applier.ts";
import type { Credentials } from "../security/credentials.ts";
import { type Component, desiredState } from "../components/desired.ts";
import type { Events } from "./events.ts";
import { isCronJob, isWorkload } from "../workload.ts";
import { MANAGED_BY } from "../names.ts";
import { type Kind, KINDS, MADE_KINDS, type Observed, progressOf } from "./observed.ts";
import { type ComponentStatus, type Pipeline, type PipelineStatus, readPipeline } from "../pipeline.ts";
import { refuseLosses } from "./refusals.ts";
import { PLAIN, type Security } from "../security/security.ts";
import type { Securing } from "../security/securing.ts";
import { difference } from "./drift.ts";
import { type Pass, statusOf } from "../status/status.ts";

export interface ReconcilerOptions {
  cluster: Cluster;
  observed: Observed;
  applier: Applier;
  credentials: Credentials;
  securing: Securing;
  events: Events;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Messages that wait for the processor; undefined when that cannot be told. */
  lag(): number | undefined;
  /** Told of the components after each pass over a Pipeline that is run. */
  onComponents(components: readonly ComponentStatus[], security: Security): void;
}

/** Jobs that gave up are made anew after this time, in milliseconds. */
const RETRY_JOB_MS = 60_000;

/** Brings a cluster to what a Pipeline says, step by step: each call does what can be done now. */
export class Reconciler {
  constructor(readonly options: ReconcilerOptions) {}

  /**
   * One pass.
   *
   * Errors of single objects are in the status and are tried again; resolves to when, in milliseconds from now.
   *
   * @param others why it is not to be run, such as another Pipeline in its namespace
   * @throws {ClusterError} when the API server cannot be reached.
   */
  async reconcile(
    object: KubernetesObject,
    others: readonly string[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const troubles = [...others];
    const asked = readPipeline(object);
    if (asked.metadata.deletionTimestamp !== undefined) return undefined;
    const { credentials, observed, securing } = this.options;
    const { pipeline, refused } = refuseLosses(asked, observed);
    let security = PLAIN;
    if (others.length === 0) {
      if (!asked.spec.paused) await credentials.ensure(pipeline, signal);
      const secure = await securing.ensure(pipeline, asked.spec.paused, signal);
      security = secure.security;
      refused.push(...secure.refused);
      troubles.push(...secure.troubles);
    }
    const components = troubles.length > 0 ? [] : desiredState(pipeline, observed, security);
    const idle = asked.spec.paused || troubles.length > 0;
    const passes: Pass[] = [];
    const settled = new Set<string>();
    for (const component of components) {
      const pass = await this.#component(component, settled, idle, signal);
      passes.push(pass);
      if (this.#isSettled(pass)) settled.add(component.name);
    }
    if (!idle) {
      this.options.applier.keepOnly(components.flatMap(({ objects }) => objects));
      await this.#prune(pipeline, components, signal);
    }
    const findings = { passes, refused, troubles, security, lag: this.options.lag() };
    const status = statusOf(pipeline, observed, findings, this.options.now);
    if (troubles.length === 0) this.options.onComponents(status.components ?? [], security);
    await this.#report(asked, status, refused, signal);
    return this.options.applier.nextAttempt();
  }

  async #component(
    component: Component,
    settled: ReadonlySet<string>,
    idle: boolean,
    signal: AbortSignal,
  ): Promise<Pass> {
    const { applier, observed } = this.options;
    const waitsFor = component.after.filter((name) => !settled.has(name));
    const pass: Pass = { component, waitsFor, applied: true, errors: [] };
    for (const object of component.objects) {
      const live = observed.get(object.kind as Kind, object.metadata.name);
      const stale = applier.staleness(object, live);
      if (stale === undefined) continue;
      const runs = isWorkload(object) || isCronJob(object);
      if (runs) pass.applied = false;
      if (idle || (runs && waitsFor.length > 0)) continue;
      try {
        await applier.apply(object, live, stale, signal);
      } catch (error) {
        if (!(error instanceof ClusterError) || error.status === 0) throw error;
        pass.errors.push(errorText(error));
      }
    }
    return pass;
  }

  #isSettled({ applied, component, errors }: Pass): boolean {
    const workload = component.objects.find(isWorkload);
    if (!workload) return true;
    const live = this.options.observed.get(workload.kind as Kind, workload.metadata.name);
    return applied && errors.length === 0 && live !== undefined && progressOf(live).settled;
  }

  /** Removes what was made for this pipeline and is no longer wanted, and Jobs that gave up. */
  async #prune(pipeline: Pipeline, components: readonly Component[], signal: AbortSignal): Promise<void> {
    const { cluster, events, now, observed } = this.options;
    const wanted = new Set(
      components.flatMap(({ objects }) => objects.map((each) => `${each.kind} ${each.metadata.name}`)),
    );
    const { metadata: { name, uid } } = pipeline;
    for (const kind of MADE_KINDS) {
      for (const live of observed.list(kind)) {
        const { deletionTimestamp, labels, name: objectName, ownerReferences } = live.metadata;
        const mine =
          labels?.["app.kubernetes.io/managed-by"] === MANAGED_BY["app.kubernetes.io/managed-by"] &&
          labels["app.kubernetes.io/instance"] === name &&
          ownerReferences?.some((owner) => owner.uid === uid);
        if (!mine || deletionTimestamp !== undefined) continue;
        const kept = wanted.has(`${kind} ${objectName}`);
        if (kept && !(kind === "Job" && gaveUp(live, now()))) continue;
        const ref = { apiVersion: KINDS[kind], kind, ...live.metadata };
        const options = {
          propagation: "Background" as const,
          signal,
          ...(live.metadata.uid ? { uid: live.metadata.uid } : {}),
        };
        await cluster.delete(ref, options).catch((error) => {
          if (!(error instanceof ClusterError) || error.status === 0) throw error;
        });
        events.add(
          pipeline,
          "Normal",
          kept ? "JobRetried" : "Pruned",
          `${kind} ${objectName} was deleted${kept ? " to be made anew" : ""}`,
        );
      }
    }
  }

  async #report(
    pipeline: Pipeline,
    status: PipelineStatus,
    refused: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { cluster, events } = this.options;
    if (
      difference(status, pipeline.status) === undefined && difference(pipeline.status, status) === undefined
    ) return;
    events.transitions(pipeline, status, refused);
    const { apiVersion, kind, metadata: { name, namespace } } = pipeline;
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    await cluster.apply({ apiVersion, kind, metadata, status }, {
      force: true,
      subresource: "status",
      signal,
    });
  }
}

function gaveUp(job: KubernetesObject, now: number): boolean {
  const { conditions } = (job.status ?? {}) as {
    conditions?: { type: string; status: string; lastTransitionTime?: string }[];
  };
  const failed = conditions?.find(({ status, type }) => type === "Failed" && status === "True");
  return failed !== undefined && now - Date.parse(failed.lastTransitionTime ?? "") > RETRY_JOB_MS;
}
