import { parse } from "@std/yaml";
import type { KubernetesObject } from "../kubernetes/cluster.ts";
import { GROUP_VERSION, pipelineProblems } from "./pipeline.ts";

/** A file that holds no Pipeline that can be used; the message says what is wrong with it. */
export class PipelineFileError extends Error {
  override name = "PipelineFileError";
}

const MAX_CHARACTERS = 262_144;
/** Values of a Pipeline, those within others counted; one with every field set has about a hundred. */
const MAX_VALUES = 10_000;
const MAX_DEPTH = 32;
/** Problems that are told at once. */
const MAX_PROBLEMS = 10;
/** Characters of one. */
const MAX_PROBLEM = 300;

/**
 * The Pipeline that a YAML text describes.
 *
 * @throws {PipelineFileError}
 */
export function pipelineOf(text: string, namespace: string): KubernetesObject {
  const object = yamlOf(text) as Partial<KubernetesObject> | null;
  const name: unknown = object?.metadata?.name;
  if (
    object?.kind !== "Pipeline" || object.apiVersion !== GROUP_VERSION || typeof name !== "string" ||
    name === ""
  ) {
    throw new PipelineFileError(`is no Pipeline of ${GROUP_VERSION} with a name`);
  }
  const wish = { ...object, metadata: { ...object.metadata, namespace } } as KubernetesObject;
  const problems = pipelineProblems(wish);
  if (problems.length > 0) {
    const rest = problems.length > MAX_PROBLEMS ? `; and ${problems.length - MAX_PROBLEMS} more` : "";
    const told = problems.slice(0, MAX_PROBLEMS).map((problem) => problem.slice(0, MAX_PROBLEM)).join("; ");
    throw new PipelineFileError(`cannot be used: ${told}${rest}`);
  }
  return wish;
}

function yamlOf(text: string): unknown {
  if (text.length > MAX_CHARACTERS) {
    throw new PipelineFileError(`is longer than ${MAX_CHARACTERS} characters`);
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    const [first = ""] = (cause as Error).message.split("\n");
    throw new PipelineFileError(`is no YAML: ${first.slice(0, 200)}`, { cause });
  }
  assertBounded(value);
  return value;
}

/** An alias may stand for what holds aliases: a few lines are a billion values then, or one that never ends. */
function assertBounded(value: unknown): void {
  let values = 0;
  const visit = (each: unknown, depth: number) => {
    if (++values > MAX_VALUES || depth > MAX_DEPTH) {
      throw new PipelineFileError("holds more than a Pipeline can");
    }
    if (typeof each === "object" && each !== null) {
      for (const inside of Object.values(each)) visit(inside, depth + 1);
    }
  };
  visit(value, 0);
}
