import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import crd from "../../../manifests/crd.yaml" with { type: "text" };
import { CRD, unknownField } from "../../../src/operator/pipeline.ts";

interface Schema {
  type?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  [keyword: string]: unknown;
}

/** Paths of texts, lists and maps without a bound, and of fields that take anything. */
function unbounded(schema: Schema, path: string): string[] {
  const lacks = (...keywords: string[]) => keywords.every((keyword) => schema[keyword] === undefined);
  const found: string[] = [];
  if (schema.type === "string" && lacks("maxLength", "enum", "pattern", "format")) found.push(path);
  if (schema.type === "array" && lacks("maxItems")) found.push(path);
  if (schema.additionalProperties && lacks("maxProperties")) found.push(path);
  if (schema["x-kubernetes-preserve-unknown-fields"]) found.push(path);
  if (schema.items) found.push(...unbounded(schema.items, `${path}[]`));
  if (schema.additionalProperties) found.push(...unbounded(schema.additionalProperties, `${path}.*`));
  for (const [name, each] of Object.entries(schema.properties ?? {})) {
    found.push(...unbounded(each, `${path}.${name}`));
  }
  return found;
}

Deno.test("everything in a Pipeline's spec has a bound", () => {
  const { spec: { versions } } = parse(crd) as {
    spec: { versions: { schema: { openAPIV3Schema: Schema } }[] };
  };
  const { spec } = versions[0]!.schema.openAPIV3Schema.properties!;
  assertEquals(unbounded(spec!, "spec"), []);
  const open = { type: "object", properties: { a: { type: "array", items: { type: "string" } } } };
  assertEquals(unbounded(open, "spec"), ["spec.a", "spec.a[]"]);
});

/** Paths of fields that `kubectl explain` would say nothing of. */
function undescribed(schema: Schema, path: string): string[] {
  const own = Object.entries(schema.properties ?? {});
  return [
    ...own.filter(([, each]) => each.description === undefined).map(([name]) => `${path}.${name}`),
    ...own.flatMap(([name, each]) => undescribed(each, `${path}.${name}`)),
    ...(schema.items ? undescribed(schema.items, `${path}[]`) : []),
  ];
}

Deno.test("kubectl explain has a word on every field of a Pipeline's spec", () => {
  const { versions } = (parse(crd) as { spec: { versions: { schema: { openAPIV3Schema: Schema } }[] } }).spec;
  const { spec } = versions[0]!.schema.openAPIV3Schema.properties!;
  assertEquals(undescribed(spec!, "spec"), []);
  const bare = { properties: { a: { description: "x", items: { properties: { b: {} } } } } };
  assertEquals(undescribed(bare, "spec"), ["spec.a[].b"]);
});

Deno.test("the definition is small enough for kubectl apply, which keeps it in an annotation", () => {
  assert(JSON.stringify(parse(crd)).length < 240_000, String(JSON.stringify(parse(crd)).length));
});

Deno.test("a field that a later version's definition has is found, at any depth; other words are none", () => {
  const definition = structuredClone(CRD);
  const { properties } = definition.spec.versions[0]!.schema.openAPIV3Schema.properties!.spec!;
  Object.assign(properties!.batch!, { description: "another", default: { mode: "Check" } });
  assertEquals(unknownField(definition), undefined);
  delete properties!.kafka;
  assertEquals(unknownField(definition), undefined);
  properties!.batch!.properties!.later = {};
  assertEquals(unknownField(definition), "spec.batch.later");
});
