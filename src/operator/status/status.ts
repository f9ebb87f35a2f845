import type { ComponentStatus, Condition, Pipeline, PipelineStatus } from "../pipeline.ts";
import { selectorOf } from "../names.ts";
import { isExternal } from "../external.ts";
import { metadataOf } from "../metadata.ts";
import type { Observed } from "../reconcile/observed.ts";
import { copiesOf } from "../components/server.ts";
import type { Security } from "../security/security.ts";
import { componentStatus, type Pass } from "./component_status.ts";

export interface Findings {
  passes: readonly Pass[];
  refused: readonly string[];
  /** Trouble of no component, such as another Pipeline in the namespace. */
  troubles: readonly string[];
  /** What is no longer wanted and could not be removed. */
  left: readonly string[];
  /** Components that have lacked pods for long. */
  unborn: ReadonlySet<string>;
  /** Messages that wait for the processor; undefined when it was not asked. */
  lag: number | undefined;
  security: Security;
}

/**
 * The whole status; conditions keep their times while they stay as they are.
 *
 * @param now milliseconds since the epoch
 */
export function statusOf(
  pipeline: Pipeline,
  observed: Observed,
  findings: Findings,
  now: number,
): PipelineStatus {
  const { transport, validUntil } = findings.security;
  const judging = { now, unborn: findings.unborn };
  const components = findings.passes.map((pass) => componentStatus(pipeline, observed, pass, judging));
  const of = (name: string) => components.find((component) => component.name === name);
  const count = (name: string) => {
    if (isExternal(pipeline, name)) return "external";
    const { ready = 0, wanted = 0 } = of(name) ?? {};
    return `${ready}/${wanted}`;
  };
  const setup = findings.passes.find(({ component }) => component.name === "setup");
  // One that is held may have been made for another number.
  const partitions = of("setup")?.state === "ready" && setup?.held === undefined
    ? pipeline.spec.kafka.topic.partitions
    : pipeline.status?.topic?.partitions;
  const copies = of("setup")?.state === "ready" && setup?.held === undefined
    ? copiesOf(pipeline)
    : pipeline.status?.replication;
  return {
    observedGeneration: pipeline.metadata.generation ?? 0,
    summary: {
      kafka: count("kafka"),
      cassandra: count("cassandra"),
      ...(findings.lag === undefined ? {} : { lag: coarse(findings.lag) }),
    },
    ...(transport === "plain" ? {} : { security: { transport, ...(validUntil && { validUntil }) } }),
    ...whereabouts(pipeline),
    processor: scaleOf(pipeline, observed),
    ...(partitions === undefined ? {} : { topic: { partitions } }),
    ...(copies === undefined ? {} : { replication: copies }),
    components,
    conditions: conditions(pipeline, components, findings, now),
  };
}

/** Which servers are used: those of somebody else are not left without a word, whatever the spec says later. */
function whereabouts(pipeline: Pipeline): Pick<PipelineStatus, "kafka" | "cassandra"> {
  const { cassandra: { external }, kafka } = pipeline.spec;
  return {
    kafka: kafka.external ? { external: kafka.external } : { metadata: metadataOf(pipeline) },
    ...(external && { cassandra: { external } }),
  };
}

/** The processors as the scale subresource tells autoscalers of them. */
function scaleOf(pipeline: Pipeline, observed: Observed): { replicas: number; selector: string } {
  const { replicas = 0 } = (observed.get("Deployment", "processor")?.status ?? {}) as { replicas?: number };
  const labels = Object.entries(selectorOf(pipeline, "processor"));
  return { replicas, selector: labels.map(([label, value]) => `${label}=${value}`).join(",") };
}

/** A lag changes all the time, and a status must not: its order of magnitude is enough. */
export function coarse(lag: number): string {
  if (lag < 1000) return "below 1000";
  return `over ${10 ** Math.floor(Math.log10(lag))}`;
}

/**
 * A condition, which keeps its time while its status stays.
 *
 * @param now milliseconds since the epoch
 */
export function condition(
  { metadata: { generation = 0 }, status: before }: Pipeline,
  type: string,
  holds: boolean,
  [reason, message]: [reason: string, message: string],
  now: number,
): Condition {
  const status = holds ? "True" : "False";
  const old = before?.conditions?.find((each) => each.type === type);
  const since = old?.status === status ? old.lastTransitionTime : new Date(now).toISOString();
  return {
    type,
    status,
    reason,
    message,
    // As the server stores it: seconds.
    lastTransitionTime: since.replace(/\.\d+Z$/, "Z"),
    observedGeneration: generation,
  };
}

function conditions(
  pipeline: Pipeline,
  components: readonly ComponentStatus[],
  { left, refused, troubles }: Findings,
  now: number,
): Condition[] {
  const sentence = ({ message, name }: ComponentStatus) => `${name}: ${message}`;
  const busy = components.filter(({ state }) => state === "progressing" || state === "waiting");
  const broken = components.filter(({ state }) => state === "degraded");
  const wrong = [...troubles, ...refused, ...broken.map(sentence), ...left];
  const unready = [...troubles, ...[...broken, ...busy].map(sentence)];
  const { paused } = pipeline.spec;
  const ready = unready.length === 0;
  const of = (type: string, holds: boolean, reason: string, message: string) =>
    condition(pipeline, type, holds, [reason, message], now);
  return [
    of("Ready", ready, ready ? "AllReady" : "NotReady", text(unready, "every component is ready")),
    of(
      "Progressing",
      busy.length > 0,
      busy.length > 0 ? "AtWork" : "Settled",
      text(busy.map(sentence), "nothing is to be done"),
    ),
    of(
      "Degraded",
      wrong.length > 0,
      degradedReason({ left, refused, troubles }, broken),
      text(wrong, "nothing is wrong"),
    ),
    of(
      "Paused",
      paused,
      paused ? "AskedFor" : "Running",
      paused ? "spec.paused is true: nothing is changed" : "changes are made as they come",
    ),
  ];
}

function degradedReason(
  { left, refused, troubles }: Pick<Findings, "left" | "refused" | "troubles">,
  broken: readonly ComponentStatus[],
): string {
  if (troubles.length > 0) return "NotRun";
  if (refused.length > 0) return "ChangeRefused";
  if (broken.length > 0) return "ComponentTrouble";
  return left.length > 0 ? "NotPruned" : "AsExpected";
}

/** Longest message of a condition, in characters: Kubernetes takes 32,768, people fewer. */
const MOST = 2000;

const text = (sentences: readonly string[], none: string): string =>
  sentences.length === 0 ? none : sentences.join("; ").slice(0, MOST);
