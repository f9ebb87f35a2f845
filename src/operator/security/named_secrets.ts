import { type Cluster, ClusterError } from "../../kubernetes/cluster.ts";
import { namedSecrets, type SecretVersions } from "../components/pods/secrets.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Events } from "../reconcile/events.ts";
import { secretRef } from "./secrets.ts";

/** Looks at which versions the Secrets are that a Pipeline names. Of a Secret only its metadata is asked for, never what is in it. */
export class NamedSecrets {
  /** Those that may not be seen, told once. */
  readonly #hidden = new Set<string>();

  constructor(readonly options: { cluster: Cluster; events: Events }) {}

  /**
   * The versions of those that are there and may be seen.
   *
   * @throws {ClusterError} when the API server cannot be reached.
   */
  async versions(pipeline: Pipeline, signal: AbortSignal): Promise<SecretVersions> {
    const versions = new Map<string, string>();
    for (const name of namedSecrets(pipeline)) {
      const version = await this.#version(pipeline, name, signal);
      if (version !== undefined) versions.set(name, version);
    }
    return versions;
  }

  async #version(pipeline: Pipeline, name: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const { resourceVersion, uid } =
        await this.options.cluster.getMetadata(secretRef(pipeline, name), signal) ?? {};
      this.#hidden.delete(name);
      return resourceVersion === undefined ? undefined : `${uid} ${resourceVersion}`;
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 403) throw error;
      if (!this.#hidden.has(name)) {
        this.options.events.add(pipeline, "Normal", "SecretNotSeen", hiddenText(pipeline, name));
      }
      this.#hidden.add(name);
      return undefined;
    }
  }
}

function hiddenText({ metadata: { namespace = "default" } }: Pipeline, name: string): string {
  const create = `kubectl -n ${namespace} create`;
  return `the operator may not see when Secret ${name} changes, and restarts nothing for it; to allow it: ` +
    `${create} role finnhub-pipe-sees-${name} --verb=get --resource=secrets --resource-name=${name} and ` +
    `${create} rolebinding finnhub-pipe-sees-${name} --role=finnhub-pipe-sees-${name} ` +
    `--serviceaccount=${namespace}:finnhub-pipe-operator`;
}
