import properties from "../../../manifests/kafdrop/kafka.properties" with { type: "text" };
import manifest from "../../../manifests/kafdrop/objects.yaml" with { type: "text" };
import tlsPod from "../../../manifests/kafdrop/tls.yaml" with { type: "text" };
import type { ExternalKafka } from "../external.ts";
import { clientsUseTls } from "../security/transport.ts";
import type { Definition, Files } from "./definition.ts";
import { KAFKA_CA, outTo, portOf } from "./pods/servers.ts";
import { environment, image, mounted, type Overlay, resources, rolledBy } from "./overlays.ts";
import { setProperties, withoutProperties } from "./properties.ts";
import { secureRole, secureTool } from "./transport.ts";

/** Where Kafdrop finds how to log in. */
const FOLDER = "/etc/kafdrop";
const CONFIG = "kafdrop-config";

/** Kafdrop, which nobody reaches but by a port-forward. */
export const kafdrop: Definition = {
  after: ["kafka"],
  manifest,
  parts({ pipeline: { spec: { images, kafdrop, kafka: { external } } }, security }) {
    if (!kafdrop.enabled) return undefined;
    const files = external
      ? { "kafka.properties": propertiesOf(external) }
      : clientsUseTls(security.transport)
      ? { "kafka.properties": properties }
      : undefined;
    return {
      maps: files ? { [CONFIG]: files } : {},
      overlays: [
        image(images, images.kafdrop),
        resources(kafdrop.resources),
        ...(external && files
          ? [...anothers(external, files), ...secureRole(security, {})]
          : secureTool(security, tlsPod)),
      ],
    };
  },
};

function anothers({ bootstrapServers, sasl, tls }: ExternalKafka, files: Files): Overlay[] {
  return [
    environment({
      KAFKA_BROKERCONNECT: bootstrapServers.join(","),
      KAFKA_PROPERTIES_FILE: `${FOLDER}/kafka.properties`,
      KAFKA_PASSWORD: sasl && { secretKeyRef: sasl.passwordSecret },
    }),
    mounted("config", CONFIG, FOLDER),
    rolledBy(files),
    ...(tls?.caConfigMap === undefined ? [] : [mounted("kafka-ca", tls.caConfigMap, KAFKA_CA)]),
    outTo("kafka", bootstrapServers.map(portOf)),
  ];
}

/** How Kafdrop speaks to somebody else's Kafka; its password is in a variable. */
function propertiesOf({ sasl, tls }: ExternalKafka): string {
  const protocol = `${sasl ? "SASL_" : ""}${tls ? "SSL" : "PLAINTEXT"}`;
  const own = tls?.caConfigMap !== undefined;
  const module = sasl?.mechanism === "plain" ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
  const unused = [
    ...(own ? [] : ["ssl.truststore.type", "ssl.truststore.location"]),
    ...(sasl ? [] : ["sasl.mechanism", "sasl.jaas.config"]),
  ];
  const text = setProperties(properties, {
    "security.protocol": protocol,
    "ssl.truststore.location": `${KAFKA_CA}/ca.crt`,
    "sasl.mechanism": sasl?.mechanism.toUpperCase() ?? "",
    "sasl.jaas.config": `org.apache.kafka.common.security.${module} required ` +
      `username="${sasl?.user ?? ""}" password="\${env:KAFKA_PASSWORD}";`,
  });
  return withoutProperties(text, unused);
}
