import { probing } from "../../../services/exchange.ts";
import { runCommand } from "../../../services/run_command.ts";
import type { ServerProcess, ServerSpec } from "../../../services/server.ts";
import { fillTemplate } from "../../../services/template.ts";
import type { ApiClient } from "../api_client.ts";
import { nodesReady, type Plan } from "../control_plane.ts";
import { PAUSE } from "../images/mod.ts";
import type { Machine } from "./machine.ts";

/** The name that the kubelet's certificate has. */
export const NODE = "real-0";

const CONF = new URL("conf/", import.meta.url);

export interface NodeOptions {
  plan: Plan;
  client: ApiClient;
  machine: Machine;
  newFolder: (name: string) => Promise<string>;
  add: (spec: ServerSpec) => ServerProcess;
  /** Archive of the images that pods use. */
  images: Promise<string>;
  signal?: AbortSignal | undefined;
}

/** Starts what a node is made of, and waits until it takes pods. */
export async function startNode(options: NodeOptions): Promise<void> {
  const { plan, client, machine, newFolder, add, images, signal } = options;
  const { address, cgroup, pods } = machine;
  const { binary, pki } = plan;

  const runtime = await newFolder("containerd");
  const socket = `${runtime}/containerd.sock`;
  await Deno.mkdir(`${runtime}/cni`);
  await fill("bridge.conflist", `${runtime}/cni`, { subnet: pods });
  const ctr = machine.inside(["ctr", `--address=${socket}`, "--namespace=k8s.io"]);
  const containerd = add({
    name: "containerd",
    folder: runtime,
    command: machine.inside([
      "containerd",
      `--config=${await fill("containerd.toml", runtime, { folder: runtime, socket, pause: PAUSE })}`,
    ]),
    servesLine: /containerd successfully booted/,
    probe: () => command([...ctr, "version"]),
  });

  const proxyFolder = await newFolder("kube-proxy");
  const proxyValues = { address, node: NODE, pki, subnet: pods };
  const proxy = add({
    name: "kube-proxy",
    folder: proxyFolder,
    command: machine.inside([
      binary,
      "kube-proxy",
      `--config=${await fill("kube-proxy.yaml", proxyFolder, proxyValues)}`,
    ]),
    servesLine: /Starting .*config controller|Caches are synced/,
    probe: () => Promise.resolve(true),
  });

  const dnsFolder = await newFolder("coredns");
  const dns = add({
    name: "coredns",
    folder: dnsFolder,
    command: machine.inside([
      binary,
      "coredns",
      "-conf",
      await fill("Corefile", dnsFolder, { address, pki }),
    ]),
    servesLine: /CoreDNS-/,
    probe: () => Promise.resolve(true),
  });

  await containerd.ready(signal);
  // Before the kubelet, which would try to fetch them.
  const imported = await command([...ctr, "images", "import", await images]);
  if (imported !== true) throw new Error(`the images cannot be imported: ${imported}`);

  const folder = await newFolder("kubelet");
  const values = { address, cgroup, folder, pki, socket };
  const kubelet = add({
    name: "kubelet",
    folder,
    command: machine.inside([
      binary,
      "kubelet",
      `--config=${await fill("kubelet.yaml", folder, values)}`,
      `--kubeconfig=${pki}/kubelet.kubeconfig`,
      `--root-dir=${folder}/root`,
      `--cert-dir=${folder}/certificates`,
      `--hostname-override=${NODE}`,
      `--node-ip=${address}`,
    ]),
    servesLine: /Started kubelet/,
    probe: () => probing(() => nodesReady(client, 1)),
  });
  await Promise.all([kubelet, proxy, dns].map((server) => server.ready(signal)));
}

async function fill(name: string, folder: string, values: Record<string, string>): Promise<string> {
  const path = `${folder}/${name}`;
  await Deno.writeTextFile(path, await fillTemplate(name, values, CONF));
  return path;
}

async function command([program, ...args]: string[]): Promise<true | string> {
  const { success, output } = await runCommand(program!, args, 300_000);
  return success || output.trim();
}
