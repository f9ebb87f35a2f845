import { parse, stringify } from "@std/yaml";
import encryption from "../../../manifests/cassandra/encryption.yaml" with { type: "text" };
import cassandraReady from "../../../manifests/cassandra/ready-tls.sh" with { type: "text" };
import cassandraPod from "../../../manifests/cassandra/tls.yaml" with { type: "text" };
import kafkaClient from "../../../manifests/kafka/client.properties" with { type: "text" };
import tlsProperties from "../../../manifests/kafka/tls.properties" with { type: "text" };
import kafkaPod from "../../../manifests/kafka/tls.yaml" with { type: "text" };
import cassandraRole from "../../../manifests/tls/cassandra.yaml" with { type: "text" };
import kafkaRole from "../../../manifests/tls/kafka.yaml" with { type: "text" };
import type { Templated } from "./manifests.ts";
import { annotate, hash, setProperties } from "./objects.ts";
import { overlay, setLogin } from "./overlay.ts";
import type { Secured } from "../names.ts";
import type { Security } from "../security/security.ts";
import { CERTIFICATE, clientsUseTls, TRANSPORT, type Transport } from "../security/transport.ts";

/** Texts of a server's configuration by the names of its files. */
export type Config = Record<string, string>;

const BROKER = "${env:POD_NAME}.kafka-headless.${env:NAMESPACE}.svc";
const PLAIN_PROBE = "--bootstrap-server 127.0.0.1:9092";
const TLS_PROBE =
  '--bootstrap-server "${HOSTNAME}.kafka-headless.${NAMESPACE}.svc:9093" --command-config /etc/kafka-config/client.properties';

/** Kafka's files for a step from plain TCP to TLS. */
export function kafkaConfig(transport: Transport, config: Config): Config {
  if (transport === "plain") return config;
  const { "caught-up.sh": caughtUp, "server.properties": properties, ...rest } = config;
  // In the end the plain port is the pod's own, for its probe.
  const open = transport !== "required";
  const listeners = `PLAINTEXT://${open ? "" : "127.0.0.1"}:9092,SASL_SSL://:9093`;
  const tls = setProperties(tlsProperties, {
    "inter.broker.listener.name": transport === "offered" ? "PLAINTEXT" : "SASL_SSL",
    "advertised.listeners": `${open ? `PLAINTEXT://${BROKER}:9092,` : ""}SASL_SSL://${BROKER}:9093`,
  });
  return {
    ...rest,
    "server.properties": `${setProperties(properties!, { listeners })}${tls}`,
    "caught-up.sh": caughtUp!.replace(PLAIN_PROBE, () => TLS_PROBE),
    "client.properties": kafkaClient,
  };
}

/** Cassandra's files for a step from plain TCP to TLS. */
export function cassandraConfig(transport: Transport, config: Config): Config {
  if (transport === "plain") return config;
  const optional = transport !== "required";
  const yaml = parse(config["cassandra.yaml"]!) as object;
  const { client_encryption_options, server_encryption_options } = parse(encryption) as {
    client_encryption_options: object;
    server_encryption_options: object;
  };
  const encrypted = {
    ...yaml,
    client_encryption_options: { ...client_encryption_options, optional },
    server_encryption_options: {
      ...server_encryption_options,
      optional,
      internode_encryption: transport === "offered" ? "none" : "all",
    },
  };
  return {
    ...config,
    "cassandra.yaml": stringify(encrypted),
    ...(optional ? {} : { "ready.sh": cassandraReady }),
  };
}

/** Gives a server's pods their certificate, and says which step they run. */
export function secureServer(workload: Templated, name: Secured, security: Security): void {
  const { certificates, transport } = security;
  if (transport === "plain") return;
  overlay(workload, name === "kafka" ? kafkaPod : cassandraPod);
  annotate(workload, { [TRANSPORT]: transport, [CERTIFICATE]: certificates[name] });
}

/** Lets the pods of one of our roles speak TLS to the servers that it uses. */
export function secureRole(
  workload: Templated,
  { transport }: Security,
  { cassandra = false, kafka }: { cassandra?: boolean; /** Its login. */ kafka?: string },
): void {
  if (!clientsUseTls(transport)) return;
  if (kafka !== undefined) {
    overlay(workload, kafkaRole);
    setLogin(workload.spec.template.spec.containers[0], "KAFKA", kafka);
  }
  if (cassandra) overlay(workload, cassandraRole);
  annotate(workload, { [TRANSPORT]: "tls" });
}

/** Lets the pods of another's program speak TLS as a file of manifests/ says. Such a program reads the CAs when it starts. */
export function secureTool(workload: Templated, { authorities, transport }: Security, text: string): void {
  if (!clientsUseTls(transport)) return;
  overlay(workload, text);
  annotate(workload, { [TRANSPORT]: "tls", [CERTIFICATE]: hash(authorities) });
}
