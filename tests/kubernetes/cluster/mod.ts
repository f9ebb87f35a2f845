import { freePorts } from "../../services/ports.ts";
import { type Progress, silent } from "../../services/progress.ts";
import { runCommand } from "../../services/run_command.ts";
import { type Server, type ServerProcess, startGroup } from "../../services/server.ts";
import { writeAccountKubeconfig } from "./account.ts";
import { ApiClient } from "./api_client.ts";
import { type AuditEvent, type AuditFilter, readAudit } from "./audit.ts";
import { kubeboxBinary } from "./binary.ts";
import {
  apiServer,
  auditLog,
  controllerManager,
  etcd,
  fakeNodes,
  type Plan,
  scheduler,
} from "./control_plane.ts";
import { Kubectl } from "./kubectl.ts";
import { parseRequestCounts, type RequestCount } from "./request_counts.ts";

export { type AuditEvent, type AuditFilter, WRITES } from "./audit.ts";
export type { RequestCount } from "./request_counts.ts";

export interface ClusterOptions {
  /**
   * `api`: etcd and the API server, so that objects can be written and watched, and nothing acts on them.
   * `fake`: controllers, scheduler, and nodes on which pods only seem to run; see kubebox/script.go for the annotations
   * that make them misbehave.
   */
  mode: "api" | "fake";
  /** Nodes of the mode `fake`, each in a zone of its own. Default 1. */
  nodes?: number | undefined;
  progress?: Progress | undefined;
  signal?: AbortSignal | undefined;
}

/** A Kubernetes of one's own on loopback. */
export interface TestCluster extends AsyncDisposable {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** URL of the API server. */
  readonly server: string;
  /** Path of the certificate that signed the API server's. */
  readonly caFile: string;
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
 * Starts a cluster on free loopback ports, building its program first if need be, and waits until it takes pods. It dies
 * with this process.
 */
export async function startCluster(options: ClusterOptions): Promise<TestCluster> {
  const { mode, nodes = 1, progress = silent, signal } = options;
  const binary = await kubeboxBinary(progress, signal);
  const [etcdPort, peer, api, controllers, schedulerPort] = freePorts(5) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const ports = { etcd: etcdPort, peer, api, controllers, scheduler: schedulerPort };
  const server = `https://127.0.0.1:${api}`;
  let client!: ApiClient;
  let running!: ServerProcess;
  let folder = "";
  const group = await startGroup("kubernetes", async (newFolder, add) => {
    // Its guard removes what the cluster's clients use.
    folder = await newFolder("kube-apiserver");
    const plan: Plan = { binary, pki: `${folder}/pki`, ports };
    await makeCerts(plan, server);
    await add(etcd(plan, await newFolder("etcd"))).ready(signal);
    client = await ApiClient.open(server, plan.pki);
    running = add(apiServer(plan, folder, client));
    await running.ready(signal);
    progress("the API server is ready");
    if (mode === "api") return;
    const manager = add(controllerManager(plan, await newFolder("kube-controller-manager"), client));
    const binder = add(scheduler(plan, await newFolder("kube-scheduler")));
    const fakes = add(fakeNodes(plan, await newFolder("fakenode"), client, nodes));
    await Promise.all([manager, binder, fakes].map((started) => started.ready(signal)));
    progress("controllers, scheduler and nodes are ready");
  }).catch((error) => {
    client?.[Symbol.dispose]();
    throw error;
  });
  const pki = `${folder}/pki`;
  const kubeconfig = `${pki}/admin.kubeconfig`;
  const caFile = `${pki}/ca.crt`;
  const kubectl = new Kubectl(binary, kubeconfig, `${folder}/kubectl`);
  const cluster: TestCluster = {
    kubeconfig,
    server,
    caFile,
    servers: group.servers,
    kubectl: (...args) => kubectl.run(args),
    apply: (objects) => kubectl.run(["apply", "-f", "-"], objects),
    stopApiServer: () => running.kill(),
    startApiServer: () => running.restart(),
    kubeconfigFor: async (account, namespace) => {
      const ca = await Deno.readTextFile(caFile);
      return await writeAccountKubeconfig(kubectl, pki, { server, ca }, account, namespace);
    },
    apiserverRequests: async () => parseRequestCounts(await client.get("/metrics")),
    auditEvents: (filter) => readAudit(auditLog(folder), filter),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await group.stop();
    },
  };
  try {
    await kubectl.run(["apply", "-f", new URL("conf/storage.yaml", import.meta.url).pathname]);
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

async function makeCerts({ binary, pki }: Plan, server: string): Promise<void> {
  const args = [
    "certs",
    `--folder=${pki}`,
    `--server=${server}`,
    "--address=127.0.0.1",
    "--address=10.96.0.1",
  ];
  const { success, output } = await runCommand(binary, args, 60_000);
  if (!success) throw new Error(`cannot make the cluster's certificates: ${output}`);
}
