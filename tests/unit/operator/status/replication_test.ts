import { assertEquals } from "@std/assert";
import type { KubernetesObject } from "../../../../src/kubernetes/cluster.ts";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { isWorkload } from "../../../../src/operator/workload.ts";
import { PLAIN } from "../../../../src/operator/security/security.ts";
import { statusOf } from "../../../../src/operator/status/status.ts";
import { cluster, pipeline } from "../cluster_fake.ts";

/** The status while setup is as it is said to be. */
function status(spec: object, before: Record<string, unknown> | undefined, succeeded: number) {
  const wanted = pipeline(spec, before);
  const component = desiredState(wanted, cluster()).find(({ name }) => name === "setup")!;
  const job: KubernetesObject = { ...component.objects.find(isWorkload)!, status: { succeeded } };
  const findings = {
    passes: [{ component, waitsFor: [], applied: true, errors: [] }],
    refused: [],
    left: [],
    unborn: new Set<string>(),
    troubles: [],
    lag: undefined,
    security: PLAIN,
  };
  return statusOf(wanted, cluster(job), findings, 0);
}

const ready = ({ conditions }: ReturnType<typeof status>) =>
  conditions!.find(({ type }) => type === "Ready")!.message;

Deno.test("while setup makes more copies, Ready says of what and how many", () => {
  const one = { replication: { kafka: 1, cassandra: 1 } };
  const grown = status({ cassandra: { replicas: 3 } }, one, 0);
  assertEquals(
    ready(grown),
    "setup: makes more copies, 1 to 3 replicas of all rows; its log says how far it is",
  );
  assertEquals(grown.replication, one.replication, "until it has");
  assertEquals(
    ready(status({ cassandra: { replicas: 2 }, kafka: { replicas: 3 } }, one, 0)),
    "setup: makes more copies, 1 to 3 replicas of all messages, 1 to 2 replicas of all rows; its log says how far it is",
  );
  assertEquals(status({ cassandra: { replicas: 3 } }, one, 1).replication, { kafka: 1, cassandra: 3 });
});

Deno.test("a setup that makes no more copies says nothing of them", () => {
  const before = { replication: { kafka: 3, cassandra: 3 } };
  for (const known of [undefined, {}, before]) {
    assertEquals(ready(status({ profile: "ha" }, known, 0)), "setup: is at work");
  }
});
