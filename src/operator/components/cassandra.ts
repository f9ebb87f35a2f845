import { parse, stringify } from "@std/yaml";
import cassandraYaml from "../../../manifests/cassandra/cassandra.yaml" with { type: "text" };
import encryption from "../../../manifests/cassandra/encryption.yaml" with { type: "text" };
import joined from "../../../manifests/cassandra/joined.sh" with { type: "text" };
import logback from "../../../manifests/cassandra/logback.xml" with { type: "text" };
import manifest from "../../../manifests/cassandra/objects.yaml" with { type: "text" };
import readyTls from "../../../manifests/cassandra/ready-tls.sh" with { type: "text" };
import ready from "../../../manifests/cassandra/ready.sh" with { type: "text" };
import start from "../../../manifests/cassandra/start.sh" with { type: "text" };
import tlsPod from "../../../manifests/cassandra/tls.yaml" with { type: "text" };
import { replicasOf } from "../pipeline.ts";
import type { Transport } from "../security/transport.ts";
import { isExternal } from "../external.ts";
import type { Definition, Files } from "./definition.ts";
import { RING, ringData } from "../reconcile/ring.ts";
import { replication, serverParts } from "./server.ts";
import { secureServer } from "./transport.ts";

export const cassandra: Definition = {
  after: [],
  manifest,
  parts(context) {
    if (isExternal(context.pipeline, "cassandra")) return undefined;
    const { observed, pipeline, security } = context;
    const files = {
      "cassandra.yaml": cassandraYaml,
      "logback.xml": logback,
      "start.sh": start,
      "ready.sh": ready,
      "joined.sh": joined,
    };
    const parts = serverParts(context, "cassandra", cassandraConfig(security.transport, files), {
      imageName: pipeline.spec.images.cassandra,
      env: { MAX_HEAP_SIZE: pipeline.spec.cassandra.heap },
      overlays: secureServer("cassandra", security, tlsPod),
    });
    return {
      ...parts,
      maps: {
        ...parts.maps,
        [RING]: ringData(observed, pipeline, replication(replicasOf(pipeline, "cassandra"))),
      },
    };
  },
};

/** Cassandra's files for a step from plain TCP to TLS. */
export function cassandraConfig(transport: Transport, config: Files): Files {
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
    ...(optional ? {} : { "ready.sh": readyTls }),
  };
}
