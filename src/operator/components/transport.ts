import cassandraRole from "../../../manifests/tls/cassandra.yaml" with { type: "text" };
import kafkaRole from "../../../manifests/tls/kafka.yaml" with { type: "text" };
import { hash } from "../hash.ts";
import type { Secured } from "../names.ts";
import type { Security } from "../security/security.ts";
import { CERTIFICATE, clientsUseTls, TRANSPORT } from "../security/transport.ts";
import { annotated, login, type Overlay, patched } from "./overlays.ts";

/** Gives a server's pods their certificate, as a file of manifests/ says, and names the step that they run. */
export function secureServer(name: Secured, { certificates, transport }: Security, text: string): Overlay[] {
  if (transport === "plain") return [];
  return [patched(text), annotated({ [TRANSPORT]: transport, [CERTIFICATE]: certificates[name] })];
}

/** Lets the pods of one of our roles speak TLS to those of our servers that it uses, and marks that it does, if to none. */
export function secureRole(
  { transport }: Security,
  { cassandra = false, kafka }: { cassandra?: boolean; /** Its login. */ kafka?: string },
): Overlay[] {
  if (!clientsUseTls(transport)) return [];
  return [
    ...(kafka === undefined ? [] : [patched(kafkaRole), login(kafka)]),
    ...(cassandra ? [patched(cassandraRole)] : []),
    annotated({ [TRANSPORT]: "tls" }),
  ];
}

/** Lets the pods of another's program speak TLS as a file of manifests/ says. Such a program reads the CAs when it starts. */
export function secureTool({ authorities, transport }: Security, text: string): Overlay[] {
  if (!clientsUseTls(transport)) return [];
  return [patched(text), annotated({ [TRANSPORT]: "tls", [CERTIFICATE]: hash(authorities) })];
}
