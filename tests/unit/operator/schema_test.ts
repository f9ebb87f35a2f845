import { assert, assertEquals } from "@std/assert";
import { CRD, pipelineProblems } from "../../../src/operator/pipeline.ts";

const problems = (spec: unknown) =>
  pipelineProblems({ apiVersion: "v1", kind: "Pipeline", metadata: { name: "p" }, spec: spec as object });

/** Each kind of mistake in a Pipeline, and how its answer begins. */
const MISTAKES: [unknown, string][] = [
  [{ tickers: "AAPL" }, 'spec.tickers must be of type array (it is "AAPL")'],
  [{ tickers: ["AAPL", 5] }, "spec.tickers[1] must be of type string (it is 5)"],
  [{ tickers: [] }, "spec.tickers must have at least 1"],
  [{ tickers: ["A", "A"] }, "spec.tickers must name nothing twice"],
  [{ tickers: ["A".repeat(65)] }, "spec.tickers[0] must have at most 64"],
  [{ profile: "large" }, "spec.profile must be one of single, ha"],
  [{ paused: "yes" }, "spec.paused must be of type boolean"],
  [{ kafka: { topic: { partitions: 0 } } }, "spec.kafka.topic.partitions must be at least 1"],
  [{ kafka: { topic: { partitions: 1.5 } } }, "spec.kafka.topic.partitions must be of type integer"],
  [{ kafka: { storage: "ten" } }, "spec.kafka.storage must match"],
  [{ kafka: { resources: { limits: { memory: "much" } } } }, "spec.kafka.resources.limits.memory must match"],
  [{ tickers: [null] }, "spec.tickers[0] must be of type string (it is null)"],
  [{ zookeeper: { replicas: 2 } }, "spec.zookeeper.replicas: must be odd"],
  [{ processor: { replicas: 9 }, kafka: { topic: { partitions: 4 } } }, "spec: processor.replicas is larger"],
  [{ exposure: { type: "Ingress" } }, "spec: exposure.type Ingress needs exposure.host"],
  [
    { feed: { tokenSecret: { name: "finnhub-pipe-credentials" } } },
    "spec.feed.tokenSecret.name: is a Secret of",
  ],
  [
    { feed: { tokenSecret: { name: "kafka-tls", key: "tls.key" } } },
    "spec.feed.tokenSecret.name: is a Secret of",
  ],
  [{ images: { pullSecrets: ["mine", "finnhub-pipe-ca"] } }, "spec.images.pullSecrets[1]: is a Secret of"],
  [
    { exposure: { type: "Ingress", host: "a.example", tlsSecretName: "cassandra-tls" } },
    "spec.exposure.tlsSecretName: is a Secret of",
  ],
  [{ label: [1] }, "spec.label is no field of a Pipeline"],
  [{ kafka: { topic: { parts: 3 } } }, "spec.kafka.topic.parts is no field of a Pipeline"],
];

Deno.test("a Pipeline that the API server would refuse, or drop a field of, is refused with the field's path", () => {
  assertEquals(problems({}), []);
  assertEquals(problems({ profile: "ha", kafka: { resources: { limits: { memory: "1Gi", cpu: 2 } } } }), []);
  for (const [spec, answer] of MISTAKES) {
    const found = problems(spec);
    assert(found.length > 0 && found[0]!.startsWith(answer), `${JSON.stringify(spec)}: ${found}`);
  }
});

Deno.test("every keyword of the definition is one that is checked, or says nothing of values", () => {
  const checked = [
    ...["type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"],
    ...["maxProperties", "required", "items", "properties", "additionalProperties"],
    ...["x-kubernetes-int-or-string", "x-kubernetes-list-type", "x-kubernetes-validations"],
  ];
  // Kubernetes wants `anyOf` beside int-or-string, which says the same.
  const silent = ["description", "default", "anyOf", "format", "x-kubernetes-list-map-keys"];
  const visit = (schema: object, path: string) => {
    for (const [keyword, value] of Object.entries(schema)) {
      assert([...checked, ...silent].includes(keyword), `${path}: ${keyword}`);
      if (keyword === "properties") {
        for (const [name, each] of Object.entries(value as object)) visit(each, `${path}.${name}`);
      }
      if (keyword === "items" || keyword === "additionalProperties") {
        visit(value as object, `${path}.${keyword}`);
      }
    }
  };
  visit(CRD.spec.versions[0]!.schema.openAPIV3Schema.properties!.spec!, "spec");
});

Deno.test("a Pipeline's name is as short as a label's value has to be", () => {
  const named = (length: number) =>
    pipelineProblems({
      apiVersion: "v1",
      kind: "Pipeline",
      metadata: { name: "p".repeat(length) },
      spec: {},
    });
  assertEquals(named(63), []);
  assert(named(64).join().startsWith("metadata.name has more than 63 characters"));
});
