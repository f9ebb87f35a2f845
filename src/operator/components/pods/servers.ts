import type { ExternalCassandra, ExternalKafka } from "../../external.ts";
import type { EnvVar } from "../../workload.ts";
import type { Context } from "../definition.ts";
import { environment, mounted, type Overlay, without } from "../overlays.ts";
import { secureRole } from "../transport.ts";

/** What a role uses. */
export interface Uses {
  /** Its login at Kafka, where that is the operator's own. */
  kafka?: string;
  cassandra?: boolean;
}

/** Where the CAs of somebody else's servers are in a pod. */
export const KAFKA_CA = "/etc/kafka-ca";
export const CASSANDRA_CA = "/etc/cassandra-ca";

/** Lets the pods of one of our roles reach the servers that it uses, the operator's own and those of somebody else. */
export function servers({ pipeline: { spec }, security }: Context, uses: Uses): Overlay[] {
  const [kafka, cassandra] = [spec.kafka.external, spec.cassandra.external];
  return [
    ...secureRole(security, {
      ...(!kafka && uses.kafka !== undefined && { kafka: uses.kafka }),
      cassandra: uses.cassandra === true && !cassandra,
    }),
    ...(kafka && uses.kafka !== undefined ? kafkaOf(kafka) : []),
    ...(cassandra && uses.cassandra ? cassandraOf(cassandra) : []),
  ];
}

const ofSecret = (secret: { name: string; key: string } | undefined): EnvVar["valueFrom"] =>
  secret && { secretKeyRef: secret };

function kafkaOf({ bootstrapServers, sasl, tls }: ExternalKafka): Overlay[] {
  const ca = tls?.caConfigMap;
  return [
    environment({
      KAFKA_SERVER: bootstrapServers.join(","),
      KAFKA_TLS: tls && "true",
      KAFKA_CA_FILE: ca === undefined ? undefined : `${KAFKA_CA}/ca.crt`,
      KAFKA_SASL_MECHANISM: sasl?.mechanism,
      KAFKA_USER: sasl?.user,
      KAFKA_PASSWORD: ofSecret(sasl?.passwordSecret),
    }),
    ...(ca === undefined ? [] : [mounted("kafka-ca", ca, KAFKA_CA)]),
    outTo("kafka", bootstrapServers.map(portOf)),
  ];
}

function cassandraOf(external: ExternalCassandra): Overlay[] {
  const { contactPoints, datacenter, login, port, tls } = external;
  return [
    environment({
      CASSANDRA_HOST: contactPoints.join(","),
      CASSANDRA_PORT: String(port),
      CASSANDRA_DATACENTER: datacenter,
      CASSANDRA_TLS: tls && "true",
      CASSANDRA_CA_FILE: tls && `${CASSANDRA_CA}/ca.crt`,
      CASSANDRA_SERVER_NAME: tls?.serverName,
    }),
    loginOf(external, "CASSANDRA_USER"),
    ...(tls ? [mounted("cassandra-ca", tls.caConfigMap, CASSANDRA_CA)] : []),
    outTo("cassandra", [port]),
    ...(login ? [] : [without("CASSANDRA_USER", "CASSANDRA_PASSWORD")]),
  ];
}

/** Sets another program's Cassandra, which takes one address; nothing where it is the operator's own. */
export function toolsCassandra(external: ExternalCassandra | undefined, userVariable: string): Overlay[] {
  if (!external) return [];
  const { contactPoints: [host], login, port } = external;
  return [
    environment({ CASSANDRA_HOST: host, CASSANDRA_PORT: String(port) }),
    loginOf(external, userVariable),
    outTo("cassandra", [port]),
    ...(login ? [] : [without(userVariable, "CASSANDRA_PASSWORD")]),
  ];
}

const loginOf = ({ login }: ExternalCassandra, userVariable: string): Overlay =>
  environment({ [userVariable]: login?.user, CASSANDRA_PASSWORD: ofSecret(login?.passwordSecret) });

/** The port of `host:port`. */
export const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1));

interface Rule {
  to?: { podSelector?: { matchLabels: Record<string, string> } }[];
  ports: { port: number }[];
}

/** In the place of the way to a component's pods, ways to ports wherever they are: a policy cannot name hosts. */
export const outTo = (component: string, ports: readonly number[]): Overlay => ({ objects }) => {
  for (const { kind, spec } of objects) {
    if (kind !== "NetworkPolicy") continue;
    const policy = spec as { egress: Rule[] };
    policy.egress = policy.egress.map((rule) =>
      rule.to?.[0]?.podSelector?.matchLabels["app.kubernetes.io/name"] === component
        ? { ports: [...new Set(ports)].map((port) => ({ port })) }
        : rule
    );
  }
};
