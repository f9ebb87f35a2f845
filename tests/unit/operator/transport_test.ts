import { assertEquals } from "@std/assert";
import type { KubernetesObject } from "../../../src/kubernetes/cluster.ts";
import {
  clientsUseTls,
  nextTransport,
  presentTransport,
  TRANSPORT,
  type Transport,
} from "../../../src/operator/transport.ts";
import { cluster, pipeline } from "./cluster_fake.ts";

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
