import type { Check, Finding } from "../doctor/finding.ts";
import { GROUP_VERSION } from "../operator/pipeline.ts";
import type { Logger } from "../telemetry/log.ts";
import { MetricRegistry } from "../telemetry/metrics.ts";
import { connectCluster } from "./client.ts";
import { ClusterError, type KubernetesObject } from "./cluster.ts";
import { KubeconfigError } from "./kubeconfig_error.ts";

export interface ClusterCheckOptions {
  kubeconfig: string | undefined;
  context: string | undefined;
  namespace: string;
  log: Logger;
}

const PIPELINE = { apiVersion: GROUP_VERSION, kind: "Pipeline" };
const TIMEOUT_MS = 10_000;

/** Whether a cluster can be reached, lets us look, and how its pipeline is. */
export function clusterCheck({ context, kubeconfig, log, namespace }: ClusterCheckOptions): Check {
  const subject = "cluster";
  return {
    name: subject,
    remedy: "check --kubeconfig and --context, and that the API server runs",
    run: async (signal) => {
      let connection;
      try {
        connection = await connectCluster({
          kubeconfig,
          context,
          registry: new MetricRegistry(),
          log,
          timeout: TIMEOUT_MS,
        });
      } catch (error) {
        if (!(error instanceof KubeconfigError) || kubeconfig !== undefined) throw error;
        return [{ subject, state: "skipped", says: "no cluster is configured", remedy: error.message }];
      }
      const { close, cluster, server } = connection;
      try {
        const { items } = await cluster.list(PIPELINE, { namespace, signal });
        const reached: Finding = { subject, state: "ok", says: `${server} answers` };
        return [reached, ...items.length === 0 ? [none(namespace)] : items.map(pipelineFinding)];
      } catch (error) {
        if (!(error instanceof ClusterError) || error.reason !== "NoKind") throw error;
        return [{ subject, state: "ok", says: `${server} answers` }, none(namespace)];
      } finally {
        close();
      }
    },
  };
}

const none = (namespace: string): Finding => ({
  subject: "cluster pipeline",
  state: "warning",
  says: `there is no Pipeline in namespace ${namespace}`,
  remedy: "kubectl apply -f manifests/operator.yaml, or run finnhub-pipe operator; --namespace names another",
});

function pipelineFinding({ metadata: { name }, status }: KubernetesObject): Finding {
  const { conditions = [] } = (status ?? {}) as {
    conditions?: { type: string; status: string; message?: string }[];
  };
  const ready = conditions.find(({ type }) => type === "Ready");
  const subject = "cluster pipeline";
  if (ready?.status === "True") return { subject, state: "ok", says: `${name} is ready` };
  return {
    subject,
    state: "failed",
    says: `${name} is not ready: ${ready?.message ?? "no operator has looked at it"}`,
    remedy: "the operator's page and kubectl describe say which part, and why",
  };
}
