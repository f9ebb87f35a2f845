import { freePorts } from "../../services/ports.ts";
import type { Progress } from "../../services/progress.ts";
import { runCommand } from "../../services/run_command.ts";
import { type Server, type ServerProcess, type ServerSpec, startGroup } from "../../services/server.ts";
import { ApiClient } from "./api_client.ts";
import {
  apiServer,
  auditLog,
  controllerManager,
  etcd,
  fakeNodes,
  type Plan,
  scheduler,
  volumes,
} from "./control_plane.ts";
import { makeImages } from "./images/mod.ts";
import type { ImageName } from "./images/names.ts";
import { type Machine, startMachine } from "./real/machine.ts";
import { NODE, startNode } from "./real/node.ts";
import { ensureNodePackages } from "./real/packages.ts";

export interface ServersOptions {
  mode: "api" | "fake" | "real";
  nodes: number;
  images: readonly ImageName[];
  binary: string;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/** The processes of a cluster. */
export interface Servers {
  servers: readonly Server[];
  apiServer: ServerProcess;
  client: ApiClient;
  /** URL of the API server. */
  server: string;
  /** Where it listens. */
  host: string;
  auditLog: string;
  /** Folder of the API server, for what belongs to its clients. */
  folder: string;
  /** Folder with certificates and kubeconfigs. */
  pki: string;
  stop(): Promise<void>;
}

/** Starts the processes in the order in which they need each other, and leaves nothing behind if that fails. */
export async function startServers(options: ServersOptions): Promise<Servers> {
  const { mode, nodes, images, binary, progress, signal } = options;
  let started!: Omit<Servers, "servers" | "stop">;
  let machine: Machine | undefined;
  let client: ApiClient | undefined;
  const end = async () => {
    client?.[Symbol.dispose]();
    await machine?.end();
  };
  const start = async (newFolder: NewFolder, add: Add) => {
    // It has what the cluster's clients use too: its guard removes that.
    const folder = await newFolder("kube-apiserver");
    const pki = `${folder}/pki`;
    let archive = Promise.resolve("");
    if (mode === "real") {
      await ensureNodePackages(progress);
      const own = await newFolder("machine");
      machine = await startMachine(own, add, signal);
      archive = makeImages(images, `${own}/images`, progress);
      // Awaited later: until then a failure is not unhandled.
      archive.catch(() => {});
    }
    const plan = planFor(binary, pki, machine?.host ?? LOOPBACK);
    const server = `https://${plan.host}:${plan.ports.api}`;
    await makeCerts(plan, server);
    await add(etcd(plan, await newFolder("etcd"))).ready(signal);
    client = await ApiClient.open(server, pki);
    const api = add(apiServer(plan, folder, client));
    await api.ready(signal);
    progress("the API server is ready");
    started = { apiServer: api, client, server, host: plan.host, auditLog: auditLog(folder), folder, pki };
    if (mode === "api") return;

    const actors = [
      controllerManager(plan, await newFolder("kube-controller-manager"), client),
      scheduler(plan, await newFolder("kube-scheduler")),
      machine
        ? volumes(plan, await newFolder("volumes"), NODE)
        : fakeNodes(plan, await newFolder("fakenode"), client, nodes),
    ].map(add);
    if (machine) {
      await startNode({ plan, client, machine, newFolder, add, images: archive, signal });
    }
    await Promise.all(actors.map((actor) => actor.ready(signal)));
    progress("controllers, scheduler and nodes are ready");
  };
  const group = await startGroup("kubernetes", async (newFolder, add) => {
    try {
      await start(newFolder, add);
    } catch (error) {
      await end();
      throw error;
    }
  });
  const stop = async () => {
    await end();
    await group.stop();
  };
  return { ...started, servers: group.servers, stop };
}

type NewFolder = (name: string) => Promise<string>;
type Add = (spec: ServerSpec) => ServerProcess;

const LOOPBACK = "127.0.0.1";
/** First address of the Services: the API server's own. */
const SERVICE = "10.96.0.1";

function planFor(binary: string, pki: string, host: string): Plan {
  const [own, peer, controllers, schedulerPort] = freePorts(4) as [number, number, number, number];
  const [api] = freePorts(1, [host]) as [number];
  return { binary, pki, host, ports: { etcd: own, peer, api, controllers, scheduler: schedulerPort } };
}

async function makeCerts({ binary, pki, host }: Plan, server: string): Promise<void> {
  const addresses = new Set([LOOPBACK, host, SERVICE]);
  const flags = [...addresses].map((address) => `--address=${address}`);
  const args = ["certs", `--folder=${pki}`, `--server=${server}`, `--node=${NODE}`, ...flags];
  const { success, output } = await runCommand(binary, args, 60_000);
  if (!success) throw new Error(`cannot make the cluster's certificates: ${output}`);
}
