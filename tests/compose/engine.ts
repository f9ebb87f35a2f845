import { startMachine } from "../kubernetes/cluster/real/machine.ts";
import { ensureNodePackages } from "../kubernetes/cluster/real/packages.ts";
import type { Progress } from "../services/progress.ts";
import { runCommand } from "../services/run_command.ts";
import { startGroup } from "../services/server.ts";
import { aptInstall } from "../services/tools.ts";

const LONG = 600_000;

/** A Docker engine of its own: containers, network and images end with it. */
export interface Engine extends AsyncDisposable {
  /** Runs Docker's command line; its output. */
  docker(...args: string[]): Promise<string>;
  /** Where programs find the engine. */
  readonly env: Record<string, string>;
  /** The command that runs another where what the engine publishes on loopback can be reached. */
  inside(command: readonly string[]): string[];
}

/** Starts an engine in namespaces that nothing else is in. */
export async function startEngine(progress: Progress): Promise<Engine> {
  await ensureNodePackages(progress);
  if (!(await runCommand("bash", ["-c", "command -v dockerd"], 10_000)).success) {
    await aptInstall(["docker.io"], "Docker for the compose test", progress);
  }
  let engine: Omit<Engine, typeof Symbol.asyncDispose> | undefined;
  let end = () => Promise.resolve();
  const group = await startGroup("engine", async (newFolder, add) => {
    const machine = await startMachine(await newFolder("machine"), add);
    end = () => machine.end();
    const folder = await newFolder("docker");
    const env = { DOCKER_HOST: `unix://${folder}/docker.sock` };
    const docker = (...args: string[]) => output("docker", args, env);
    const daemon = add({
      name: "docker",
      folder,
      command: machine.inside([
        "dockerd",
        `--host=${env.DOCKER_HOST}`,
        `--data-root=${folder}/data`,
        `--exec-root=${folder}/exec`,
        `--pidfile=${folder}/docker.pid`,
        `--cgroup-parent=/${machine.cgroup}`,
        `--default-address-pool=base=${machine.pods},size=24`,
        "--bip=172.31.255.1/24",
      ]),
      servesLine: /API listen on/,
      probe: () => docker("version").then(() => true as const, (error) => `${error}`),
    });
    await daemon.ready();
    engine = { docker, env, inside: (command) => machine.inside(command) };
  });
  return {
    ...engine!,
    async [Symbol.asyncDispose]() {
      await end();
      await group.stop();
    },
  };
}

/** @throws with the output of a program that failed */
export async function output(program: string, args: string[], env: Record<string, string>): Promise<string> {
  const { output, success } = await runCommand(program, args, LONG, { env });
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${output.trim().slice(-3000)}`);
  return output.trim();
}
