import {
  type Cluster,
  ClusterError,
  describe,
  keyOf,
  type KindRef,
  type KubernetesObject,
  type ObjectMeta,
  type Ref,
  type WatchEvent,
} from "../../../src/kubernetes/cluster.ts";

type Verb = "get" | "list" | "apply" | "create" | "replace" | "delete" | "watch";

interface Watcher {
  kind: string;
  namespace: string | undefined;
  send(event: WatchEvent | ClusterError | "end"): void;
}

/**
 * Objects in memory with versions, conflicts and watches like an API server's. Apply merges plain objects and knows no
 * field managers; label selectors are not heeded.
 */
export class FakeCluster implements Cluster {
  readonly objects = new Map<string, KubernetesObject>();
  /** API groups that it has besides those of its objects. */
  readonly groups = new Set<string>();
  /** Verb and object of each request, such as `get Lease pipeline/operator`. */
  readonly calls: string[] = [];
  /** Called before each request; throws to refuse it. */
  before: (verb: Verb, what: string, signal?: AbortSignal) => void | Promise<void> = () => {};
  readonly #history: { version: number; event: WatchEvent }[] = [];
  readonly #watchers = new Set<Watcher>();
  #version = 100;
  #oldest = 0;

  get watchers(): number {
    return this.#watchers.size;
  }

  async get(ref: Ref, signal?: AbortSignal): Promise<KubernetesObject | undefined> {
    await this.#enter("get", describe(ref.kind, ref), signal);
    return structuredClone(this.objects.get(idOf(ref)));
  }

  async getMetadata(ref: Ref, signal?: AbortSignal): Promise<ObjectMeta | undefined> {
    await this.#enter("get", `metadata of ${describe(ref.kind, ref)}`, signal);
    return structuredClone(this.objects.get(idOf(ref))?.metadata);
  }

  async serves(group: string, signal?: AbortSignal): Promise<boolean> {
    await this.#enter("get", `API group ${group}`, signal);
    return this.groups.has(group);
  }

  async list(
    kind: KindRef,
    { namespace, signal }: { namespace?: string; labelSelector?: string; signal?: AbortSignal } = {},
  ): Promise<{ items: KubernetesObject[]; resourceVersion: string }> {
    await this.#enter("list", kind.kind, signal);
    const items = [...this.objects.values()].filter((object) =>
      groupOf(object) === groupOf(kind) &&
      (namespace === undefined || object.metadata.namespace === namespace)
    );
    return { items: structuredClone(items), resourceVersion: String(this.#version) };
  }

  async apply(
    object: KubernetesObject,
    { dryRun, signal }: { force?: boolean; dryRun?: boolean; subresource?: "status"; signal?: AbortSignal } =
      {},
  ): Promise<KubernetesObject> {
    await this.#enter("apply", describe(object.kind, object.metadata), signal);
    const known = this.objects.get(idOf({ ...object, ...object.metadata }));
    const wanted = known === undefined ? object : merge(known, object) as KubernetesObject;
    if (dryRun || (known !== undefined && equal(known, wanted))) return structuredClone(wanted);
    return this.#store(wanted, known);
  }

  async create(object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject> {
    const what = describe(object.kind, object.metadata);
    await this.#enter("create", what, signal);
    if (this.objects.has(idOf({ ...object, ...object.metadata }))) throw conflict(what, "AlreadyExists");
    return this.#store(object, undefined);
  }

  async replace(object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject> {
    const what = describe(object.kind, object.metadata);
    await this.#enter("replace", what, signal);
    const known = this.objects.get(idOf({ ...object, ...object.metadata }));
    if (known === undefined) {
      throw new ClusterError(`cannot replace ${what}: not found`, { status: 404, reason: "NotFound" });
    }
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion !== known.metadata.resourceVersion) {
      throw conflict(what, "Conflict");
    }
    return this.#store(object, known);
  }

  async delete(
    ref: Ref,
    { signal, uid }: { uid?: string; propagation?: string; signal?: AbortSignal } = {},
  ): Promise<boolean> {
    const what = describe(ref.kind, ref);
    await this.#enter("delete", what, signal);
    const known = this.objects.get(idOf(ref));
    if (known === undefined) return false;
    if (uid !== undefined && uid !== known.metadata.uid) throw conflict(what, "Conflict");
    this.objects.delete(idOf(ref));
    this.#happened("DELETED", known);
    return true;
  }

  async *watch(
    kind: KindRef,
    { namespace, resourceVersion, signal }: {
      namespace?: string;
      labelSelector?: string;
      resourceVersion: string;
      signal: AbortSignal;
    },
  ): AsyncGenerator<WatchEvent> {
    await this.#enter("watch", kind.kind, signal);
    if (Number(resourceVersion) < this.#oldest) throw gone(kind.kind);
    const queue: Parameters<Watcher["send"]>[0][] = this.#history
      .filter(({ version }) => version > Number(resourceVersion))
      .map(({ event }) => event)
      .filter(({ object }) => groupOf(object) === groupOf(kind));
    let wake = () => {};
    const watcher: Watcher = {
      kind: groupOf(kind),
      namespace,
      send(event) {
        queue.push(event);
        wake();
      },
    };
    const stop = () => wake();
    this.#watchers.add(watcher);
    signal.addEventListener("abort", stop);
    try {
      while (true) {
        signal.throwIfAborted();
        const next = queue.shift();
        if (next === "end") return;
        if (next instanceof ClusterError) throw next;
        if (next !== undefined) yield structuredClone(next);
        else await new Promise<void>((resolve) => wake = resolve);
      }
    } finally {
      this.#watchers.delete(watcher);
      signal.removeEventListener("abort", stop);
    }
  }

  /** Ends every watch, as a server does from time to time, or with an error. */
  endWatches(how: ClusterError | "end" = "end"): void {
    for (const { send } of this.#watchers) send(how);
  }

  /** Sends a bookmark to every watch. */
  bookmark(): void {
    const metadata = { name: "", resourceVersion: String(this.#version) };
    for (const { send } of this.#watchers) {
      send({ type: "BOOKMARK", object: { apiVersion: "v1", kind: "Bookmark", metadata } });
    }
  }

  /** Forgets all changes until now: watches from before are refused with 410. */
  compact(): void {
    this.#oldest = ++this.#version;
    this.#history.length = 0;
  }

  async #enter(verb: Verb, what: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.calls.push(`${verb} ${what}`);
    await this.before(verb, what, signal);
    signal?.throwIfAborted();
  }

  #store(object: KubernetesObject, known: KubernetesObject | undefined): KubernetesObject {
    const stored = structuredClone({
      ...object,
      metadata: {
        ...object.metadata,
        uid: known?.metadata.uid ?? `uid-${this.#version}`,
        resourceVersion: String(this.#version + 1),
      },
    });
    this.objects.set(idOf({ ...stored, ...stored.metadata }), stored);
    this.#happened(known === undefined ? "ADDED" : "MODIFIED", stored);
    return structuredClone(stored);
  }

  #happened(type: WatchEvent["type"], object: KubernetesObject): void {
    const version = ++this.#version;
    const metadata = { ...object.metadata, resourceVersion: String(version) };
    const event: WatchEvent = { type, object: { ...object, metadata } };
    this.#history.push({ version, event });
    for (const { kind, namespace, send } of this.#watchers) {
      if (kind === groupOf(object) && (namespace === undefined || namespace === metadata.namespace)) {
        send(event);
      }
    }
  }
}

/** No answer from the server. */
export function away(): ClusterError {
  return new ClusterError("no answer", { status: 0, reason: "Unreachable" });
}

/** The server no longer has the changes since then. */
export function gone(kind: string): ClusterError {
  return new ClusterError(`cannot watch ${kind}: too old resource version`, {
    status: 410,
    reason: "Expired",
  });
}

function conflict(what: string, reason: string): ClusterError {
  return new ClusterError(`cannot write ${what}: ${reason}`, { status: 409, reason });
}

const groupOf = ({ apiVersion, kind }: KindRef) => `${apiVersion} ${kind}`;
const idOf = (ref: Ref) => `${groupOf(ref)} ${keyOf(ref)}`;
const equal = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function merge(old: unknown, changes: unknown): unknown {
  if (!isRecord(old) || !isRecord(changes)) return changes;
  const merged = { ...old };
  for (const [key, value] of Object.entries(changes)) merged[key] = merge(old[key], value);
  return merged;
}
