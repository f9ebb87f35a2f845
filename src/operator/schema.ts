import { evaluate } from "@marcbachmann/cel-js";

/** An OpenAPI schema as a CustomResourceDefinition has it, with the keywords that `manifests/crd.yaml` uses. */
export interface Schema {
  type?: string;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  required?: string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-validations"?: { rule: string; message: string }[];
}

/**
 * What the API server would refuse of a value, each with the path of its field. A field that the schema lacks, which the server
 * drops without a word, is a problem too. Defaults are to be filled in before; rules on changes (`oldSelf`) are the server's.
 */
export function problemsOf(schema: Schema, value: unknown, path: string): string[] {
  const kind = kindOf(value);
  const wanted = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : [schema.type];
  if (!wanted.includes(kind) && !(kind === "integer" && wanted.includes("number"))) {
    return [`${path} must be of type ${wanted.join(" or ")} (it is ${shown(value)})`];
  }
  const found = bounds(schema, value).map((bound) => `${path} must ${bound} (it is ${shown(value)})`);
  if (kind === "array") {
    (value as unknown[]).forEach((each, i) =>
      found.push(...problemsOf(schema.items ?? {}, each, `${path}[${i}]`))
    );
  }
  if (kind === "object") found.push(...problemsInside(schema, value as Record<string, unknown>, path));
  if (found.length > 0) return found;
  // A rule may rely on the types.
  return (schema["x-kubernetes-validations"] ?? [])
    .filter(({ rule }) => !rule.includes("oldSelf") && evaluate(rule, { self: forRules(value) }) !== true)
    .map(({ message }) => `${path}: ${message}`);
}

function problemsInside(schema: Schema, object: Record<string, unknown>, path: string): string[] {
  const missing = (schema.required ?? []).filter((name) => object[name] === undefined)
    .map((name) => `${path}.${name} is missing`);
  const inside = Object.entries(object).flatMap(([name, value]) => {
    const property = schema.properties?.[name] ?? schema.additionalProperties;
    if (property !== undefined) return problemsOf(property, value, `${path}.${name}`);
    // An object without properties takes anything, as the metadata does.
    return schema.properties === undefined
      ? []
      : [`${path}.${name} is no field of a Pipeline: kubectl explain fpipe.spec`];
  });
  return [...missing, ...inside];
}

/** What of a value is outside of its bounds, each completing "must …". */
function bounds(schema: Schema, value: unknown): string[] {
  const size = typeof value === "string" ? [...value].length : Array.isArray(value) ? value.length : NaN;
  const number = typeof value === "number" ? value : NaN;
  const members = kindOf(value) === "object" ? Object.keys(value as object).length : NaN;
  const { maxItems, maxLength, maxProperties, maximum, minItems, minLength, minimum, pattern } = schema;
  const text = typeof value === "string" || schema["x-kubernetes-int-or-string"] ? String(value) : undefined;
  return [
    ...(schema.enum && !schema.enum.includes(value) ? [`be one of ${schema.enum.join(", ")}`] : []),
    ...(pattern && text !== undefined && !new RegExp(pattern, "u").test(text) ? [`match ${pattern}`] : []),
    ...(size < (minLength ?? minItems ?? 0) ? [`have at least ${minLength ?? minItems}`] : []),
    ...(size > (maxLength ?? maxItems ?? Infinity) ? [`have at most ${maxLength ?? maxItems}`] : []),
    ...(number < (minimum ?? -Infinity) ? [`be at least ${minimum}`] : []),
    ...(number > (maximum ?? Infinity) ? [`be at most ${maximum}`] : []),
    ...(members > (maxProperties ?? Infinity) ? [`have at most ${maxProperties}`] : []),
    ...(schema["x-kubernetes-list-type"] === "set" && new Set(value as unknown[]).size < size
      ? ["name nothing twice"]
      : []),
  ];
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** In CEL a whole number is an int, which JavaScript has as BigInt alone. */
function forRules(value: unknown): unknown {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(forRules);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, forRules(each)]));
}
