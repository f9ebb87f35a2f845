import type { KubernetesObject } from "../../kubernetes/cluster.ts";
import type { Pipeline } from "../pipeline.ts";
import { owned } from "./build.ts";
import { GRAFANA_PATH } from "./grafana.ts";

/** The one way in from outside, when `exposure.type` is Ingress. */
export function ingress(pipeline: Pipeline): KubernetesObject[] {
  const { dashboard, exposure, grafana } = pipeline.spec;
  const { annotations, host, ingressClassName, tlsSecretName } = exposure;
  const path = (path: string, name: string) => ({
    path,
    pathType: "Prefix",
    backend: { service: { name, port: { name: "http" } } },
  });
  const paths = [
    ...(grafana.enabled ? [path(GRAFANA_PATH, "grafana")] : []),
    ...(dashboard.enabled ? [path("/", "dashboard")] : []),
  ];
  if (paths.length === 0) return [];
  return [owned(pipeline, "ingress", {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "finnhub-pipe", ...(annotations && { annotations }) },
    spec: {
      ...(ingressClassName === undefined ? {} : { ingressClassName }),
      ...(tlsSecretName === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecretName }] }),
      rules: [{ host, http: { paths } }],
    },
  })];
}
