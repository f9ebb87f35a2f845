/** Servers that keep data in volumes of their own. */
export const SERVERS = ["zookeeper", "kafka-controller", "kafka", "cassandra"] as const;
export type ServerName = typeof SERVERS[number];

/** Servers that show a certificate. */
export const SECURED = ["kafka", "cassandra"] as const satisfies ServerName[];
export type Secured = typeof SECURED[number];

/** By which everything that the operator made is found, whatever component it belongs to. */
export const MANAGED_BY = { "app.kubernetes.io/managed-by": "finnhub-pipe" } as const;
/** A pod's template carries the checksum of its configuration: it is rolled when that changes. */
export const CONFIG_CHECKSUM = "finnhub-pipe.dev/config";
/** A pod's template carries the versions of the Secrets that others made and its variables are made of, as a hash. */
export const SECRETS_CHECKSUM = "finnhub-pipe.dev/secrets";
/** On a StatefulSet: how many servers ZooKeeper's ensemble was made of, or how many controllers of their own Kafka has. */
export const ENSEMBLE = "finnhub-pipe.dev/ensemble";
/** On Kafka's StatefulSets and volumes in KRaft mode: the id of the cluster by which its volumes are formatted. */
export const CLUSTER_ID = "finnhub-pipe.dev/kafka-cluster";
/** Hash of what was applied last: it shows when a field is no longer wanted. */
export const APPLIED_HASH = "finnhub-pipe.dev/applied";

/** Labels that select a component's pods. They can never change: a StatefulSet's selector is fixed. */
export function selectorOf(
  pipeline: { metadata: { name: string } },
  component: string,
): Record<string, string> {
  return { "app.kubernetes.io/name": component, "app.kubernetes.io/instance": pipeline.metadata.name };
}

/** The names under which a Service is found within the cluster. */
export function serviceNames(service: string, namespace: string): string[] {
  const name = `${service}.${namespace}`;
  return [service, name, `${name}.svc`, `${name}.svc.cluster.local`];
}
