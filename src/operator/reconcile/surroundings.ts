import type { Cluster } from "../../kubernetes/cluster.ts";
import type { Surroundings } from "../components/definition.ts";
import type { Pipeline } from "../pipeline.ts";
import type { NamedSecrets } from "../security/named_secrets.ts";

/** Which platform the cluster is; told by the cluster itself with `auto`. */
export type PlatformName = "auto" | "kubernetes" | "openshift";

/** Every OpenShift has this API group, which decides as which user pods run. */
const OPENSHIFT_GROUP = "security.openshift.io";

/** Looks at what components depend on besides their Pipeline and the namespace. */
export class SurroundingsView {
  #openShift: boolean | undefined;

  constructor(
    readonly options: {
      cluster: Cluster;
      namedSecrets: NamedSecrets;
      platform: PlatformName;
      /** Whether the cluster has the kinds of the Prometheus operator. */
      monitored(): boolean;
      imageRegistry: string | undefined;
    },
  ) {}

  /** @throws {ClusterError} when the API server cannot be reached. */
  async look(pipeline: Pipeline, signal: AbortSignal): Promise<Surroundings> {
    const { cluster, imageRegistry, namedSecrets, platform } = this.options;
    this.#openShift ??= platform === "auto"
      ? await cluster.serves(OPENSHIFT_GROUP, signal)
      : platform === "openshift";
    const secrets = await namedSecrets.versions(pipeline, signal);
    return { secrets, imageRegistry, openShift: this.#openShift, monitored: this.options.monitored() };
  }
}
