import { runCommand } from "../../../services/run_command.ts";
import type { ServerProcess, ServerSpec } from "../../../services/server.ts";
import { until } from "../../../services/until.ts";

const conf = (name: string) => new URL(`conf/${name}`, import.meta.url).pathname;

/** How many nodes there can be at once: each has one of the networks 10.128.0.0/16 to 10.223.0.0/16 for its pods. */
const NETWORKS = 96;

/**
 * The namespaces in which a node lives: processes, mounts and network of its own, so that nothing of it is left on the
 * machine when their first process ends, however that comes.
 */
export interface Machine {
  /** This side's address of the link to the node: where pods reach what listens here. */
  readonly host: string;
  /** The node's address. */
  readonly address: string;
  /** Network of the node's pods, which this machine reaches too. */
  readonly pods: string;
  /** Control group of all pods, from the root. */
  readonly cgroup: string;
  /** The command that runs `command` in the namespaces; killed, it takes the command with it. */
  inside(command: readonly string[]): string[];
  /** Ends every process in the namespaces, and waits for that. */
  end(): Promise<void>;
}

export async function startMachine(
  folder: string,
  add: (spec: ServerSpec) => ServerProcess,
  signal?: AbortSignal,
): Promise<Machine> {
  const namespaces = ["--mount", "--pid", "--net", "--mount-proc", "--propagation=private"];
  const holder = add({
    name: "machine",
    folder,
    command: ["unshare", ...namespaces, "--fork", "--kill-child", "bash", conf("machine.sh")],
    servesLine: /the namespaces are ready/,
    probe: () => Promise.resolve(true),
  });
  await holder.ready(signal);
  const init = await firstProcess(holder.pid);
  const { name, host, address, pods } = await freeNetwork();
  await bash("link.sh", name, String(init), host, address, pods);
  await bash("cgroups.sh", "make", name);
  const enter = ["nsenter", `--target=${init}`, "--mount", "--pid", "--net", "--"];
  return {
    host,
    address,
    pods,
    cgroup: `finnhub-pipe-${name}`,
    inside: (command) => [...enter, "setpriv", "--pdeathsig=KILL", ...command],
    async end() {
      // Its parent, the holder, ends after the last process of the namespaces.
      if (holder.alive) Deno.kill(init, "SIGKILL");
      await until("the node's processes to end", () => {
        return Promise.resolve(!holder.alive || "some still run");
      }, { interval: 10 });
      await bash("cgroups.sh", "remove", name);
    },
  };
}

/**
 * The namespaces' first process, among the children of the one that made them. By bash, because Deno keeps /proc from
 * programs without all permissions.
 */
async function firstProcess(parent: number): Promise<number> {
  const script = `
    own=$(readlink /proc/self/ns/pid)
    for child in $(cat "/proc/$1/task/$1/children"); do
      [[ $(readlink "/proc/$child/ns/pid") == "$own" ]] || echo "$child"
    done`;
  const { output } = await runCommand("bash", ["-c", script, "", String(parent)], 10_000);
  const pid = Number(output);
  if (!(pid > 0)) throw new Error(`cannot find the first process of the node's namespaces: ${output}`);
  return pid;
}

interface Network {
  /** Of the link's end on this side. */
  name: string;
  host: string;
  address: string;
  pods: string;
}

/** A network that nobody uses on this machine. */
async function freeNetwork(): Promise<Network> {
  const { output } = await runCommand("ip", ["route", "show", "table", "all"], 10_000);
  const first = Math.floor(Math.random() * NETWORKS);
  for (let tries = 0; tries < NETWORKS; tries++) {
    const number = (first + tries) % NETWORKS;
    const link = `10.255.${number}`;
    const pods = `10.${128 + number}`;
    if (output.includes(` ${link}.`) || output.includes(`${pods}.0.0`)) continue;
    return { name: `pods${number}`, host: `${link}.1`, address: `${link}.2`, pods: `${pods}.0.0/16` };
  }
  throw new Error("no free network for pods from 10.128.0.0/16 to 10.223.0.0/16");
}

async function bash(script: string, ...args: string[]): Promise<void> {
  const { success, output } = await runCommand("bash", [conf(script), ...args], 30_000);
  if (!success) throw new Error(`${script} ${args.join(" ")}: ${output.trim()}`);
}
