import type { PipelineSpec } from "../../pipeline.ts";
import type { EnvVar } from "../../workload.ts";
import { environment, mounted, type Overlay } from "../overlays.ts";

/** Of addresses by TLS that name no port. */
export const TLS_PORT = 443;
const PLAIN_PORT = 80;

/** The port of an address, by its scheme where it names none; that of TLS where it is none. */
export function portOf(address: string | undefined): number {
  if (address === undefined || !URL.canParse(address)) return TLS_PORT;
  const { port, protocol } = new URL(address);
  return Number(port) || (["ws:", "http:"].includes(protocol) ? PLAIN_PORT : TLS_PORT);
}

const ofSecret = (secret: { name: string; key: string } | undefined): EnvVar["valueFrom"] =>
  secret && { secretKeyRef: secret };

/** Where the registry's CAs are in a pod. */
const CA_FOLDER = "/etc/schema-registry";

/** Lets a role use the schema registry, and lets it out to its port. */
export function registry({ schemaRegistry }: PipelineSpec, { writes = false } = {}): Overlay[] {
  if (schemaRegistry === undefined) return [];
  const { caConfigMap, passwordSecret, url, user, valueFormat } = schemaRegistry;
  return [
    environment({
      SCHEMA_REGISTRY_URL: url,
      SCHEMA_REGISTRY_USER: user,
      SCHEMA_REGISTRY_PASSWORD: ofSecret(passwordSecret),
      SCHEMA_REGISTRY_CA_FILE: caConfigMap === undefined ? undefined : `${CA_FOLDER}/ca.crt`,
      KAFKA_VALUE_FORMAT: writes ? valueFormat : undefined,
    }),
    ...(caConfigMap === undefined ? [] : [mounted("schema-registry", caConfigMap, CA_FOLDER)]),
    opened(url),
  ];
}

/** Lets a role send traces, and lets it out to where they go. */
export function tracing({ tracing }: PipelineSpec): Overlay[] {
  if (tracing === undefined) return [];
  const { headersSecret, otlpEndpoint, sampleRatio } = tracing;
  return [
    environment({
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
      OTEL_EXPORTER_OTLP_HEADERS: ofSecret(headersSecret),
      OTEL_TRACES_SAMPLER_ARG: sampleRatio,
    }),
    opened(otlpEndpoint),
  ];
}

/** Opens the way out to an address's port, wherever it is. */
const opened = (address: string): Overlay => ({ objects }) => {
  const policy = objects.find(({ kind }) => kind === "NetworkPolicy")!;
  const { egress } = policy.spec as { egress: unknown[] };
  egress.push({ ports: [{ port: portOf(address) }] });
};
