import { type Progress, silent } from "../../services/progress.ts";
import type { Server } from "../../services/server.ts";
import { writeAccountKubeconfig } from "./account.ts";
import { type AuditEvent, type AuditFilter, readAudit } from "./audit.ts";
import { kubeboxBinary } from "./binary.ts";
import { IMAGE_NAMES, type ImageName } from "./images/names.ts";
import { Kubectl } from "./kubectl.ts";
import { parseRequestCounts, type RequestCount } from "./request_counts.ts";
import { startServers } from "./servers.ts";

export { type AuditEvent, type AuditFilter, WRITES } from "./audit.ts";
export { type ImageName, imageName } from "./images/names.ts";
export type { RequestCount } from "./request_counts.ts";

export interface ClusterOptions {
  /**
   * `api`: etcd and the API server, so that objects can be written and watched, and nothing acts on them.
   * `fake`: controllers, scheduler, and nodes on which pods only seem to run; see kubebox/script.go for the annotations
   * that make them misbehave.
   * `real`: controllers, scheduler, and one node that runs pods, from images made here. Needs root on Debian.
   */
  mode: "api" | "fake" | "real";
  /** Nodes of the mode `fake`, each in a zone of its own. Default 1. */
  nodes?: number | undefined;
  /** Images that the node of the mode `real` has. Default all. */
  images?: readonly ImageName[] | undefined;
  progress?: Progress | undefined;
  signal?: AbortSignal | undefined;
}

/** A Kubernetes of one's own, which nobody outside this machine reaches. */
export interface TestCluster extends AsyncDisposable {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** URL of the API server. */
  readonly server: string;
  /** Path of the certificate that signed the API server's. */
  readonly caFile: string;
  /** This machine's address for pods of the mode `real`, else loopback. */
  readonly host: string;
  /** The processes, for tests that hurt them. */
  readonly servers: readonly Server[];
  /** Runs kubectl as administrator. What it printed; an error has what it complained about. */
  kubectl(...args: string[]): Promise<string>;
  /** Applies objects in YAML or JSON as administrator. */
  apply(objects: string): Promise<string>;
  /** Kills the API server. */
  stopApiServer(): Promise<void>;
  /** Starts it again on the same port and data, and waits until it answers. */
  startApiServer(): Promise<void>;
  /** Writes a kubeconfig of a service account, and returns its path. */
  kubeconfigFor(serviceAccount: string, namespace: string): Promise<string>;
  /** What the API server has answered since it was started last. */
  apiserverRequests(): Promise<RequestCount[]>;
  /** Requests by clients that are not part of the control plane, in the order of their answers. */
  auditEvents(filter?: AuditFilter): Promise<AuditEvent[]>;
}

/**
 * Starts a cluster on free ports, building its program first if need be, and waits until it takes pods. It dies with this
 * process.
 */
export async function startCluster(options: ClusterOptions): Promise<TestCluster> {
  const { mode, nodes = 1, images = IMAGE_NAMES, progress = silent, signal } = options;
  const binary = await kubeboxBinary(progress, signal);
  const running = await startServers({ mode, nodes, images, binary, progress, signal });
  const { pki, server, host, client, apiServer, folder } = running;
  const kubeconfig = `${pki}/admin.kubeconfig`;
  const caFile = `${pki}/ca.crt`;
  const kubectl = new Kubectl(binary, kubeconfig, `${folder}/kubectl`);
  const cluster: TestCluster = {
    kubeconfig,
    server,
    caFile,
    host,
    servers: running.servers,
    kubectl: (...args) => kubectl.run(args),
    apply: (objects) => kubectl.run(["apply", "-f", "-"], objects),
    stopApiServer: () => apiServer.kill(),
    startApiServer: () => apiServer.restart(),
    kubeconfigFor: async (account, namespace) => {
      const ca = await Deno.readTextFile(caFile);
      return await writeAccountKubeconfig(kubectl, pki, { server, ca }, account, namespace);
    },
    apiserverRequests: async () => parseRequestCounts(await client.get("/metrics")),
    auditEvents: (filter) => readAudit(running.auditLog, filter),
    [Symbol.asyncDispose]: () => running.stop(),
  };
  try {
    await kubectl.run(["apply", "-f", new URL("conf/storage.yaml", import.meta.url).pathname]);
    return cluster;
  } catch (error) {
    await running.stop();
    throw error;
  }
}
