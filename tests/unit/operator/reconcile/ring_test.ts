import { assertEquals } from "@std/assert";
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { CONFIG_CHECKSUM } from "../../../../src/operator/names.ts";
import type { Workload } from "../../../../src/operator/workload.ts";
import { cluster, find, pipeline } from "../cluster_fake.ts";

const desired = (spec = {}, ...objects: KubernetesObject[]) =>
  desiredState(pipeline(spec), cluster(...objects));
const data = (object: KubernetesObject) => object.data as Record<string, string>;

const cassandraPod = (number: number, podIP: string, ready = true): KubernetesObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: `cassandra-${number}`,
    namespace: "trades",
    labels: { "app.kubernetes.io/name": "cassandra", "app.kubernetes.io/instance": "pipeline" },
  },
  status: { podIP, containerStatuses: [{ name: "cassandra", ready }] },
});
const ring = (members: string): KubernetesObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "cassandra-ring", namespace: "trades" },
  data: { members },
});
const membersOf = (replicas: number, ...objects: KubernetesObject[]) =>
  data(find(desired({ cassandra: { replicas } }, ...objects), "ConfigMap/cassandra-ring")).members;

Deno.test("a Cassandra node is a member once it is ready, and stays one when its pod is gone", () => {
  assertEquals(membersOf(3), "");
  assertEquals(
    membersOf(3, cassandraPod(0, "10.0.0.5"), cassandraPod(1, "10.0.0.6", false)),
    "cassandra-0 10.0.0.5\n",
  );
  const known = ring("cassandra-0 10.0.0.5\ncassandra-1 fd00::6\n");
  assertEquals(membersOf(3, known), "cassandra-0 10.0.0.5\ncassandra-1 fd00::6\n");
  assertEquals(
    membersOf(3, known, cassandraPod(1, "10.0.0.9")),
    "cassandra-0 10.0.0.5\ncassandra-1 10.0.0.9\n",
  );
  // One that is no longer wanted was taken out of the ring: it comes anew if it comes again.
  assertEquals(membersOf(1, known), "cassandra-0 10.0.0.5\n");
  // What somebody else writes into it reaches no shell.
  assertEquals(
    membersOf(3, ring("cassandra-0 10.0.0.5\ncassandra-1 $(id)\nx; y\n")),
    "cassandra-0 10.0.0.5\n",
  );
});

Deno.test("nodes free what is others' once more of them than copies have joined, and every row has its copies", () => {
  const grown = (replicas: number, joined: number, copies?: number) => {
    const pods = Array.from({ length: joined }, (_, node) => cassandraPod(node, `10.0.0.${node}`));
    const status = copies === undefined ? undefined : { replication: { kafka: 1, cassandra: copies } };
    const components = desiredState(pipeline({ cassandra: { replicas } }, status), cluster(...pods));
    return data(find(components, "ConfigMap/cassandra-ring")).grown;
  };
  assertEquals(grown(4, 4, 3), "4 nodes\n");
  assertEquals(grown(4, 3, 3), undefined);
  assertEquals(grown(4, 4, 2), undefined);
  assertEquals(grown(4, 4), undefined);
  assertEquals(grown(3, 3, 3), undefined, "each node has every row");
});

Deno.test("pods of Cassandra are not restarted when a node has joined", () => {
  const checksum = (...objects: KubernetesObject[]) =>
    (find(desired({}, ...objects), "StatefulSet/cassandra") as Workload).spec.template.metadata!.annotations![
      CONFIG_CHECKSUM
    ];
  assertEquals(checksum(), checksum(cassandraPod(0, "10.0.0.5")));
});
