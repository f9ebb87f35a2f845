import { type Cluster, ClusterError, type KubernetesObject } from "../kubernetes/cluster.ts";
import type { Logger } from "../telemetry/log.ts";
import { delay } from "../async/wait.ts";
import { CREDENTIALS } from "./security/credentials.ts";
import { difference } from "./reconcile/drift.ts";
import { CRD, GROUP_VERSION, unknownField } from "./pipeline.ts";

const NAMESPACED = { apiVersion: GROUP_VERSION, kind: "Pipeline" };

/**
 * Makes the namespace and the CustomResourceDefinition where they are missing or old; resolves when Pipelines are served.
 * A definition of a later version is left: without its fields the API server would drop what Pipelines say in them.
 */
export async function install(
  cluster: Cluster,
  namespace: string,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  await ensure(
    cluster,
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: {
        name: namespace,
        // Nothing here needs more, and nothing else shall have it.
        labels: { "pod-security.kubernetes.io/enforce": "restricted" },
      },
    },
    log,
    signal,
  );
  await ensure(cluster, CRD, log, signal);
  for (;;) {
    try {
      await cluster.list(NAMESPACED, { namespace, signal });
      return;
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 404) throw error;
      await delay(200, signal);
    }
  }
}

/**
 * Makes a Pipeline with every default where there is none. Not where an earlier one left its passwords behind: whoever
 * deleted that did not ask for another.
 */
export async function makeDefaultPipeline(
  cluster: Cluster,
  namespace: string,
  log: Logger,
  signal: AbortSignal,
  pipeline: KubernetesObject = defaultPipeline(namespace),
): Promise<void> {
  const { items } = await cluster.list(NAMESPACED, { namespace, signal });
  if (items.length > 0) return;
  const left = await cluster.get({ apiVersion: "v1", kind: "Secret", namespace, name: CREDENTIALS }, signal);
  if (left) {
    log.info("no Pipeline, and none is made: an earlier one was deleted here", { secret: CREDENTIALS });
    return;
  }
  const { name } = pipeline.metadata;
  try {
    await cluster.create({ ...pipeline, metadata: { ...pipeline.metadata, namespace } }, signal);
    log.info("made a Pipeline", { namespace, name });
  } catch (error) {
    if (!isConflict(error)) throw error;
    log.info("another operator made the Pipeline", { namespace, name });
  }
}

/** A Pipeline that leaves everything to the defaults. */
export function defaultPipeline(namespace: string): KubernetesObject {
  return { ...NAMESPACED, metadata: { name: "pipeline", namespace }, spec: {} };
}

/** Attempts to make an object that others make at the same time: each is answered after one of them is done. */
const ATTEMPTS = 5;
const CONFLICT_PAUSE_MS = 100;

const isConflict = (error: unknown): boolean => error instanceof ClusterError && error.status === 409;

async function ensure(
  cluster: Cluster,
  object: KubernetesObject,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await ensureOnce(cluster, object, log, signal);
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
      await delay(CONFLICT_PAUSE_MS * attempt, signal);
    }
  }
}

async function ensureOnce(
  cluster: Cluster,
  object: KubernetesObject,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { apiVersion, kind, metadata: { name } } = object;
  const live = await cluster.get({ apiVersion, kind, name }, signal);
  // A namespace that is there is somebody's: its labels are not ours to set.
  if (live && (kind === "Namespace" || difference(object, live) === undefined)) return;
  const field = live && unknownField(live);
  if (field !== undefined) {
    log.warn("a later version's definition is left as it is", { kind, name, field });
    return;
  }
  try {
    await cluster.apply(object, { force: true, signal });
    log.info(live ? "brought up to date" : "made", { kind, name });
  } catch (error) {
    if (!live || !(error instanceof ClusterError) || error.status !== 403) throw error;
    log.warn("not allowed to bring it up to date: kubectl apply -f manifests/crd.yaml", { kind, name });
  }
}
