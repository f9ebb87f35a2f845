/** What the operator needs of a Kubernetes API server, free of any client library: fakes in tests implement it too. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  /** Absent on cluster-scoped objects. */
  namespace?: string;
  uid?: string;
  /** Opaque; changes with every write. */
  resourceVersion?: string;
  /** Raised by the server when the spec changes. */
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  /** Set while the object waits for its finalizers. RFC 3339. */
  deletionTimestamp?: string;
  /** RFC 3339. */
  creationTimestamp?: string;
  managedFields?: unknown[];
}

export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** Names one object. */
export interface Ref {
  apiVersion: string;
  kind: string;
  /** Needed for kinds that live in namespaces, ignored for others. */
  namespace?: string;
  name: string;
}

/** Names a kind in one version of its API, such as `apps/v1` `StatefulSet`. */
export interface KindRef {
  apiVersion: string;
  kind: string;
}

export interface WatchEvent {
  /** A bookmark carries only a newer `metadata.resourceVersion`: all changes up to it were sent. */
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: KubernetesObject;
}

/**
 * A Kubernetes API server. Every method rejects with a {@linkcode ClusterError}, or with the reason of its signal when
 * that is aborted. A kind that the server does not know is an error with status 404 and reason `NoKind`, for `get` and
 * `delete` too: its CRD may be about to come.
 */
export interface Cluster {
  /** Resolves to undefined when there is no such object. */
  get(ref: Ref, signal?: AbortSignal): Promise<KubernetesObject | undefined>;
  /** The same of its metadata alone: what is in the object is not sent. */
  getMetadata(ref: Ref, signal?: AbortSignal): Promise<ObjectMeta | undefined>;
  /** Whether the server has an API group, such as `monitoring.coreos.com`. */
  serves(group: string, signal?: AbortSignal): Promise<boolean>;
  /** All objects of a kind, of one namespace or of all, and the version from which to watch. */
  list(
    kind: KindRef,
    options?: { namespace?: string; labelSelector?: string; signal?: AbortSignal },
  ): Promise<{ items: KubernetesObject[]; resourceVersion: string }>;
  /**
   * Server-side apply as field manager {@linkcode FIELD_MANAGER}: makes the object or changes the fields that it
   * names, and removes those that an earlier apply named. Rejects with 409 when another manager owns a field whose
   * value differs, unless `force`. With `dryRun` nothing is stored and the answer is what would have been.
   */
  apply(
    object: KubernetesObject,
    options?: { force?: boolean; dryRun?: boolean; subresource?: "status"; signal?: AbortSignal },
  ): Promise<KubernetesObject>;
  /** Rejects with 409 when it exists. */
  create(object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject>;
  /** Writes the whole object; rejects with 409 when its `resourceVersion` is no longer the newest. */
  replace(object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject>;
  /**
   * Asks for deletion; finalizers may keep the object for a while. Resolves to false when there is none. With `uid` it
   * rejects with 409 when the name now belongs to another object. Propagation: the kind's default.
   */
  delete(
    ref: Ref,
    options?: { uid?: string; propagation?: "Background" | "Foreground" | "Orphan"; signal?: AbortSignal },
  ): Promise<boolean>;
  /**
   * Changes after `resourceVersion`, in order. Returns when the server ends the watch, which it does within
   * {@linkcode WATCH_SECONDS}: a longer silence means that it is dead; throws a ClusterError with status 410 when it no longer has the changes since then: list again.
   */
  watch(
    kind: KindRef,
    options: { namespace?: string; labelSelector?: string; resourceVersion: string; signal: AbortSignal },
  ): AsyncGenerator<WatchEvent>;
}

/**
 * Seconds after which the server is asked to end a watch, so that silence can be told from death: bookmarks do not come
 * for every kind.
 */
export const WATCH_SECONDS = 120;

/** Under which the operator's fields are owned in server-side apply. */
export const FIELD_MANAGER = "finnhub-pipe";

export interface ClusterErrorOptions {
  /** HTTP status; 0 when there was no answer. */
  status: number;
  /** Kubernetes' word for it, such as `Conflict`, `Invalid`; `NoKind`, `Unreachable`, `Timeout` are our own. */
  reason: string;
  /** Milliseconds to wait before another attempt, when the server says so. */
  retryAfter?: number;
  cause?: unknown;
}

/** A request that failed. The message names the object and what to do about it; it never holds credentials. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly status: number;
  readonly reason: string;
  readonly retryAfter: number | undefined;

  constructor(message: string, { status, reason, retryAfter, cause }: ClusterErrorOptions) {
    super(message, cause === undefined ? {} : { cause });
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later without anyone doing anything. */
  get retriable(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** `namespace/name`, or `name` for cluster-scoped objects. */
export function keyOf({ namespace, name }: { namespace?: string; name: string }): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** An object's name for people, such as `StatefulSet pipeline/kafka`. */
export function describe(kind: string, named?: { namespace?: string; name?: string }): string {
  if (named?.name !== undefined) return `${kind} ${keyOf({ ...named, name: named.name })}`;
  return named?.namespace === undefined ? kind : `${kind} in namespace ${named.namespace}`;
}
