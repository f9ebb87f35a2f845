import { assert, assertEquals } from "@std/assert";
import { desiredState } from "../../../../src/operator/components/desired.ts";
import { PLAIN } from "../../../../src/operator/security/security.ts";
import { isWorkload } from "../../../../src/operator/workload.ts";
import { cluster, pipeline } from "../cluster_fake.ts";
import { podTemplates as templates, type Template } from "../pod_templates.ts";

const ON = { cassandraWeb: { enabled: true }, batch: { schedule: "@daily" } };
const PROFILES = [ON, { profile: "ha", ...ON }];
const TLS = { ...PLAIN, transport: "required", authorities: "PEM" } as const;

const templateOf = (spec: object, component: string): Template =>
  new Map(templates(desiredState(pipeline({ ...ON, ...spec }), cluster()))).get(component)!;

const FIELDS: Record<string, string> = { "cassandra-web": "cassandraWeb" };
const NAMES = templates(desiredState(pipeline(ON), cluster())).map(([name]) => name);

Deno.test("scheduling is for the pods of all components, and a component's own wins field by field", () => {
  const scheduling = {
    nodeSelector: { pool: "trades" },
    tolerations: [{ key: "pool", operator: "Exists" }],
    priorityClassName: "high",
  };
  assertEquals(NAMES.length, 11);
  for (const profile of PROFILES) {
    for (const security of [PLAIN, TLS]) {
      for (const own of NAMES) {
        const field = FIELDS[own] ?? own;
        const spec = {
          ...profile,
          scheduling,
          [field]: { ...(ON as Record<string, object>)[field], pod: { nodeSelector: { disk: "ssd" } } },
        };
        const found = templates(desiredState(pipeline(spec), cluster(), security));
        assertEquals(found.length, 11);
        for (const [name, { spec: pod }] of found) {
          assertEquals(
            pod.nodeSelector,
            name === own ? { disk: "ssd" } : scheduling.nodeSelector,
            `${own} ${name}`,
          );
          assertEquals([pod.tolerations, pod.priorityClassName], [scheduling.tolerations, "high"]);
        }
      }
    }
  }
});

Deno.test("a wish for other nodes leaves servers apart, unless it says how they keep apart", () => {
  const affinity = (spec: object) => templateOf(spec, "kafka").spec.affinity as Record<string, unknown>;
  const before = affinity({});
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] }],
    },
  };
  assertEquals(affinity({ kafka: { pod: { affinity: { nodeAffinity } } } }), { ...before, nodeAffinity });
  const podAntiAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "topology.kubernetes.io/zone" }],
  };
  assertEquals(affinity({ kafka: { pod: { affinity: { podAntiAffinity } } } }), { podAntiAffinity });
});

Deno.test("pods are spread by the labels of their own component", () => {
  const topologySpreadConstraints = [
    { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
  ];
  const spread = templateOf({ scheduling: { topologySpreadConstraints } }, "cassandra").spec
    .topologySpreadConstraints;
  const matchLabels = { "app.kubernetes.io/name": "cassandra", "app.kubernetes.io/instance": "pipeline" };
  assertEquals(spread, [{ ...topologySpreadConstraints[0], labelSelector: { matchLabels } }]);
});

Deno.test("labels, annotations, registry logins and variables come beside ours, which stay", () => {
  const pod = {
    labels: { team: "trades" },
    annotations: { "example.com/scrape": "yes" },
    imagePullSecrets: ["more", "all"],
    env: [{ name: "LOG_LEVEL", value: "debug" }],
    terminationGracePeriodSeconds: 60,
  };
  const { metadata, spec } = templateOf(
    { images: { pullSecrets: ["all"] }, processor: { pod } },
    "processor",
  );
  assertEquals(metadata?.labels?.team, "trades");
  assertEquals(metadata?.labels?.["app.kubernetes.io/name"], "processor");
  assertEquals(metadata?.annotations?.["example.com/scrape"], "yes");
  assertEquals(spec.imagePullSecrets, [{ name: "all" }, { name: "more" }]);
  assertEquals(spec.containers[0].env?.[0], { name: "LOG_LEVEL", value: "debug" });
  assert(spec.containers[0].env?.some(({ name }) => name === "CASSANDRA_PASSWORD"));
  assertEquals(spec.terminationGracePeriodSeconds, 60);
});

Deno.test("setup is another Job when its pods are to be others", () => {
  const name = (spec: object) => {
    const { objects } = desiredState(pipeline(spec), cluster()).find(({ name }) => name === "setup")!;
    return objects.find(isWorkload)!.metadata.name;
  };
  assert(name({}) !== name({ scheduling: { nodeSelector: { pool: "trades" } } }));
  assert(name({}) !== name({ setup: { resources: { limits: { memory: "1Gi" } } } }));
});
