import { ClusterError, type KindRef } from "./cluster.ts";
import { noKind } from "./failure.ts";

/** How a kind is addressed. */
export interface Resource {
  /** Plural, such as `statefulsets`. */
  name: string;
  namespaced: boolean;
}

/** Asks the server for what a version of an API holds; throws a ClusterError with status 404 when it has no such. */
export type AskResources = (path: string, signal?: AbortSignal) => Promise<unknown>;

/** Finds the address of a kind by asking the server; answers are kept, and asked for again when a kind is not in them. */
export class Discovery {
  readonly #ask: AskResources;
  readonly #known = new Map<string, Map<string, Resource>>();

  constructor(ask: AskResources) {
    this.#ask = ask;
  }

  /**
   * @param what Verb and object, for the message.
   * @throws {ClusterError} with reason `NoKind` when the server does not serve the kind.
   */
  async resource({ apiVersion, kind }: KindRef, what: string, signal?: AbortSignal): Promise<Resource> {
    const known = this.#known.get(apiVersion)?.get(kind);
    if (known !== undefined) return known;
    const asked = await this.#read(apiVersion, signal);
    this.#known.set(apiVersion, asked);
    const found = asked.get(kind);
    if (found === undefined) throw noKind(what, apiVersion, kind);
    return found;
  }

  /** Forgets a version: a path that should be served is not, as when a CRD was removed. */
  forget(apiVersion: string): void {
    this.#known.delete(apiVersion);
  }

  async #read(apiVersion: string, signal?: AbortSignal): Promise<Map<string, Resource>> {
    let answer: unknown;
    try {
      answer = await this.#ask(basePath(apiVersion), signal);
    } catch (error) {
      if (error instanceof ClusterError && error.status === 404) return new Map();
      throw error;
    }
    const { resources } = answer as { resources?: { name: string; kind: string; namespaced: boolean }[] };
    // Names with a slash are subresources, such as `deployments/scale`, and have kinds of their own.
    const own = (resources ?? []).filter(({ name }) => !name.includes("/"));
    return new Map(own.map(({ kind, name, namespaced }) => [kind, { name, namespaced }]));
  }
}

/** `/api/v1` for the core, `/apis/GROUP/VERSION` for the others. */
export function basePath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** The path of a kind's collection, or of one object. */
export function resourcePath(
  apiVersion: string,
  { name, namespaced }: Resource,
  named: { namespace?: string | undefined; name?: string | undefined } = {},
): string {
  const parts = [
    ...(namespaced && named.namespace !== undefined ? ["namespaces", named.namespace] : []),
    name,
    ...(named.name === undefined ? [] : [named.name]),
  ];
  return `${basePath(apiVersion)}/${parts.map(encodeURIComponent).join("/")}`;
}
