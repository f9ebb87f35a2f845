import market from "../../../grafana/dashboards/market.json" with { type: "text" };
import dashboard from "../../../grafana/dashboards/pipeline.json" with { type: "text" };
import providers from "../../../grafana/provisioning/dashboards.yaml" with { type: "text" };
import datasources from "../../../grafana/provisioning/datasources.yaml" with { type: "text" };
import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import { componentObjects, configMap, fillPod, owned, workloadOf } from "../objects.ts";
import type { Pipeline } from "../pipeline.ts";
import { exposed } from "./roles.ts";

const PATH = "/grafana";

export function grafana(pipeline: Pipeline): KubernetesObject[] {
  const { cassandra, exposure, grafana: { resources }, images } = pipeline.spec;
  const maps = {
    "grafana-datasources": { "datasources.yaml": datasources },
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
  return [
    ...Object.entries(maps).map(([name, data]) => configMap(pipeline, "grafana", name, data)),
    ...exposed(pipeline, objects),
  ];
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
