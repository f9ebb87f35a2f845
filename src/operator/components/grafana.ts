import { parse, stringify } from "@std/yaml";
import market from "../../../grafana/dashboards/market.json" with { type: "text" };
import pipelineDashboard from "../../../grafana/dashboards/pipeline.json" with { type: "text" };
import providers from "../../../grafana/provisioning/dashboards.yaml" with { type: "text" };
import datasources from "../../../grafana/provisioning/datasources.yaml" with { type: "text" };
import manifest from "../../../manifests/grafana/objects.yaml" with { type: "text" };
import tlsPod from "../../../manifests/grafana/tls.yaml" with { type: "text" };
import { clientsUseTls } from "../security/transport.ts";
import type { Definition } from "./definition.ts";
import { CASSANDRA_CA, toolsCassandra } from "./pods/servers.ts";
import { environment, exposed, image, mounted, resources, rolledBy } from "./overlays.ts";
import { plugin } from "./pods/plugin.ts";
import { secureRole, secureTool } from "./transport.ts";

/** Where Grafana is behind the Ingress. */
export const GRAFANA_PATH = "/grafana";

export const grafana: Definition = {
  after: ["setup"],
  manifest,
  parts({ pipeline: { spec: { cassandra, exposure, grafana, images } }, security }) {
    if (!grafana.enabled) return undefined;
    const { external } = cassandra;
    const ca = external
      ? external.tls && `${CASSANDRA_CA}/ca.crt`
      : clientsUseTls(security.transport)
      ? "/etc/finnhub-pipe/ca.crt"
      : undefined;
    const maps = {
      "grafana-datasources": { "datasources.yaml": sourcesBy(ca, datasources) },
      "grafana-providers": { "dashboards.yaml": providers },
      "grafana-dashboards": { "market.json": market, "pipeline.json": pipelineDashboard },
    };
    const behindIngress = exposure.type === "Ingress";
    // What people's browsers speak, to the Ingress: Grafana itself is asked by http.
    const scheme = exposure.tlsSecretName === undefined ? "http" : "https";
    return {
      maps,
      overlays: [
        image(images, images.grafana),
        resources(grafana.resources),
        environment({
          CASSANDRA_KEYSPACE: cassandra.keyspace,
          GF_SERVER_ROOT_URL: behindIngress ? `${scheme}://${exposure.host}${GRAFANA_PATH}/` : undefined,
          GF_SERVER_SERVE_FROM_SUB_PATH: behindIngress ? "true" : undefined,
        }),
        plugin(grafana.plugin),
        rolledBy(maps),
        ...(external ? secureRole(security, {}) : secureTool(security, tlsPod)),
        ...toolsCassandra(external, "CASSANDRA_USER"),
        ...(external?.tls ? [mounted("cassandra-ca", external.tls.caConfigMap, CASSANDRA_CA)] : []),
        exposed(exposure),
      ],
    };
  },
};

/** The data sources, by TLS where that is how Cassandra is spoken to: with the CAs of a file. */
function sourcesBy(caPath: string | undefined, text: string): string {
  if (caPath === undefined) return text;
  const provisioning = parse(text) as { datasources: { jsonData: Record<string, unknown> }[] };
  for (const { jsonData } of provisioning.datasources) {
    Object.assign(jsonData, { useCustomTLS: true, caPath });
  }
  return stringify(provisioning);
}
