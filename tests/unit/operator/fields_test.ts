import { assert, assertEquals } from "@std/assert";
import { NO_SURROUNDINGS } from "../../../src/operator/components/definition.ts";
import { desiredState } from "../../../src/operator/components/desired.ts";
import { CRD } from "../../../src/operator/pipeline.ts";
import type { Schema } from "../../../src/operator/schema.ts";
import { PLAIN } from "../../../src/operator/security/security.ts";
import { wantedTransport } from "../../../src/operator/security/transport.ts";
import { cluster, pipeline } from "./cluster_fake.ts";

/** Another value than the default, for fields whose schema does not tell one. */
const SAMPLES: Record<string, unknown> = {
  "tickers": ["AAPL"],
  "feed.tokenSecret.name": "other",
  "feed.tokenSecret.key": "other",
  "feed.websocketUrl": "ws://simulator:8801/",
  "feed.restUrl": "http://simulator:8801/api/v1",
  "images.pullSecrets": ["mine"],
  "kafka.topic.name": "other",
  "kafka.topic.retention": "3d",
  "grafana.plugin.source": "Image",
  "grafana.plugin.path": "/other",
  "grafana.plugin.claimName": "plugins",
  "kafka.heap": "1G",
  "cassandra.heap": "2G",
  "cassandra.keyspace": "other",
  "cassandra.tradesTtl": "3d",
  "cassandra.windowsTtl": "3d",
  "candles.kinds": ["raw", "sip"],
  "candles.bars": ["tick:500"],
  "candles.calendarsConfigMap": "calendars",
  "batch.schedule": "@daily",
  "batch.since": "48h",
  "exposure.host": "pages.example",
  "exposure.annotations": { "cert-manager.io/issuer": "x" },
  "exposure.sourceRanges": ["192.0.2.0/24"],
  "schemaRegistry.url": "https://registry.example:8443",
  "schemaRegistry.user": "me",
  "schemaRegistry.passwordSecret": { name: "registry", key: "password" },
  "schemaRegistry.caConfigMap": "registry-ca",
  "tracing.otlpEndpoint": "https://traces.example:4318",
  "tracing.headersSecret": { name: "traces", key: "headers" },
  "tracing.sampleRatio": "0.5",
  "exposure.ingressClassName": "nginx",
  "exposure.tlsSecretName": "pages-tls",
  "security.certificateLifetime": "30d",
  "kafka.external.bootstrapServers": ["kafka.example:9094"],
  "kafka.external.tls.caConfigMap": "kafka-ca",
  "kafka.external.sasl": {
    mechanism: "scram-sha-512",
    user: "me",
    passwordSecret: { name: "kafka", key: "password" },
  },
  "cassandra.external.contactPoints": ["other.example"],
  "cassandra.external.datacenter": "other",
  "cassandra.external.tls.caConfigMap": "other-ca",
  "cassandra.external.tls.serverName": "other.example",
  "cassandra.external.login": { user: "me", passwordSecret: { name: "cassandra", key: "password" } },
};
const BY_NAME: Record<string, unknown> = {
  storageClassName: "fast",
  storage: "77Gi",
  cpu: "777m",
  memory: "7Gi",
};

const TERM = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "x" } } };
const EXPRESSIONS = [{ key: "disk", operator: "In", values: ["ssd"] }];
/** The same for what each component's `pod`, and `scheduling`, has; by the end of the path. */
const OF_PODS: Record<string, unknown> = {
  "labels": { team: "trades" },
  "annotations": { note: "x" },
  "nodeSelector": { pool: "trades" },
  "tolerations": [{ key: "pool", operator: "Exists" }],
  "nodeSelectorTerms": [{ matchExpressions: EXPRESSIONS }],
  "nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution": [
    { weight: 1, preference: { matchExpressions: EXPRESSIONS } },
  ],
  "requiredDuringSchedulingIgnoredDuringExecution": [TERM],
  "preferredDuringSchedulingIgnoredDuringExecution": [{ weight: 1, podAffinityTerm: TERM }],
  "topologySpreadConstraints": [
    { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
  ],
  "priorityClassName": "high",
  "schedulerName": "other",
  "runtimeClassName": "gvisor",
  "imagePullSecrets": ["registry"],
  "env": [{ name: "TZ", value: "Europe/Zurich" }],
  "terminationGracePeriodSeconds": 600,
};

/** What a field needs beside it to have a meaning. */
const BESIDE: [RegExp, object][] = [
  [/^grafana\.plugin\.path/, { grafana: { plugin: { source: "Image" } } }],
  [/^grafana\.plugin\.claimName/, { grafana: { plugin: { source: "Volume", claimName: "before" } } }],
  [/^batch\.(?!schedule)/, { batch: { schedule: "@daily" } }],
  [/^exposure\.sourceRanges/, { exposure: { type: "LoadBalancer" } }],
  [/^schemaRegistry\./, { schemaRegistry: { url: "https://a.example" } }],
  [/^tracing\./, { tracing: { otlpEndpoint: "https://a.example" } }],
  [/^exposure\.(?!type)/, { exposure: { type: "Ingress", host: "a.example" } }],
  [/cassandraWeb(?!.enabled)/, { cassandraWeb: { enabled: true } }],
  [/^kafka\.external\./, { kafka: { external: { bootstrapServers: ["a.example:9092"] } } }],
  [/^cassandra\.external\./, {
    cassandra: {
      external: { contactPoints: ["a.example"], datacenter: "a", tls: { caConfigMap: "a-ca" } },
    },
  }],
  [/^kafkaController\./, { kafka: { metadata: "KRaft" }, kafkaController: { replicas: 1 } }],
  [/^processor\.replicas/, { processor: { replicas: 1 } }],
];

/** Fields that change no object, and what they do change. */
const ELSEWHERE: Record<string, string> = {
  "allowDataLeftBehind": "whether a change is refused (refusals_test.ts)",
  "paused": "the operator writes nothing (reconciler_test.ts)",
  "security.tls": "the transport (below, transport_test.ts)",
  "security.certificateLifetime": "the certificates' Secrets (certificates_test.ts)",
};

/** Paths of all fields that hold a value, with their schemas. */
function* leaves(schema: Schema, path = ""): Generator<[string, Schema]> {
  const inner = { ...schema.properties };
  // Requests and limits take any resource; these are the usual ones.
  if (/\.(requests|limits)$/.test(path)) {
    for (const each of ["cpu", "memory"]) inner[each] = schema.additionalProperties!;
  }
  const names = Object.entries(inner);
  // What is required goes together.
  if (names.length === 0 || path in SAMPLES) yield [path, schema];
  if (path in SAMPLES) return;
  for (const [name, each] of names) yield* leaves(each, path === "" ? name : `${path}.${name}`);
}

function another(path: string, schema: Schema): unknown {
  const last = path.split(".").at(-1)!;
  const ofPods = Object.keys(OF_PODS).find((end) => path.endsWith(`.${end}`));
  const sample = SAMPLES[path] ?? BY_NAME[last] ?? (ofPods && OF_PODS[ofPods]) ??
    (path.startsWith("images.") ? "registry.example/x:1" : undefined);
  if (schema.enum) return schema.enum.find((each) => each !== schema.default);
  if (sample !== undefined) return sample;
  if (schema.type === "boolean") return schema.default !== true;
  if (schema.type === "integer") return Number(schema.default ?? 1) + 2;
  throw new Error(`the test has no other value for spec.${path}`);
}

/** An object with one value deep in it, over others. */
function withValue(base: object, [name, ...rest]: string[], value: unknown): Record<string, unknown> {
  const object = base as Record<string, unknown>;
  return {
    ...object,
    [name!]: rest.length === 0 ? value : withValue((object[name!] ?? {}) as object, rest, value),
  };
}

const AROUND = { ...NO_SURROUNDINGS, monitored: true };
const text = (spec: object) => JSON.stringify(desiredState(pipeline(spec), cluster(), PLAIN, AROUND));
const NOTHING = {};
const before = new Map(
  [...BESIDE.map(([, beside]) => beside), NOTHING].map((beside) => [beside, text(beside)]),
);

Deno.test("each field of a Pipeline changes what it is made of, or is known to act elsewhere", () => {
  const { spec } = CRD.spec.versions[0]!.schema.openAPIV3Schema.properties!;
  let fields = 0;
  for (const [path, schema] of leaves(spec!)) {
    fields++;
    if (path in ELSEWHERE) continue;
    const beside = BESIDE.find(([pattern]) => pattern.test(path))?.[1] ?? NOTHING;
    const changed = withValue(beside, path.split("."), another(path, schema));
    assert(text(changed) !== before.get(beside), `spec.${path} changes nothing`);
  }
  assert(fields > 250, String(fields));
  for (const tls of [true, false]) {
    assertEquals(wantedTransport(pipeline({ security: { tls } })), tls ? "required" : "plain");
  }
});
