import cassandra from "cassandra-driver";
import type { Settings } from "../settings/settings.ts";
import { alertFault, transportFault } from "../transport/fault.ts";
import type { TlsOptions } from "../transport/tls_options.ts";

type Naming = Pick<Settings, "cassandraHost" | "cassandraServerName">;

/** Name that the nodes' certificates must have; undefined for each node's address, all that the driver knows of it. */
export function serverName({ cassandraHost, cassandraServerName }: Naming): string | undefined {
  if (cassandraServerName !== undefined || cassandraHost.length !== 1) return cassandraServerName;
  const host = cassandraHost[0]!.replace(/:\d+$/, "");
  return /^[\d.]+$|^\[/.test(host) ? undefined : host;
}

/**
 * Which setting is wrong, and what to do, when a node cannot be connected to; undefined when it is no setting's fault.
 *
 * @param node `host:port`
 * @param tls undefined where we speak plain TCP
 */
export async function cassandraFault(
  settings: Naming & Pick<Settings, "cassandraUser">,
  error: unknown,
  tls: TlsOptions | undefined,
  node: string,
): Promise<string | undefined> {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof cassandra.errors.AuthenticationError) return loginFault(settings.cassandraUser);
  const alert = alertFault("CASSANDRA", text, tls);
  if (alert !== undefined || /ECONNREFUSED/.test(text)) return alert;
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(node) ?? [];
  if (host === undefined) return undefined;
  return await transportFault("CASSANDRA", { host, port: Number(port), name: serverName(settings) }, tls);
}

function loginFault(user: string): string {
  return user === ""
    ? "Cassandra wants a login: set CASSANDRA_USER and CASSANDRA_PASSWORD"
    : `Cassandra refuses the login ${user}: check CASSANDRA_USER and CASSANDRA_PASSWORD`;
}
