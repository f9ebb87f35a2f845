import { type Cluster, ClusterError, type KubernetesObject } from "../../kubernetes/cluster.ts";
import { errorText } from "../../telemetry/log.ts";
import type { Applier } from "./applier.ts";
import type { Credentials } from "../security/credentials.ts";
import { secretTrouble } from "../security/secrets.ts";
import { type Component, desiredState } from "../components/desired.ts";
import type { Events, Told } from "./events.ts";
import { isCronJob, isWorkload } from "../workload.ts";
import { type ServerName, SERVERS } from "../names.ts";
import type { Kind, Observed } from "./observed.ts";
import {
  type ComponentStatus,
  type Pipeline,
  pipelineNameProblem,
  type PipelineStatus,
  readPipeline,
} from "../pipeline.ts";
import { refuseReleases } from "./kafka_refusals.ts";
import { type Limits, refuseForbidden } from "./limits.ts";
import { foreignClaims, refuseForeignVolumes } from "./ownership.ts";
import { refusePods } from "./pods.ts";
import { prune } from "./pruning.ts";
import { refuseLosses, type Withheld } from "./refusals.ts";
import { refuseResources } from "./resources.ts";
import { PLAIN, type Security } from "../security/security.ts";
import type { Securing } from "../security/securing.ts";
import type { SurroundingsView } from "./surroundings.ts";
import { difference } from "./drift.ts";
import { failedStatus } from "../status/failed.ts";
import { isSettled, type Pass } from "../status/component_status.ts";
import { type Findings, statusOf } from "../status/status.ts";
import type { Unborn } from "../status/unborn.ts";

export interface ReconcilerOptions {
  cluster: Cluster;
  observed: Observed;
  applier: Applier;
  credentials: Credentials;
  securing: Securing;
  surroundings: SurroundingsView;
  events: Events;
  limits: Limits;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Workloads whose pods are not made. */
  unborn: Unborn;
  /** Messages that wait for the processor; undefined when that cannot be told. */
  lag(): number | undefined;
  /** Why what is seen of the cluster is old, for longer than it takes to ask again. */
  blind(): string[];
  /** Told of the components after each pass over a Pipeline that is run. */
  onComponents(components: readonly ComponentStatus[], security: Security): void;
}

/** What a pass may do. */
interface Leave {
  /** Writes nothing. */
  idle: boolean;
  /** Components that stay as they are, with the fields that are to be corrected. */
  held: ReadonlyMap<string, string>;
}

/** While something is not ready it is looked at this often, milliseconds: some trouble is told by time alone. */
const UNREADY_LOOK_MS = 30_000;
/** How often Secrets of others, which are not watched, are looked at, milliseconds. */
const SECRETS_LOOK_MS = 60_000;

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
    const asked = readPipeline(object);
    if (asked.metadata.deletionTimestamp !== undefined) return undefined;
    const { applier, blind, limits, observed, onComponents, unborn } = this.options;
    const { paused } = asked.spec;
    const { pipeline, refused } = refuseLosses(asked, observed);
    const troubles = [...others, ...pipelineNameProblem(asked.metadata.name)];
    const runs = troubles.length === 0;
    const { lost, unowned } = runs && !paused
      ? await this.#credentials(pipeline, signal)
      : { lost: [], unowned: [] };
    const secure = runs
      ? await this.options.securing.ensure(pipeline, paused || lost.length > 0, signal)
      : { security: PLAIN, refused: [], troubles: [] };
    troubles.push(...secure.troubles);
    const { security } = secure;
    const around = runs ? await this.options.surroundings.look(pipeline, signal) : undefined;
    const components = troubles.length > 0 ? [] : desiredState(pipeline, observed, security, around);
    const withheld = runs
      ? [
        ...refuseForbidden(pipeline, limits),
        ...refuseForeignVolumes(pipeline, observed),
        ...refuseReleases(asked, pipeline, observed),
        ...refuseResources(components),
        ...refusePods(pipeline, components, limits),
      ]
      : [];
    const leave = {
      idle: paused || troubles.length > 0 || lost.length > 0,
      held: heldBy(withheld, components),
    };
    const passes = await this.#components(pipeline, components, leave, signal);
    let left: string[] = [];
    if (!leave.idle) {
      applier.keepOnly(components.flatMap(({ objects }) => objects));
      left = await prune(pipeline, components, new Set(leave.held.keys()), this.options, signal);
    }
    const findings: Findings = {
      passes,
      refused: [...refused, ...unowned, ...secure.refused, ...withheld.map(({ sentence }) => sentence)],
      troubles: [...troubles, ...lost, ...blind()],
      left,
      security,
      lag: this.options.lag(),
      unborn: runs ? unborn.look(pipeline, passes, observed) : new Set<string>(),
    };
    const status = statusOf(pipeline, observed, findings, this.options.now());
    if (troubles.length === 0) onComponents(status.components ?? [], security);
    await this.#report(asked, status, findings, signal);
    const unready = status.components?.some(({ state }) => state !== "ready" && state !== "off");
    const dues = [applier.nextAttempt(), unborn.due(), unready ? UNREADY_LOOK_MS : SECRETS_LOOK_MS];
    return soonest(dues);
  }

  /**
   * Says in the status that passes over a Pipeline fail.
   *
   * @throws {ClusterError} when the server does not take it.
   */
  async tellFailure(object: KubernetesObject, why: string, signal: AbortSignal): Promise<void> {
    const pipeline = readPipeline(object);
    if (pipeline.metadata.deletionTimestamp !== undefined) return;
    const status = failedStatus(pipeline, why, this.options.now());
    await this.#report(pipeline, status, { refused: [], troubles: [why], left: [] }, signal);
  }

  async #credentials(
    pipeline: Pipeline,
    signal: AbortSignal,
  ): Promise<{ lost: string[]; unowned: string[] }> {
    try {
      return { lost: [], unowned: await this.options.credentials.ensure(pipeline, signal) };
    } catch (error) {
      const trouble = secretTrouble(error);
      if (trouble === undefined) throw error;
      return { lost: [`the pipeline's passwords cannot be kept: ${trouble}`], unowned: [] };
    }
  }

  async #components(
    pipeline: Pipeline,
    components: readonly Component[],
    leave: Leave,
    signal: AbortSignal,
  ): Promise<Pass[]> {
    const passes: Pass[] = [];
    const settled = new Set<string>();
    for (const component of components) {
      const pass = await this.#component(component, settled, leave, signal);
      passes.push(pass);
      if (isSettled(pipeline, this.options.observed, pass)) settled.add(component.name);
    }
    return passes;
  }

  async #component(
    component: Component,
    settled: ReadonlySet<string>,
    { held, idle }: Leave,
    signal: AbortSignal,
  ): Promise<Pass> {
    const { applier, observed } = this.options;
    const waitsFor = component.after.filter((name) => !settled.has(name));
    const field = held.get(component.name);
    const pass: Pass = { component, waitsFor, applied: true, errors: [], held: field };
    for (const object of component.objects) {
      const live = observed.get(object.kind as Kind, object.metadata.name);
      const stale = applier.staleness(object, live);
      if (stale === undefined) continue;
      const runs = isWorkload(object) || isCronJob(object);
      if (runs) pass.applied = false;
      if (idle || (runs && waitsFor.length > 0)) continue;
      if (field !== undefined && (runs || object.kind === "Ingress")) continue;
      if (this.#isForeignVolume(component, object)) continue;
      try {
        await applier.apply(object, live, stale, signal);
      } catch (error) {
        if (!(error instanceof ClusterError) || error.status === 0) throw error;
        pass.errors.push(errorText(error));
      }
    }
    return pass;
  }

  #isForeignVolume({ name }: Component, { kind, metadata }: KubernetesObject): boolean {
    if (kind !== "PersistentVolumeClaim" || !(SERVERS as readonly string[]).includes(name)) return false;
    return [...foreignClaims(this.options.observed, name as ServerName).values()].includes(metadata.name);
  }

  async #report(
    pipeline: Pipeline,
    status: PipelineStatus,
    told: Told,
    signal: AbortSignal,
  ): Promise<void> {
    const { cluster, events } = this.options;
    if (
      difference(status, pipeline.status) === undefined && difference(pipeline.status, status) === undefined
    ) return;
    const { apiVersion, kind, metadata: { name, namespace } } = pipeline;
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    await cluster.apply({ apiVersion, kind, metadata, status }, {
      force: true,
      subresource: "status",
      signal,
    });
    // One that could not be written is tried again, and would be told again.
    events.transitions(pipeline, status, told);
  }
}

/** Of components that are on, those that stay as they are, with the fields that are to be corrected. */
function heldBy(withheld: readonly Withheld[], components: readonly Component[]): Map<string, string> {
  const held = new Map<string, string>();
  for (const { components: names, field } of withheld) {
    for (const { name, objects } of components) {
      if (!names.includes(name) || objects.length === 0) continue;
      held.set(name, held.has(name) ? `${held.get(name)}, ${field}` : field);
    }
  }
  return held;
}

function soonest(dues: (number | undefined)[]): number | undefined {
  const given = dues.filter((due) => due !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}
