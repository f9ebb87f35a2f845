import market from "../../../grafana/dashboards/market.json" with { type: "text" };
import dashboard from "../../../grafana/dashboards/pipeline.json" with { type: "text" };
import providers from "../../../grafana/provisioning/dashboards.yaml" with { type: "text" };
import datasources from "../../../grafana/provisioning/datasources.yaml" with { type: "text" };
import pod from "../../../manifests/grafana/tls.yaml" with { type: "text" };
import { parse, stringify } from "@std/yaml";
import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { componentObjects, configMap, fillPod, owned, workloadOf } from "./objects.ts";
import type { Pipeline } from "../pipeline.ts";
import type { Security } from "../security/security.ts";
import { clientsUseTls } from "../security/transport.ts";
import { exposed } from "./roles.ts";
import { secureTool } from "./secure.ts";

const PATH = "/grafana";

export function grafana(pipeline: Pipeline, security: Security): KubernetesObject[] {
  const { cassandra, exposure, grafana: { resources }, images } = pipeline.spec;
  const maps = {
    "grafana-datasources": { "datasources.yaml": sourcesBy(security, datasources) },
    "grafana-providers": { "dashboards.yaml": providers },
    "grafana-dashboards": { "market.json": market, "pipeline.json": dashboard },
  };
  const objects = componentObjects(pipeline, "grafana");
  const behindIngress = exposure.type === "Ingress";
  fillPod(pipeline, workloadOf(objects), {
    image: images.grafana,
    resources,
    env: {
      CASSANDRA_KEYSPACE: cassandra.keyspace,
      GF_SERVER_ROOT_URL: behindIngress ? `%(protocol)s://${exposure.host}${PATH}/` : undefined,
      GF_SERVER_SERVE_FROM_SUB_PATH: behindIngress ? "true" : undefined,
    },
    config: JSON.stringify(maps),
  });
  secureTool(workloadOf(objects), security, pod);
  return [
    ...Object.entries(maps).map(([name, data]) => configMap(pipeline, "grafana", name, data)),
    ...exposed(pipeline, objects),
  ];
}

/** The data sources, by TLS where that is how Cassandra is spoken to. */
function sourcesBy({ transport }: Security, text: string): string {
  if (!clientsUseTls(transport)) return text;
  const provisioning = parse(text) as { datasources: { jsonData: Record<string, unknown> }[] };
  for (const { jsonData } of provisioning.datasources) {
    Object.assign(jsonData, { useCustomTLS: true, caPath: "/etc/finnhub-pipe/ca.crt" });
  }
  return stringify(provisioning);
}

/** The one way in from outside, when `exposure.type` is Ingress. */
export function ingress(pipeline: Pipeline): KubernetesObject[] {
  const { dashboard, exposure: { host, ingressClassName, tlsSecretName }, grafana } = pipeline.spec;
  const path = (path: string, name: string) => ({
    path,
    pathType: "Prefix",
    backend: { service: { name, port: { name: "http" } } },
  });
  const paths = [
    ...(grafana.enabled ? [path(PATH, "grafana")] : []),
    ...(dashboard.enabled ? [path("/", "dashboard")] : []),
  ];
  if (paths.length === 0) return [];
  return [owned(pipeline, "ingress", {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "finnhub-pipe" },
    spec: {
      ...(ingressClassName === undefined ? {} : { ingressClassName }),
      ...(tlsSecretName === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecretName }] }),
      rules: [{ host, http: { paths } }],
    },
  })];
}
