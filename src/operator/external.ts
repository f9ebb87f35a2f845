import type { Secured } from "./names.ts";
import type { SecretKey } from "./workload.ts";

/** A Kafka that somebody else runs; `manifests/crd.yaml` says what each field means. */
export interface ExternalKafka {
  /** `host:port` each. */
  bootstrapServers: string[];
  tls?: { caConfigMap?: string };
  sasl?: {
    mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
    user: string;
    passwordSecret: SecretKey;
  };
  replication: number;
}

/** A Cassandra that somebody else runs. */
export interface ExternalCassandra {
  contactPoints: string[];
  port: number;
  datacenter: string;
  tls?: { caConfigMap: string; serverName?: string };
  login?: { user: string; passwordSecret: SecretKey };
  replication: number;
}

/** What of a spec says who runs the servers. */
interface Servers {
  kafka: { external?: ExternalKafka };
  cassandra: { external?: ExternalCassandra };
}

/** Who keeps Kafka's metadata goes with it. */
const BESIDE_KAFKA = ["zookeeper", "kafka-controller"];

/** Whether somebody else runs the servers of a component. */
export function isExternal({ spec }: { spec: Servers }, component: string): boolean {
  if (component === "cassandra") return spec.cassandra.external !== undefined;
  return (component === "kafka" || BESIDE_KAFKA.includes(component)) && spec.kafka.external !== undefined;
}

/** Where the servers of somebody else are, for people; undefined where they are the operator's own. */
export function externalPlace({ cassandra, kafka }: Servers, component: string): string | undefined {
  if (BESIDE_KAFKA.includes(component) && kafka.external) {
    return "Kafka is somebody else's, and what it needs, too";
  }
  const addresses: Partial<Record<string, string[]>> = {
    kafka: kafka.external?.bootstrapServers,
    cassandra: cassandra.external?.contactPoints.map((host) => `${host}:${cassandra.external!.port}`),
  };
  const found = addresses[component];
  return found && `somebody else's, at ${found.join(", ")}`;
}

/** The Secrets by which an external server lets us in. */
export function externalSecrets({ cassandra, kafka }: Servers): Partial<Record<Secured, SecretKey>> {
  const [ofKafka, ofCassandra] = [
    kafka.external?.sasl?.passwordSecret,
    cassandra.external?.login?.passwordSecret,
  ];
  return { ...(ofKafka && { kafka: ofKafka }), ...(ofCassandra && { cassandra: ofCassandra }) };
}
