import {
  type Cluster,
  ClusterError,
  describe,
  FIELD_MANAGER,
  type KindRef,
  type KubernetesObject,
  type ObjectMeta,
  type Ref,
  WATCH_SECONDS,
  type WatchEvent,
} from "./cluster.ts";
import type { ApiRequest } from "./connection.ts";
import { Discovery, resourcePath } from "./discovery.ts";
import { noKind } from "./failure.ts";
import { readEvents } from "./watch_events.ts";

/** The requests that a {@linkcode RestCluster} makes; see Connection. */
export interface Api {
  json(request: ApiRequest): Promise<unknown>;
  stream(request: ApiRequest): AsyncIterable<Uint8Array>;
}

/** Every kind has this form: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const METADATA_ALONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
/** Objects asked for at once in a list. */
const PAGE = 250;

type Named = { namespace?: string | undefined; name?: string | undefined };

/** What a request is about, and the rest of it. */
type Call = Omit<ApiRequest, "path" | "what"> & {
  kind: KindRef;
  named: Named;
  subresource?: string | undefined;
};

/** Kubernetes' REST conventions over requests that someone else sends. */
export class RestCluster implements Cluster {
  readonly #api: Api;
  readonly #discovery: Discovery;

  constructor(api: Api) {
    this.#api = api;
    this.#discovery = new Discovery((path, signal) =>
      api.json({ verb: "discover", what: `ask which kinds ${path} has`, path, signal })
    );
  }

  async get(ref: Ref, signal?: AbortSignal): Promise<KubernetesObject | undefined> {
    try {
      return await this.#object({ verb: "get", kind: ref, named: ref, signal });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async getMetadata(ref: Ref, signal?: AbortSignal): Promise<ObjectMeta | undefined> {
    try {
      const call = { verb: "get", kind: ref, named: ref, accept: METADATA_ALONE, signal } as const;
      return (await this.#object(call)).metadata;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async serves(group: string, signal?: AbortSignal): Promise<boolean> {
    const what = `ask whether there are kinds of ${group}`;
    try {
      await this.#api.json({ verb: "discover", what, path: `/apis/${group}`, signal });
      return true;
    } catch (error) {
      if (error instanceof ClusterError && error.status === 404) return false;
      throw error;
    }
  }

  async list(
    kind: KindRef,
    { labelSelector, namespace, signal }: {
      namespace?: string;
      labelSelector?: string;
      signal?: AbortSignal;
    } = {},
  ): Promise<{ items: KubernetesObject[]; resourceVersion: string }> {
    const items: KubernetesObject[] = [];
    const query: Record<string, string | undefined> = { labelSelector, limit: String(PAGE) };
    while (true) {
      const answer = await this.#request({ verb: "list", kind, named: { namespace }, query, signal }) as {
        metadata: { resourceVersion: string; continue?: string };
        items: KubernetesObject[];
      };
      // The items of a list come without their kind.
      for (const item of answer.items) items.push({ ...item, apiVersion: kind.apiVersion, kind: kind.kind });
      if (!answer.metadata.continue) return { items, resourceVersion: answer.metadata.resourceVersion };
      query.continue = answer.metadata.continue;
    }
  }

  apply(
    object: KubernetesObject,
    { dryRun, force, signal, subresource }: {
      force?: boolean;
      dryRun?: boolean;
      subresource?: "status";
      signal?: AbortSignal;
    } = {},
  ): Promise<KubernetesObject> {
    // An apply that carries managed fields is refused; an object that was read has them.
    const { managedFields: _, ...metadata } = object.metadata;
    return this.#object({
      verb: "apply",
      kind: object,
      named: metadata,
      subresource,
      query: {
        fieldManager: FIELD_MANAGER,
        force: force ? "true" : undefined,
        dryRun: dryRun ? "All" : undefined,
      },
      body: { ...object, metadata },
      signal,
    });
  }

  create(object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject> {
    const { kind, metadata: { name, namespace } } = object;
    return this.#object({
      verb: "create",
      kind: object,
      named: { namespace },
      query: { fieldManager: FIELD_MANAGER },
      body: object,
      signal,
    }, describe(kind, { ...(namespace === undefined ? {} : { namespace }), name }));
  }

  replace(object: KubernetesObject, signal?: AbortSignal): Promise<KubernetesObject> {
    return this.#object({
      verb: "update",
      kind: object,
      named: object.metadata,
      query: { fieldManager: FIELD_MANAGER },
      body: object,
      signal,
    });
  }

  async delete(
    ref: Ref,
    { propagation, signal, uid }: {
      uid?: string;
      propagation?: "Background" | "Foreground" | "Orphan";
      signal?: AbortSignal;
    } = {},
  ): Promise<boolean> {
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      ...(propagation === undefined ? {} : { propagationPolicy: propagation }),
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    };
    try {
      await this.#request({ verb: "delete", kind: ref, named: ref, body, signal });
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async *watch(
    kind: KindRef,
    { labelSelector, namespace, resourceVersion, signal }: {
      namespace?: string;
      labelSelector?: string;
      resourceVersion: string;
      signal: AbortSignal;
    },
  ): AsyncGenerator<WatchEvent> {
    const what = `watch ${describe(kind.kind, namespace === undefined ? {} : { namespace })}`;
    const resource = await this.#discovery.resource(kind, what, signal);
    const chunks = this.#api.stream({
      verb: "watch",
      what,
      path: resourcePath(kind.apiVersion, resource, { namespace }),
      query: {
        watch: "true",
        allowWatchBookmarks: "true",
        timeoutSeconds: String(WATCH_SECONDS),
        resourceVersion,
        labelSelector,
      },
      signal,
    });
    yield* readEvents(chunks, what);
  }

  async #object(call: Call, subject?: string): Promise<KubernetesObject> {
    return await this.#request(call, subject) as KubernetesObject;
  }

  async #request({ kind, named, subresource, ...rest }: Call, subject?: string): Promise<unknown> {
    const { name, namespace } = named;
    const about = subject ?? describe(kind.kind, {
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    });
    const what = `${rest.verb} ${about}${subresource === undefined ? "" : `'s ${subresource}`}`;
    const resource = await this.#discovery.resource(kind, what, rest.signal);
    if (resource.namespaced && namespace === undefined && rest.verb !== "list") {
      throw new ClusterError(`cannot ${what}: a ${kind.kind} needs a namespace`, {
        status: 400,
        reason: "NoNamespace",
      });
    }
    const path = resourcePath(kind.apiVersion, resource, { namespace, name });
    try {
      return await this.#api.json({
        ...rest,
        what,
        path: subresource === undefined ? path : `${path}/${subresource}`,
      });
    } catch (error) {
      if (!(error instanceof ClusterError) || error.reason !== "HTTP404") throw error;
      // No API serves the path, although discovery once said so: the CRD was removed.
      this.#discovery.forget(kind.apiVersion);
      throw noKind(what, kind.apiVersion, kind.kind);
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof ClusterError && error.status === 404 && error.reason === "NotFound";
}
