import kraft from "../../../../manifests/kafka/kraft.properties" with { type: "text" };
import kraftTls from "../../../../manifests/kafka/kraft-tls.properties" with { type: "text" };
import log from "../../../../manifests/kafka/log4j.properties" with { type: "text" };
import log4j2 from "../../../../manifests/kafka/log4j2.properties" with { type: "text" };
import start from "../../../../manifests/kafka/start.sh" with { type: "text" };
import { CLUSTER_ID, ENSEMBLE } from "../../names.ts";
import type { Quorum } from "../../metadata.ts";
import type { Transport } from "../../security/transport.ts";
import type { ClaimTemplate, Workload } from "../../workload.ts";
import type { Files } from "../definition.ts";
import type { Overlay } from "../overlays.ts";
import { keysOf, setProperties, withoutProperties } from "../properties.ts";

/** The number of the first controller that has a pod of its own: above those of brokers. FIRST_ID in its manifest is the same. */
const FIRST_CONTROLLER = 100;

/** How controllers are reached in a step from plain TCP to TLS. */
interface Ways {
  listeners: string;
  /** The first is used by all who ask them; a controller serves both. */
  names: [string, ...string[]];
  /** That of the first. */
  port: number;
}

const BOTH = "CONTROLLER://:9094,CONTROLLER_SSL://:9095";
const WAYS: Record<Transport, Ways> = {
  plain: { listeners: "CONTROLLER://:9094", names: ["CONTROLLER"], port: 9094 },
  offered: { listeners: BOTH, names: ["CONTROLLER", "CONTROLLER_SSL"], port: 9094 },
  preferred: { listeners: BOTH, names: ["CONTROLLER_SSL", "CONTROLLER"], port: 9095 },
  // The plain port serves only the pod's own probe.
  required: {
    listeners: "CONTROLLER://127.0.0.1:9094,CONTROLLER_SSL://:9095",
    names: ["CONTROLLER_SSL", "CONTROLLER"],
    port: 9095,
  },
};

/** What is added to a file of either kind of server in a step to TLS. */
const controllerLogins = (transport: Transport): string => transport === "plain" ? "" : kraftTls;

/**
 * The controllers as all servers are told of them. They are fixed (`controller.quorum.voters`): the configuration alone says where
 * they are, so that a step to TLS can move their port, and one that lost its volume needs no command to be let in again. From
 * Kafka 4.1 on such a quorum can become a dynamic one: https://kafka.apache.org/41/operations/kraft
 */
function voters({ controllers, namespace }: Quorum, port: number): string {
  if (controllers === 0) return `0@kafka-0.kafka-headless.${namespace}.svc:${port}`;
  return Array.from(
    { length: controllers },
    (_, i) =>
      `${FIRST_CONTROLLER + i}@kafka-controller-${i}.kafka-controller-headless.${namespace}.svc:${port}`,
  ).join();
}

/** Where a controller says that it is: not at the listener of its own probe. */
function advertised(service: string, transport: Transport): string {
  const host = `\${env:POD_NAME}.${service}.\${env:NAMESPACE}.svc`;
  return WAYS[transport].listeners.split(",").filter((each) => !each.includes("127.0.0.1"))
    .map((each) => each.replace("://", `://${host}`)).join();
}

/** The properties of a controller in a pod of its own. */
export function asController(properties: string, transport: Transport, quorum: Quorum): string {
  const { listeners, names, port } = WAYS[transport];
  return setProperties(properties, {
    listeners,
    "advertised.listeners": advertised("kafka-controller-headless", transport),
    "controller.quorum.voters": voters(quorum, port),
    "controller.listener.names": names.join(),
  }) + controllerLogins(transport);
}

/** A broker's files where it has controllers in place of ZooKeeper. */
export function withControllers(
  { "server.properties": properties = "", ...rest }: Files,
  transport: Transport,
  quorum: Quorum,
): Files {
  const { listeners, names: [name, ...others], port } = WAYS[transport];
  const own = withoutProperties(properties, ["zookeeper.connect"]);
  const more = withoutProperties(kraft, keysOf(own)) + controllerLogins(transport);
  const broker = setProperties(own + more, {
    "controller.quorum.voters": voters(quorum, port),
    "controller.listener.names": name,
  });
  const files = { ...rest, ...kraftFiles(), "server.properties": broker };
  if (quorum.controllers > 0) return files;
  const valueOf = (key: string) =>
    broker.split("\n").find((line) => line.startsWith(`${key}=`))!.slice(key.length + 1);
  const combined = setProperties(broker, {
    "process.roles": "broker,controller",
    "controller.listener.names": [name, ...others].join(),
    listeners: `${valueOf("listeners")},${listeners}`,
    "advertised.listeners": `${valueOf("advertised.listeners")},${advertised("kafka-headless", transport)}`,
  });
  return { ...files, "combined.properties": combined };
}

/** Files by which every server in KRaft mode is started. */
export const kraftFiles = (): Files => ({
  "start.sh": start,
  "log4j.properties": withoutProperties(log, ["log4j.logger.org.apache.zookeeper"]),
  "log4j2.properties": log4j2,
});

/** Keeps the cluster's id and the number of its controllers with what is made: volumes outlive all else. */
export const formatted = (
  id: string,
  { controllers }: Quorum,
  existing: readonly ClaimTemplate[] | undefined,
): Overlay =>
({ workload }) => {
  const marks = { [CLUSTER_ID]: id, [ENSEMBLE]: String(controllers) };
  workload.metadata.annotations = { ...workload.metadata.annotations, ...marks };
  const [claim] = (workload as Workload).spec.volumeClaimTemplates!;
  // A StatefulSet's template of them cannot be changed.
  const annotations = existing ? existing[0]?.metadata.annotations : marks;
  if (annotations) claim!.metadata.annotations = annotations;
};
