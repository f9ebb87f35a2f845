import { probing } from "../../services/exchange.ts";
import type { ServerSpec } from "../../services/server.ts";
import type { ApiClient } from "./api_client.ts";

const HOST = "127.0.0.1";
const SERVES = /Serving securely on/;
const AUDIT_POLICY = new URL("conf/audit.yaml", import.meta.url).pathname;

/** What the servers of one cluster share. */
export interface Plan {
  /** The program that is all of them. */
  binary: string;
  /** Folder with the certificates and kubeconfigs. */
  pki: string;
  /** Where the API server listens. */
  host: string;
  ports: Record<"etcd" | "peer" | "api" | "controllers" | "scheduler", number>;
}

export function etcd({ binary, ports }: Plan, folder: string): ServerSpec {
  const client = `http://${HOST}:${ports.etcd}`;
  const peer = `http://${HOST}:${ports.peer}`;
  return {
    name: "etcd",
    folder,
    command: [
      binary,
      "etcd",
      "--name=kubebox",
      `--data-dir=${folder}/data`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=kubebox=${peer}`,
      // The data outlive a killed process without it; only a machine's crash would need it.
      "--unsafe-no-fsync",
    ],
    servesLine: /ready to serve client requests/,
    probe: () =>
      probing(async () => {
        const response = await fetch(`${client}/health`, { signal: AbortSignal.timeout(2000) });
        return (await response.text()).includes('"health":"true"') || "it is not healthy";
      }),
  };
}

/** Where the API server of a folder writes its audit log. */
export const auditLog = (folder: string): string => `${folder}/audit.jsonl`;

export function apiServer({ binary, pki, host, ports }: Plan, folder: string, client: ApiClient): ServerSpec {
  return {
    name: "kube-apiserver",
    folder,
    command: [
      binary,
      "kube-apiserver",
      `--etcd-servers=http://${HOST}:${ports.etcd}`,
      `--bind-address=${host}`,
      `--secure-port=${ports.api}`,
      // A Service may not have an endpoint on loopback.
      host === HOST ? "--endpoint-reconciler-type=none" : `--advertise-address=${host}`,
      `--cert-dir=${folder}/certificates`,
      `--tls-cert-file=${pki}/kube-apiserver.crt`,
      `--tls-private-key-file=${pki}/kube-apiserver.key`,
      `--client-ca-file=${pki}/ca.crt`,
      `--requestheader-client-ca-file=${pki}/ca.crt`,
      "--requestheader-allowed-names=front-proxy-client",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-username-headers=X-Remote-User",
      `--proxy-client-cert-file=${pki}/front-proxy.crt`,
      `--proxy-client-key-file=${pki}/front-proxy.key`,
      "--kubelet-preferred-address-types=InternalIP",
      `--kubelet-client-certificate=${pki}/kubelet-client.crt`,
      `--kubelet-client-key=${pki}/kubelet-client.key`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-account-key-file=${pki}/service-account.pub`,
      `--service-account-signing-key-file=${pki}/service-account.key`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--allow-privileged=true",
      "--profiling=false",
      `--audit-policy-file=${AUDIT_POLICY}`,
      `--audit-log-path=${auditLog(folder)}`,
    ],
    servesLine: SERVES,
    probe: () => probing(async () => await client.get("/readyz") === "ok" || "it is not ready"),
  };
}

export function controllerManager(
  { binary, pki, ports }: Plan,
  folder: string,
  client: ApiClient,
): ServerSpec {
  const kubeconfig = `${pki}/kube-controller-manager.kubeconfig`;
  return {
    name: "kube-controller-manager",
    folder,
    command: [
      binary,
      "kube-controller-manager",
      ...servingFlags(kubeconfig, ports.controllers, folder),
      "--use-service-account-credentials=true",
      `--service-account-private-key-file=${pki}/service-account.key`,
      `--root-ca-file=${pki}/ca.crt`,
      `--cluster-signing-cert-file=${pki}/ca.crt`,
      `--cluster-signing-key-file=${pki}/ca.key`,
      "--allocate-node-cidrs=false",
      // Starts about four seconds sooner than with the limits that spare a large cluster's server.
      "--kube-api-qps=500",
      "--kube-api-burst=1000",
    ],
    servesLine: SERVES,
    // Nobody may make a pod before the namespace has its service account.
    probe: () =>
      probing(async () => {
        await client.get("/api/v1/namespaces/default/serviceaccounts/default");
        return true;
      }),
  };
}

export function scheduler({ binary, pki, ports }: Plan, folder: string): ServerSpec {
  const kubeconfig = `${pki}/kube-scheduler.kubeconfig`;
  return {
    name: "kube-scheduler",
    folder,
    command: [binary, "kube-scheduler", ...servingFlags(kubeconfig, ports.scheduler, folder)],
    servesLine: SERVES,
    probe: () => Promise.resolve(true),
  };
}

export function fakeNodes(
  { binary, pki }: Plan,
  folder: string,
  client: ApiClient,
  count: number,
): ServerSpec {
  return {
    name: "fakenode",
    folder,
    command: [binary, "fakenode", `--kubeconfig=${pki}/admin.kubeconfig`, `--nodes=${count}`],
    servesLine: /fake nodes are up/,
    probe: () => probing(() => nodesReady(client, count)),
  };
}

/** Volumes in a folder of this machine, for pods on a real node. */
export function volumes({ binary, pki }: Plan, folder: string, node: string): ServerSpec {
  const flags = ["--nodes=0", `--volumes=${folder}/volumes`, `--volume-node=${node}`];
  return {
    name: "volumes",
    folder,
    command: [binary, "fakenode", `--kubeconfig=${pki}/admin.kubeconfig`, ...flags],
    servesLine: /fake nodes are up/,
    probe: () => Promise.resolve(true),
  };
}

interface Node {
  metadata: { name: string };
  spec: { taints?: { key: string }[] };
  status: { conditions?: { type: string; status: string }[] };
}

/** Whether so many nodes are Ready and take pods. */
export async function nodesReady(client: ApiClient, count: number): Promise<true | string> {
  const nodes = await client.items<Node>("/api/v1/nodes");
  const ready = nodes.filter(({ spec, status }) => {
    const holds = status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    return holds && (spec.taints ?? []).length === 0;
  });
  return ready.length === count || `${ready.length} of ${count} nodes are ready`;
}

function servingFlags(kubeconfig: string, port: number, folder: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    `--bind-address=${HOST}`,
    `--secure-port=${port}`,
    `--cert-dir=${folder}/certificates`,
    "--leader-elect=false",
    "--profiling=false",
  ];
}
