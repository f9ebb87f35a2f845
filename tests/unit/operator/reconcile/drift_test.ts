import { assertEquals } from "@std/assert";
import { difference } from "../../../../src/operator/reconcile/drift.ts";
import { quantity } from "../../../../src/operator/quantity.ts";

Deno.test("what the server adds is no difference, what it lacks or has otherwise is", () => {
  const wanted = { spec: { replicas: 1, ports: [{ port: 80 }] } };
  assertEquals(
    difference(wanted, { spec: { replicas: 1, ports: [{ port: 80, protocol: "TCP" }], more: 1 } }),
    undefined,
  );
  assertEquals(difference(wanted, { spec: { replicas: 2, ports: [{ port: 80 }] } }), "spec.replicas");
  assertEquals(difference(wanted, { spec: { replicas: 1, ports: [{ port: 81 }] } }), "spec.ports[0].port");
  assertEquals(
    difference(wanted, { spec: { replicas: 1, ports: [{ port: 80 }, { port: 81 }] } }),
    "spec.ports",
  );
  assertEquals(difference(wanted, { spec: { replicas: 1 } }), "spec.ports");
  assertEquals(difference(wanted, undefined), "");
});

Deno.test("an empty list or object is as good as none", () => {
  assertEquals(difference({ ingress: [], data: {} }, {}), undefined);
  assertEquals(difference({ ingress: [] }, { ingress: [{}] }), "ingress");
});

Deno.test("amounts are compared as amounts, and only where they are", () => {
  const resources = (memory: unknown, cpu: unknown) => ({ resources: { limits: { memory, cpu } } });
  assertEquals(difference(resources("1024Mi", 1), resources("1Gi", "1000m")), undefined);
  assertEquals(difference(resources("1025Mi", 1), resources("1Gi", "1")), "resources.limits.memory");
  assertEquals(difference({ env: "1024Mi" }, { env: "1Gi" }), "env");
});

Deno.test("quantity() knows the units, and nothing else", () => {
  assertEquals(["250m", "1.5", "2Ki", "3G", "1Ti"].map(quantity), [0.25, 1.5, 2048, 3e9, 2 ** 40]);
  assertEquals(["", "much", "1X", "-1", "1e3", undefined].map(quantity), Array(6).fill(undefined));
});
