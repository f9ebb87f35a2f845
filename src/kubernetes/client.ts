import process from "node:process";
import type { Logger } from "../telemetry/log.ts";
import type { MetricRegistry } from "../telemetry/metrics.ts";
import type { Cluster } from "./cluster.ts";
import { Connection } from "./connection.ts";
import { denoClient } from "./http_client.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { RestCluster } from "./rest_cluster.ts";

export interface ConnectOptions {
  /** Kubeconfig file. Default: KUBECONFIG's, else `~/.kube/config`, else the pod's service account. */
  kubeconfig?: string | undefined;
  /** Context in it. Default: its current one. */
  context?: string | undefined;
  registry: MetricRegistry;
  log: Logger;
  /** Milliseconds for an answer. Default 30,000. */
  timeout?: number;
  /** Default: the process's environment. */
  env?: (name: string) => string | undefined;
}

export interface ClusterConnection {
  cluster: Cluster;
  /** URL of the API server. */
  server: string;
  /** Whether this process is a pod itself, so that it reaches other pods by their addresses. */
  inPod: boolean;
  /** Whether its credentials come from a program, which is started whenever they expire. */
  byProgram: boolean;
  /** Ends what is under way, watches too. */
  close(): void;
}

/**
 * Finds a cluster and its credentials. The server is not asked anything yet.
 *
 * @throws {KubeconfigError} when there is no kubeconfig and no service account, or when it cannot be used.
 */
export async function connectCluster(
  { context, env = (name) => process.env[name], kubeconfig, log, registry, timeout }: ConnectOptions,
): Promise<ClusterConnection> {
  const authorize = await readKubeconfig({ kubeconfig, context, env });
  const { byProgram = false, server } = await authorize(false);
  const connection = new Connection({
    authorize,
    openClient: denoClient,
    requests: registry.counter(
      "finnhub_pipe_operator_kubernetes_requests_total",
      "Requests to the API server by verb and outcome",
    ),
    log,
    now: () => performance.now(),
    ...(timeout === undefined ? {} : { timeout }),
  });
  return {
    cluster: new RestCluster(connection),
    server,
    inPod: env("KUBERNETES_SERVICE_HOST") !== undefined,
    byProgram,
    close: () => connection.close(),
  };
}
