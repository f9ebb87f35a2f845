import { assertEquals } from "@std/assert";
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import {
  clientsUseTls,
  nextTransport as nextTransportAt,
  presentTransport,
  TRANSPORT,
  type Transport,
  TRANSPORTS,
} from "../../../../src/operator/security/transport.ts";
import type { Observed } from "../../../../src/operator/reconcile/observed.ts";
import type { Pipeline } from "../../../../src/operator/pipeline.ts";
import { cluster, pipeline } from "../cluster_fake.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const nextTransport = (pipeline: Pipeline, observed: Observed) => nextTransportAt(pipeline, observed, NOW);

const SETTLED = { observedGeneration: 1, replicas: 1, readyReplicas: 1, updatedReplicas: 1 };

const workload = (
  kind: string,
  name: string,
  mark: string | undefined,
  status: object,
): KubernetesObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name, generation: 1 },
  spec: {
    replicas: 1,
    template: { metadata: { annotations: mark === undefined ? {} : { [TRANSPORT]: mark } } },
  },
  status,
});

const server = (name: string, transport: Transport, status: object = SETTLED) =>
  workload("StatefulSet", name, transport === "plain" ? undefined : transport, status);
const client = (transport: Transport, status: object = SETTLED) =>
  workload("Deployment", "producer", clientsUseTls(transport) ? "tls" : undefined, status);

const pod = (component: string, mark: string, more: object = {}): KubernetesObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `${component}-0`,
    labels: { "app.kubernetes.io/name": component },
    annotations: mark === "plain" ? {} : { [TRANSPORT]: mark },
    ...more,
  },
  status: { phase: "Running" },
});

/** Servers and a client that have settled at a step. */
const at = (transport: Transport) => [
  server("kafka", transport),
  server("cassandra", transport),
  client(transport),
];
const secure = pipeline({ security: { tls: true } });
const plain = pipeline({ security: { tls: false } });

Deno.test("the profile decides where the spec says nothing, and what is new starts where it is wanted", () => {
  assertEquals(nextTransport(pipeline(), cluster()), "plain");
  assertEquals(nextTransport(pipeline({ profile: "ha" }), cluster()), "required");
  assertEquals(nextTransport(pipeline({ profile: "ha", security: { tls: false } }), cluster()), "plain");
  assertEquals(nextTransport(secure, cluster()), "required");
  assertEquals(presentTransport(cluster()), undefined);
});

Deno.test("what runs goes one step at a time, in both directions, and no further than is wanted", () => {
  const steps: Transport[] = ["plain", "offered", "preferred", "required"];
  assertEquals(steps.map((step) => nextTransport(secure, cluster(...at(step)))), [
    "offered",
    "preferred",
    "required",
    "required",
  ]);
  assertEquals(steps.map((step) => nextTransport(plain, cluster(...at(step)))), [
    "plain",
    "plain",
    "offered",
    "preferred",
  ]);
});

Deno.test("a step that was begun is ended, whatever is wanted by then", () => {
  const between = cluster(server("kafka", "preferred"), server("cassandra", "offered"), client("offered"));
  assertEquals(nextTransport(secure, between), "preferred");
  assertEquals(nextTransport(plain, between), "offered");
  assertEquals(presentTransport(between), "offered");
});

Deno.test("the next step waits for every server, and for clients to be replaced", () => {
  const rolling = { ...SETTLED, readyReplicas: 0 };
  assertEquals(
    nextTransport(secure, cluster(server("kafka", "offered", rolling), ...at("offered").slice(1))),
    "offered",
  );
  const servers = at("preferred").slice(0, 2);
  assertEquals(nextTransport(secure, cluster(...servers, client("offered"))), "preferred");
  assertEquals(
    nextTransport(secure, cluster(...servers, client("preferred", { ...SETTLED, updatedReplicas: 0 }))),
    "preferred",
  );
  assertEquals(
    nextTransport(secure, cluster(...servers, client("preferred", { ...SETTLED, observedGeneration: 0 }))),
    "preferred",
  );
});

Deno.test("a client that is not ready holds nothing up", () => {
  const broken = client("preferred", { ...SETTLED, readyReplicas: 0 });
  assertEquals(nextTransport(secure, cluster(...at("preferred").slice(0, 2), broken)), "required");
});

Deno.test("a step on which servers or clients fail can be undone once every process understands the step before", () => {
  const failing = { ...SETTLED, readyReplicas: 0, updatedReplicas: 0 };
  const stuck = (step: Transport, mark: Transport = step) => [
    server("kafka", step, failing),
    server("cassandra", step),
    client("plain", failing),
    pod("kafka", mark),
  ];
  assertEquals(nextTransport(secure, cluster(...stuck("offered"))), "offered");
  assertEquals(nextTransport(plain, cluster(...stuck("preferred"))), "offered");
  assertEquals(
    nextTransport(plain, cluster(...stuck("offered").slice(0, 2), pod("kafka", "offered"))),
    "plain",
  );
  // On its way back itself: those that run the step before are still to be replaced.
  for (const step of ["required", "preferred", "offered"] as const) {
    const later = TRANSPORTS[TRANSPORTS.indexOf(step) + 1];
    if (later) assertEquals(nextTransport(plain, cluster(...stuck(step, later))), step);
  }
});

Deno.test("plain TCP is closed, and TLS is given up, when no pod runs that still speaks it", () => {
  const over = { deletionTimestamp: "2025-12-31T23:59:59Z" };
  const ending = { deletionTimestamp: "2026-01-01T00:00:10Z" };
  for (
    const [wish, step, other, end] of [[secure, "preferred", "plain", "required"], [
      plain,
      "offered",
      "tls",
      "plain",
    ]] as const
  ) {
    const given = (...pods: KubernetesObject[]) => nextTransport(wish, cluster(...at(step), ...pods));
    for (const component of ["batch", "setup", "producer"]) {
      assertEquals(given(pod(component, other)), step);
      assertEquals(given(pod(component, other, ending)), step);
      assertEquals(given(pod(component, other, over)), end);
      assertEquals(given({ ...pod(component, other), status: { phase: "Succeeded" } }), end);
      assertEquals(given({ ...pod(component, other), status: { phase: "Pending" } }), end);
    }
    assertEquals(given(pod("zookeeper", "plain")), end);
  }
});
