import { parse, stringify } from "@std/yaml";
import market from "../../../grafana/dashboards/market.json" with { type: "text" };
import pipelineDashboard from "../../../grafana/dashboards/pipeline.json" with { type: "text" };
import providers from "../../../grafana/provisioning/dashboards.yaml" with { type: "text" };
import datasources from "../../../grafana/provisioning/datasources.yaml" with { type: "text" };
import manifest from "../../../manifests/grafana/objects.yaml" with { type: "text" };
import tlsPod from "../../../manifests/grafana/tls.yaml" with { type: "text" };
import type { Security } from "../security/security.ts";
import { clientsUseTls } from "../security/transport.ts";
import type { Definition } from "./definition.ts";
import { environment, exposed, image, resources, rolledBy } from "./overlays.ts";
import { plugin } from "./pods/plugin.ts";
import { secureTool } from "./transport.ts";

/** Where Grafana is behind the Ingress. */
export const GRAFANA_PATH = "/grafana";

export const grafana: Definition = {
  after: ["setup"],
  manifest,
  parts({ pipeline: { spec: { cassandra, exposure, grafana, images } }, security }) {
    if (!grafana.enabled) return undefined;
    const maps = {
      "grafana-datasources": { "datasources.yaml": sourcesBy(security, datasources) },
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
        ...secureTool(security, tlsPod),
        exposed(exposure),
      ],
    };
  },
};

/** The data sources, by TLS where that is how Cassandra is spoken to. */
function sourcesBy({ transport }: Security, text: string): string {
  if (!clientsUseTls(transport)) return text;
  const provisioning = parse(text) as { datasources: { jsonData: Record<string, unknown> }[] };
  for (const { jsonData } of provisioning.datasources) {
    Object.assign(jsonData, { useCustomTLS: true, caPath: "/etc/finnhub-pipe/ca.crt" });
  }
  return stringify(provisioning);
}
