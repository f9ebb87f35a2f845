import type { Login } from "./cql_probe.ts";
import { runCommand } from "./run_command.ts";
import { confPath } from "./template.ts";

/** The mechanisms for which a user gets a password. */
export const SCRAM = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

/** Any will do, as long as all nodes have the same: 16 bytes in base64. */
const CLUSTER_ID = "Zmlubmh1Yi1waXBlLXRlcw";

/** The controllers 1 to N, as `controller.quorum.voters` wants them. */
export function voterIds(host: string, ports: readonly number[]): string {
  return ports.map((port, index) => `${index + 1}@${host}:${port}`).join(",");
}

/** A broker's configuration with the listener by which controllers reach each other. */
export function withController(properties: string, host: string, port: number): string {
  return properties.replaceAll(/^listeners=.*$/gm, `$&,CONTROLLER://${host}:${port}`);
}

/**
 * Does what a node in KRaft mode needs before its first start, by Kafka's own tool.
 *
 * @param login a user whose password SCRAM knows from the start: there is no ZooKeeper to put it in
 */
export async function formatStorage(
  classPath: string,
  config: string,
  login: Login | undefined,
): Promise<void> {
  const users = login
    ? SCRAM.flatMap((name) => ["--add-scram", `${name}=[name=${login.user},password=${login.password}]`])
    : [];
  const { output, success } = await runCommand("java", [
    "-XX:TieredStopAtLevel=1",
    "-cp",
    classPath,
    `-Dlog4j.configuration=file:${confPath("log4j.properties")}`,
    "kafka.tools.StorageTool",
    "format",
    "--cluster-id",
    CLUSTER_ID,
    "--config",
    config,
    ...users,
  ], 60_000);
  if (!success) throw new Error(`Kafka's storage could not be formatted:\n${output.slice(-2000)}`);
}
